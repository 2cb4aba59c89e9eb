/* admit.h - what becomes of a message that arrived, from a client or from the worker
 * SPDX-License-Identifier: ISC
 *
 * What: runs the stages that judge a message, the cheap ones first, and hands their verdict to
 *       deliver.c: here is the one switch. A query that no stage ended waits for its question; an
 *       answer goes to all queries that wait for it.
 * Who:  front: the turn, for each message that it takes.
 * Ref:  docs/QUERY.md.
 */
#pragma once

#include "lane/handoff.h"
#include "lane/inflight.h"

struct front;
struct verdict;
struct clock_time;

/**
 * Judge one message of a client.
 *
 * @param draft    inflight_draft(), with client filled in; changed
 * @param message  borrowed for this call; `size` octets, 0..65535
 */
void admit_message(struct front *front, struct query *draft, const uint8_t *message, size_t size,
                   const struct clock_time *now);

/** End a message that is nobody's to judge. @param verdict  of front/balancers.h */
void admit_not(struct front *front, const struct query *draft, const struct verdict *verdict,
               const struct clock_time *now);

/** Judge what the worker says of a question, and answer the queries that wait. The question ends.
 *  @param from_worker  borrowed for this call */
void admit_answer(struct front *front, struct inflight_question *question,
                  const struct handoff_answer *from_worker, const struct clock_time *now);

/** Give stale answers to clients that have waited long enough for a fresh one. */
void admit_stale(struct front *front, const struct clock_time *now);

/** The time of a question is up: SERVFAIL to all queries that wait. The question ends. */
void admit_timeout(struct front *front, struct inflight_question *question,
                   const struct clock_time *now);

/** A TCP connection gave way: its queries end. @param client  of the connection */
void admit_gone(struct front *front, const struct query_client *client,
                const struct clock_time *now);
