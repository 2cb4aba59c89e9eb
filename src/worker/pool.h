/* pool.h - the connections to every upstream: opened ahead of need, picked, grown, shrunk
 * SPDX-License-Identifier: ISC
 *
 * What: while there is traffic every upstream has a connection, used or not; one more is opened
 *       whenever those there have many queries in flight, or one of them is suspect. One at a time,
 *       within a budget of handshakes, and none during back-off, so there is no storm; where a server
 *       answers a number of queries on each, as many as the traffic needs. A query goes to the
 *       upstream of the configured strategy, on it to a connection that has room and is not
 *       suspect. One that is worn by queries that nobody waits for any more is renewed, one after the
 *       other, and a fresh one first where there is room. Idle connections are closed in order,
 *       before the server does, and replaced first where one is still needed.
 * Who:  worker; the relay stands above.
 * Ref:  upstream/choice.h, upstream/health.h; docs/LIMITS.md "upstream", "leak".
 */
#pragma once

#include "lane/routes.h"
#include "worker/conn.h"

#define UPSTREAM_DOWN_FAILURES 3U
/* not measured for so long: probed, if there is traffic */
#define UPSTREAM_PROBE_QUIET_US 10000000U
#define UPSTREAM_PROBE_ONE_IN   50U /* queries, for each probe of a quiet upstream */
#define UPSTREAM_RANK_PART      8U  /* of the places on a connection: each rank leaves so much */
#define UPSTREAM_CROWD          64U /* queries in flight on a connection: another one helps */

struct pool_policy { /* what the configuration says about all */
    enum choice_strategy strategy;
    uint32_t weights[CONFIG_UPSTREAMS_MAX];
    uint32_t handshakes_per_s, handshakes_burst;
    uint32_t retry_percent, hedge_percent;
};

struct pool {
    struct conn_shared shared;
    unsigned count;       /* config.upstreams_count */
    uint32_t conns_count; /* per upstream */
    struct pool_policy policy;
    struct upstream upstreams[CONFIG_UPSTREAMS_MAX];
    struct health health[CONFIG_UPSTREAMS_MAX];
    struct routes *routes;                     /* which group of them a question is for */
    struct conn *latest[CONFIG_UPSTREAMS_MAX]; /* where the last query went; NULL: nowhere */
    struct conn *conns;                        /* from 1: count * conns_count, one after another */
    struct tls_anchors *anchors;               /* NULL: no upstream asks for a CA */
    uint64_t used_us;                          /* a query last */
    uint64_t asked;                            /* queries so far */
    uint32_t waiting[ROUTES_GROUPS_MAX]; /* queries of each group that wait for a connection */
    int lock_error;                      /* of this memory (os/locked.h): errno; 0: it is locked */
    bool is_stopping;                    /* nothing is opened any more */
    uint64_t given_up;                   /* set of groups: see pool_take_given_up() */
};

/* --- the supervisor -------------------------------------------------------------------------- */

/** An UPSTREAM_SOCKET message; `fd` is given away. @return false: it breaks the contract. */
bool pool_socket(struct pool *pool, uint32_t index, uint32_t tag, int fd, uint32_t error);

struct pool_order {     /* for the supervisor */
    uint32_t index;     /* an upstream's */
    uint32_t tag;       /* a socket is wanted, for this attempt; else one of: */
    uint64_t dear_us;   /* a refused handshake cost so much CPU time; 0: it does not say so */
    const uint8_t *key; /* CONFIG_PIN_BYTES, no pin matches: borrowed; NULL: it does not say so */
};

/** The next order for the supervisor. @return false: there is none */
bool pool_next_order(struct pool *pool, struct pool_order *order);

/** Is there an order? */
bool pool_has_order(const struct pool *pool);

/** The supervisor could not be asked. */
void pool_order_failed(struct pool *pool, const struct pool_order *order);

/* --- opening --------------------------------------------------------------------------------- */

/** Is there traffic, so that connections are kept? */
bool pool_is_busy(const struct pool *pool);

/** A query came. */
void pool_asked(struct pool *pool);

/** Open one more connection, unless one is being opened, or back-off or budget forbid it.
 *  @return it is being opened */
bool pool_open(struct pool *pool, struct upstream *upstream);

/** Where the server answers a number of queries on a connection: open as many as `wanted` queries
 *  will need, and those that wait, within the budget. */
void pool_keep_pace(struct pool *pool, struct upstream *upstream, uint32_t wanted);

/** The earliest time at which an upstream of the group could be ready: now while one is being opened. */
uint64_t pool_earliest_us(const struct pool *pool, unsigned group);

/** When a query that is asked now is answered at the earliest: by the quickest responses that any
 *  upstream of its group has given lately, and never later than a quarter of the time that a query has: one with more
 *  time left is asked however slow they were, or nothing would ever be measured again. */
uint64_t pool_answer_us(const struct pool *pool, unsigned group);

/** Is a connection being opened to another upstream of the group than `except`? */
bool pool_is_opening(const struct pool *pool, unsigned group, unsigned except);

/* --- picking --------------------------------------------------------------------------------- */

/**
 * A ready connection with room, of the upstream of the group that is to be asked next.
 * @param avoid     upstream not to be asked if there is another; CONFIG_UPSTREAMS_MAX: none
 * @param rank      enum handoff_rank: from each but the first an eighth of the places is kept
 * @param heard_us  the connection was heard later than this; 0: any
 * @return NULL: there is none; connections are opened as far as that is allowed.
 */
struct conn *pool_pick(struct pool *pool, unsigned group, unsigned avoid, unsigned rank,
                       uint64_t heard_us);

struct pool_elsewhere {      /* one more place for a query */
    const struct conn *conn; /* not this one */
    unsigned group;          /* the query's */
    unsigned rank;           /* enum handoff_rank */
    uint64_t since_us;       /* when it came */
    uint32_t asked, again;   /* upstreams: asked; asked on a connection heard since */
    bool is_silent; /* `conn` is: the whole network may have forgotten our connections, so one that
                       was heard since the query came is better than any other */
};

/** Another upstream that is well and was not asked, else another connection. @return NULL: there is
 *  none now. */
struct conn *pool_pick_elsewhere(struct pool *pool, const struct pool_elsewhere *place);

/* --- the turn -------------------------------------------------------------------------------- */

/** Open the first connection to each upstream. */
void pool_start(struct pool *pool);

/** Deadlines of all connections; opens what traffic needs. */
void pool_tick(struct pool *pool);

/** Take up what happened on connections: failures, new ones, silence. */
void pool_settle(struct pool *pool);

/** The groups of which an attempt failed since the last call, while none of their upstreams can be
 *  reached: a set. */
uint64_t pool_take_given_up(struct pool *pool);

/** When the next turn has something to do here, orders apart; 0: at once; UINT64_MAX: never. */
uint64_t pool_deadline_us(const struct pool *pool);

/** Send what was collected in this turn. */
void pool_flush(struct pool *pool);

/** The ring to the front has room again: paused connections are read. */
void pool_resume(struct pool *pool);

/** The process is to end: nothing is opened any more. */
void pool_stop(struct pool *pool);

/** Say goodbye on every connection. */
void pool_end(struct pool *pool);

/** Has every upstream of the group failed UPSTREAM_DOWN_FAILURES times in a row, and is no connection
 *  left? */
bool pool_is_down(const struct pool *pool, unsigned group);

/** The `i`-th connection of an upstream, 0..conns_count-1. */
struct conn *pool_conn(const struct pool *pool, const struct upstream *upstream, uint32_t i);
