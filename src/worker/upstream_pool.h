/* upstream_pool.h - the connections to every upstream: opened ahead of need, grown, shrunk
 *
 * What: one connection is opened at the start and kept while there is traffic; one more whenever
 *       those there have many queries in flight; one at a time, and none during back-off, so there
 *       is no storm. Idle ones are closed in order.
 * Who:  worker.
 * Ref:  core/upstream_choice.h; docs/LIMITS.md "upstream".
 */
#pragma once

#include "core/upstream_choice.h"
#include "worker/upstream_conn.h"

#define UPSTREAM_DOWN_FAILURES 3U
#define UPSTREAM_CROWD         64U /* queries in flight on a connection, from which another one helps */

struct upstream {
    unsigned index;
    const struct config_upstream *config; /* borrowed */
    struct upstream_health *health;       /* in pool.health */
    struct stats_upstream *stats;         /* in the statistics page */
    struct tls_context *tls;
    struct upstream_conn *conns; /* config.upstream_connections */
    struct upstream_conn *open;  /* where the last query went; NULL: none */
    unsigned ready, opening;     /* how many are READY; WANTED to HANDSHAKE */
    uint64_t used_us;            /* a query last */
};

struct upstream_pool {
    unsigned count;       /* config.upstreams_count */
    uint32_t conns_count; /* per upstream */
    struct upstream upstreams[CONFIG_UPSTREAMS_MAX];
    struct upstream_health health[CONFIG_UPSTREAMS_MAX];
    struct upstream_conn *conns;  /* count * conns_count */
    struct upstream_conn **dirty; /* to be flushed */
    unsigned dirty_count;
    struct tls_anchors *anchors; /* NULL: no upstream asks for a CA */
    uint64_t next_us;            /* no deadline before */
};

/** Reserve memory, parse CAs from `ca_pem` (may be NULL), prepare TLS for each upstream; fatal. */
void upstream_pool_reserve(struct worker *worker, const void *ca_pem, size_t ca_size);

/** Open the first connection to each upstream. */
void upstream_pool_start(struct worker *worker);

/** An UPSTREAM_SOCKET message; `fd` is given away. @return false: the message breaks the contract.
 */
bool upstream_pool_socket(struct worker *worker, uint32_t index, uint32_t tag, int fd,
                          uint32_t error);

/** The name of a connection's next attempt: never 0, and its slot can be found from it. */
uint32_t upstream_pool_next_tag(const struct worker *worker, uint32_t tag);

/**
 * A ready connection with room, of the upstream that is to be asked next.
 * @param avoid  upstream not to be asked if there is another; CONFIG_UPSTREAMS_MAX: none
 * @return NULL: there is none; connections are opened as far as that is allowed.
 */
struct upstream_conn *upstream_pool_pick(struct worker *worker, unsigned avoid);

/** The earliest time at which an upstream could be ready: now while one is being opened. */
uint64_t upstream_pool_earliest_us(const struct worker *worker);

/** Deadlines of all connections; opens what traffic needs. */
void upstream_pool_tick(struct worker *worker);
uint64_t upstream_pool_deadline_us(const struct worker *worker);

/** Some connection's deadline is now at `at_us`. */
static inline void
upstream_pool_sooner(struct upstream_pool *pool, uint64_t at_us)
{
    if (at_us < pool->next_us)
        pool->next_us = at_us;
}

/** Send what was collected in this turn. */
void upstream_pool_flush(struct worker *worker);
void upstream_pool_mark(struct worker *worker, struct upstream_conn *conn);

/** There is room toward the front again. */
void upstream_pool_release(struct worker *worker);

/** Say goodbye on every connection. */
void upstream_pool_end(struct worker *worker);

/** Has every upstream failed UPSTREAM_DOWN_FAILURES times in a row, and is no connection left? */
bool upstream_pool_is_down(const struct worker *worker);

/** Does no other upstream answer? Then back-off is short. */
bool upstream_pool_is_lone(const struct worker *worker, const struct upstream *upstream);
