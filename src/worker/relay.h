/* relay.h - the worker's end of the two rings, and the queries between them
 * SPDX-License-Identifier: ISC
 *
 * What: takes queries out of the ring, places each on a connection, checks that a response belongs
 *       to it, puts the response into the other ring. A query whose response is of no use is asked
 *       once more elsewhere, inside its own time; then it fails with the reason. A connection that
 *       was lost without a word was no attempt. A query that is late, or whose connection is
 *       silent, may be under way at several places at once: the first response counts.
 * Who:  worker. It stands above the pool and the connections, and pulls: nothing calls it but the
 *       turn. relay_query.h is one query, relay_table.h all of them.
 * Ref:  lane/ring.h, lane/handoff.h; RFC 5452; RFC 8914 (why it failed).
 */
#pragma once

#include "base/leak.h"
#include "child/child_link.h"
#include "worker/pool.h"
#include "worker/relay_table.h"

#define RELAY_BATCH 256 /* queries taken per turn */

/* a query fails this much before its time, so the reason arrives */
#define RELAY_MARGIN_US 20000U
#define RELAY_ASKS_MAX  2U /* one retry */
#define RELAY_MOVES_MAX 8U /* times asked at all, clean closes of the server included */

/* ways that end without a word, until only a connection heard since will do */
#define RELAY_UNHEARD_MAX 2U

/* What share of the traffic may be asked again, and how much of it at once. */
#define RELAY_RETRY_FLOOR    5U   /* retries per second however little traffic there is */
#define RELAY_RETRY_BURST    100U /* retries */
#define RELAY_SLOW_LEAVES    50U  /* retries that slow names leave for questions that failed */
#define RELAY_HEDGE_BURST    20U  /* second asks of late questions */
#define RELAY_FAILOVER_PARTS 4U   /* a quarter of the table per second, the whole of it at once */

struct relay {
    struct pool *pool; /* borrowed, like */
    struct stats_page *stats;
    struct evloop *loop; /* now_us is the time of the turn */
    uint32_t lane;       /* for the log */
    /* to the front; `has_more` also where queries lost their connection this turn */
    struct child_link link;
    bool is_full;      /* the ring to the front: nothing is read from upstreams */
    size_t full_bytes; /* the record that found no room last */
    struct relay_table table;
    struct leak retries, hedges, failovers; /* what may still be asked again */
    uint8_t record[HANDOFF_QUERY_MAX];
};

/** Reserve the table; fatal if there is no memory. The rest is borrowed for the relay's life. */
void relay_init(struct relay *relay, uint32_t queries, struct pool *pool, struct stats_page *stats,
                struct evloop *loop);

/**
 * Take up new rings in place of the old ones; every query of the old ones is forgotten.
 *
 * @param ring  an IPC_RING message
 * @param fds   its three descriptors, given away
 * @return STATUS_OK; STATUS_INVALID; STATUS_SYSTEM (the supervisor broke its contract).
 */
MUST_CHECK enum status relay_attach(struct relay *relay, const struct ipc_message *ring,
                                    const int fds[IPC_FDS_MAX]);

/** Did the front break the ring since the last call? @param ring  written: the supervisor's name
 *  for it */
bool relay_pop_broken(struct relay *relay, uint32_t *ring);

/** Take what upstreams said, connection by connection; then relay_settle(). */
void relay_listen(struct relay *relay);

/** Take what connections have to hand over: queries of those that were closed, and those that are
 *  late or whose connection is silent, which are asked elsewhere, too. */
void relay_settle(struct relay *relay);

/** Take queries and place them, at most RELAY_BATCH. */
void relay_take(struct relay *relay);

/** Place what waits, as far as there are connections. */
void relay_place_waiting(struct relay *relay);

/** Fail what ran out of time, or cannot be asked in time. */
void relay_expire(struct relay *relay);

/** Deliver failures that found no room, make everything visible, ring the front's bell. */
void relay_publish(struct relay *relay);

/** When relay_expire() has something to do; UINT64_MAX: nothing. */
uint64_t relay_deadline_us(const struct relay *relay);

/** Has every query that was put into the ring come to its end? */
static inline bool
relay_is_done(const struct relay *relay)
{
    return relay->table.alive == 0 && !relay->link.has_more;
}

/** Before waiting for events. @return false: there is work already. */
bool relay_sleep(struct relay *relay);

/** After waiting. */
void relay_wake(struct relay *relay);
