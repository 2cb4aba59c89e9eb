/* queue.h - whose question is asked next, and who makes room when there is none
 *
 * What: the questions that wait for their turn to be asked, in two fair queues: one for clients
 *       with a proven address, one for the others. And the place of each query in the table of
 *       queries: how many of them a network may have alive, and who loses his when all are taken.
 * Who:  front.
 * Ref:  core/fairqueue.h; docs/LIMITS.md "fairqueue", "queries".
 */
#pragma once

#include "core/fairqueue.h"
#include "core/inflight.h"
#include "core/why.h"

struct front;

#define QUEUE_IPV4_LENGTH 24 /* prefixes that share a turn, and a bound of queries alive */
#define QUEUE_IPV6_LENGTH 56
#define QUEUE_PROVEN_TURNS                                                                         \
    4                      /* questions of proven clients for one of the others, while both wait */
#define QUEUE_ASKED_MIN 64 /* questions at the worker at once, however little upstreams take */

enum queue_line { QUEUE_UNPROVEN, QUEUE_PROVEN, QUEUE_LINES };

struct queue {
    struct fairqueue lines[QUEUE_LINES];
    struct tally alive; /* queries alive of each network */
    uint32_t asked_max; /* questions in the ring and at the worker at once */
    uint32_t turn;      /* questions of proven clients since one of the others */
    uint32_t stuck;     /* slot of the one that found no room in the ring, 0 none */
};

/** Reserve the memory; fatal if there is none. */
void queue_reserve(struct front *front);

/** Take up front->config after it changed. */
void queue_change(struct front *front);

/**
 * Keep the draft as a query that is alive. If the table is full, a question of whoever has most
 * waiting makes room.
 *
 * @param why  written if it is not kept: WHY_PREFIX_FULL or WHY_QUEUE_FULL
 */
MUST_CHECK bool queue_keep(struct front *front, struct query *draft, enum why *why);

/** End a query that queue_keep() kept. */
void queue_give(struct front *front, struct query *query);

/**
 * A new question: let it stand in line, at the end of the questions of its client's network.
 *
 * @param query  its first; may be gone afterwards, with the question, if that had to be shed
 */
void queue_push(struct front *front, struct inflight_question *question, const struct query *query);

/** A query joined this question: if its client is proven, the question may use the better line. */
void queue_promote(struct front *front, struct inflight_question *question,
                   const struct query *query);

/** Take a question out of its line, if it stands in one: it ends. */
void queue_remove(struct front *front, struct inflight_question *question);

/** Take the question to ask next. NULL: none waits, or enough are being asked. */
struct inflight_question *queue_next(struct front *front);

/** There was no room for the one just taken: it stays the next. */
void queue_put_back(struct front *front, struct inflight_question *question);

/**
 * A ring is gone: what was asked in it and has no answer stands in line again, the oldest first.
 *
 * @param ring      its number
 * @param is_death  as inflight_ask_again()
 */
void queue_refill(struct front *front, uint32_t ring, bool is_death);
