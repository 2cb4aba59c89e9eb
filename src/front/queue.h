/* queue.h - whose question is asked next, and who makes room when there is none
 * SPDX-License-Identifier: ISC
 *
 * What: two rules over the networks of clients, at each configured prefix length. The place of each
 *       query in the table: if a network has its bound, or the table is full, the youngest query of
 *       whoever has most gives way. The turn of each question, and the places at the worker.
 * Who:  front.
 * Ref:  gate/crowd.h, gate/fairqueue.h; docs/LIMITS.md "crowd", "fairqueue", "queries".
 */
#pragma once

#include "gate/crowd.h"
#include "gate/fairqueue.h"
#include "lane/inflight.h"
#include "lane/why.h"

struct front;

#define QUEUE_ASKED_MIN 64 /* questions at the worker at once, however little upstreams take */
#define QUEUE_QUESTIONS 2  /* questions for each query: some stay when nobody waits any more */

struct queue {
    struct networks networks; /* those that have a query alive or a question inside */
    struct crowd alive;       /* queries; CROWD_A: unproven, CROWD_B: proven */
    struct fairqueue line;    /* questions */
    uint32_t stuck;           /* slot of the one that found no room in the ring, 0 none */
};

/** Reserve the memory; fatal if there is none. */
void queue_reserve(struct front *front);

/** Take up front->config after it changed. */
void queue_change(struct front *front);

/**
 * Keep the draft as a query that is alive. If its network has its bound, or the table is full, the
 * youngest query of whoever has most gives way, and ends; that may be the draft.
 *
 * @param why  written if it is not kept: WHY_PREFIX_FULL or WHY_QUEUE_FULL
 */
MUST_CHECK bool queue_keep(struct front *front, struct query *draft, enum why *why);

/** End a query that queue_keep() kept. */
void queue_give(struct front *front, struct query *query);

/** End all queries of a connection, which is about to be closed. @return how many */
uint32_t queue_abandon(struct front *front, const struct query_client *client);

/** A new question: let it stand in line. @param query  its first, kept or not */
void queue_push(struct front *front, const struct inflight_question *question,
                const struct query *query);

/** A query joined this question: if its own turn comes sooner, it is the question's. */
void queue_promote(struct front *front, const struct inflight_question *question,
                   const struct query *query);

/** End a question for which nobody waits: out of its line, or with its place at the worker. May be
 * called twice. */
void queue_end(struct front *front, struct inflight_question *question);

/** Take the question to ask next. NULL: none waits, or no place at the worker is free for it. */
struct inflight_question *queue_next(struct front *front);

/** The enum handoff_rank of a question that queue_next() gave. */
uint8_t queue_rank(const struct front *front, const struct inflight_question *question);

/** There was no room for the one just taken: it stays the next. */
void queue_put_back(struct front *front, struct inflight_question *question);

/**
 * A ring is gone: what was asked in it and has no answer stands in line again, the oldest first.
 *
 * @param ring      its number
 * @param is_death  as inflight_ask_again()
 */
void queue_refill(struct front *front, uint32_t ring, bool is_death);
