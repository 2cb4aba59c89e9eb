/* pool.h - the connections to every upstream: opened ahead of need, grown, shrunk
 * SPDX-License-Identifier: ISC
 *
 * What: while there is traffic every upstream has a connection, used or not; one more is opened
 *       whenever those there have many queries in flight, or one of them is suspect. One at a time,
 *       within a budget, and none during back-off, so there is no storm. Idle ones are closed in
 *       order, before the server does, and replaced first where one is still needed.
 * Who:  worker. pool_open.h opens and keeps warm, pool_pick.h picks, pool_turn.h looks at what
 *       happened and at the clock; the relay stands above.
 * Ref:  upstream/choice.h, upstream/habits.h; docs/LIMITS.md "upstream".
 */
#pragma once

#include "worker/conn.h"

#define UPSTREAM_DOWN_FAILURES 3U

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
    struct conn *latest[CONFIG_UPSTREAMS_MAX]; /* where the last query went; NULL: nowhere */
    struct conn *conns;                        /* from 1: count * conns_count, one after another */
    struct tls_anchors *anchors;               /* NULL: no upstream asks for a CA */
    uint64_t used_us;                          /* a query last */
    uint64_t asked;                            /* queries so far */
    uint32_t waiting;                          /* queries that wait for a connection */
    bool is_stopping;                          /* nothing is opened any more */
    bool has_given_up;                         /* see pool_turn_take_given_up() */
};

/**
 * Reserve memory, parse CAs, prepare TLS for each upstream; fatal where that fails.
 *
 * @param config  borrowed for the pool's life, like `stats` and `loop`
 * @param ca_pem  borrowed for the call; NULL: none is given
 */
void pool_reserve(struct pool *pool, const struct config *config, struct stats_page *stats,
                  struct evloop *loop, const void *ca_pem, size_t ca_size);

/** An UPSTREAM_SOCKET message; `fd` is given away. @return false: it breaks the contract. */
bool pool_socket(struct pool *pool, uint32_t index, uint32_t tag, int fd, uint32_t error);

struct pool_order {   /* for the supervisor */
    uint32_t index;   /* an upstream's */
    uint32_t tag;     /* a socket is wanted, for this attempt; else: */
    uint64_t dear_us; /* a refused handshake cost so much CPU time; 0: it is a socket */
};

/** The next order for the supervisor. @return false: there is none */
bool pool_next_order(struct pool *pool, struct pool_order *order);

/** The supervisor could not be asked. */
void pool_order_failed(struct pool *pool, const struct pool_order *order);

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

/** Has every upstream failed UPSTREAM_DOWN_FAILURES times in a row, and is no connection left? */
bool pool_is_down(const struct pool *pool);

/** The `i`-th connection of an upstream, 0..conns_count-1. */
static inline struct conn *
pool_conn(const struct pool *pool, const struct upstream *upstream, uint32_t i)
{
    return &pool->conns[1 + upstream->index * pool->conns_count + i];
}

/** Something is to be looked at by pool_turn_tick() at `at_us`, or sooner. */
static inline void
pool_sooner(struct pool *pool, uint64_t at_us)
{
    if (at_us < pool->shared.next_us)
        pool->shared.next_us = at_us;
}

static inline uint64_t
pool_now(const struct pool *pool)
{
    return pool->shared.loop->now_us;
}
