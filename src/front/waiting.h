/* waiting.h - the queries that wait for an answer, and the order in which their questions are asked
 * SPDX-License-Identifier: ISC
 *
 * What: the tables of queries and of questions, and two rules over the networks of clients, at each
 *       configured prefix length. The place of each query: if a network has its bound, or the table
 *       is full, the youngest query of whichever has most gives way. The turn of each question, and
 *       the places at the worker: a queue and places for each group of upstreams, so that none waits
 *       for the answers of another.
 * Who:  front.
 * Ref:  lane/query.h, lane/inflight.h, gate/crowd.h, gate/fairqueue.h; docs/LIMITS.md "crowd",
 *       "fairqueue", "queries".
 */
#pragma once

#include "front/rate.h"
#include "gate/crowd.h"
#include "gate/fairqueue.h"
#include "lane/inflight.h"
#include "lane/routes.h"
#include "lane/why.h"
#include "os/clock.h"

/* A client has its answer this much before its time is up: the loop wakes in whole milliseconds,
 * and a batch takes a while to send. */
#define WAITING_MARGIN_MS 10

#define WAITING_ASKED_MIN 64 /* questions at the worker at once, however little upstreams take */
#define WAITING_QUESTIONS 2  /* questions for each query: some stay when no query waits for them */

struct waiting {
    const struct rate *rate;     /* borrowed, as is: */
    const struct routes *routes; /* in force: they change when a worker has them */
    uint32_t life_ms;            /* what a new question may take */
    struct query_table queries;
    struct inflight inflight;
    struct networks networks; /* those that have a query alive or a question inside */
    struct crowd alive;       /* queries; CROWD_A: unproven, CROWD_B: proven */
    struct fairqueue queues[ROUTES_GROUPS_MAX]; /* questions, by group */
    unsigned queues_count;                      /* as many as there were ever groups */
    unsigned turn;                              /* the queue that had it last */
    uint32_t stuck; /* slot of the one that found no room in the ring, 0 none */
};

/** Reserve the memory and take up a configuration; fatal if there is none. @param rate, routes
 * borrowed for life */
void waiting_reserve(struct waiting *waiting, const struct config *config, const struct rate *rate,
                     const struct routes *routes);

/** Take up another configuration, after rate_change(), before its routes are in force. */
void waiting_change(struct waiting *waiting, const struct config *config);

/* --- queries --- */

/**
 * Keep the draft as a query that is alive. If its network has its bound, or the table is full, the
 * youngest query of whichever has most gives way; that may be the draft.
 *
 * @param why  written if one gives way: WHY_PREFIX_FULL or WHY_QUEUE_FULL
 * @return NULL: the draft is kept. The draft: it is the one that gives way. Another query: it has
 *         to end, and waiting_replace() to be called.
 */
MUST_CHECK struct query *waiting_keep(struct waiting *waiting, struct query *draft, enum why *why);

/** The query that gives way has ended: free its place and keep the draft. */
void waiting_replace(struct waiting *waiting, struct query *shed, struct query *draft);

/** A query ends that waits for no question any more. May be called twice. */
void waiting_give(struct waiting *waiting, struct query *query);

/** A query ends that waits for a question. The question ends with it if no other waits and it
 *  was not asked yet. */
void waiting_leave(struct waiting *waiting, struct query *query);

/**
 * The queries of a TCP connection, the youngest first.
 *
 * @param client   of the connection
 * @param younger  NULL, or the one found before, which still waits
 * @return NULL: there are no more
 */
struct query *waiting_on_connection(struct waiting *waiting, const struct query_client *client,
                                    const struct query *younger);

/* --- questions --- */

/** Let a kept query wait for its question, new or under way: inflight_join(), and its place in
 *  line. */
MUST_CHECK enum inflight_result waiting_join(struct waiting *waiting, struct query *query,
                                             const struct clock_time *now,
                                             struct inflight_question **question);

/** Ask a question for which no query waits, unless it is asked already: inflight_start(), and its
 *  place in line. @param query  kept or not; a draft, or one of our own */
enum inflight_result waiting_ask(struct waiting *waiting, const struct query *query,
                                 const struct clock_time *now);

/** Take the next query off a question's list, first come first; NULL: none waits. */
struct query *waiting_pop(struct waiting *waiting, struct inflight_question *question);

/** End a question for which no query waits: out of its line, or with its place at the worker.
 *  May be called twice. */
void waiting_end(struct waiting *waiting, struct inflight_question *question);

/** Take the question to ask next. NULL: none waits, or no place at the worker is free for it. */
struct inflight_question *waiting_next(struct waiting *waiting);

/** The enum handoff_rank of a question that waiting_next() gave. */
uint8_t waiting_rank(const struct waiting *waiting, const struct inflight_question *question);

/** There was no room for the one just taken: it stays the next. */
void waiting_put_back(struct waiting *waiting, const struct inflight_question *question);

/**
 * A ring is gone: what was asked in it and has no answer stands in line again, the oldest first.
 *
 * @param ring      its number
 * @param is_death  as inflight_ask_again()
 */
void waiting_refill(struct waiting *waiting, uint32_t ring, bool is_death);
