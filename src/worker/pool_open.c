/* pool_open.c - see pool_open.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/pool_open.h"

#include "os/random.h"
#include "worker/conn_write.h"
#include "worker/tls_ticket.h"

static uint64_t
later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* When may a connection be opened? */
static uint64_t
dial_us(const struct upstream *upstream)
{
    return later(upstream->health->retry_us, upstream->dial_us);
}

bool
pool_open_is_busy(const struct pool *pool)
{
    uint64_t quiet_us = (uint64_t)pool->shared.config->upstream_idle_ms * 1000;
    return !pool->is_stopping && pool_now(pool) < pool->used_us + quiet_us;
}

void
pool_open_asked(struct pool *pool)
{
    if (!pool_open_is_busy(pool)) {
        for (unsigned i = 0; i < pool->count; i++)
            health_hurry(&pool->health[i], pool_now(pool));
        pool->shared.next_us = 0;
    }
    pool->used_us = pool_now(pool);
    pool->asked++;
}

static uint32_t
next_tag(const struct pool *pool, uint32_t tag)
{
    uint32_t total = pool->count * pool->conns_count;
    return tag > UINT32_MAX - total ? tag % total + total : tag + total;
}

/* With a ticket a handshake is cheap for the server, and its number is what the server allows. */
static bool
take_budget(struct pool *pool, struct upstream *upstream)
{
    uint64_t now = pool_now(pool), now_ms = now / 1000;
    uint32_t price = tls_ticket_count(upstream->tls, now_ms) > 0 ? 1 : UPSTREAM_HANDSHAKE_FULL;
    if (leak_take(&upstream->dials, price, now_ms))
        return true;
    uint64_t wait_ms = leak_wait_ms(&upstream->dials, price, now_ms);
    if (wait_ms > 1000)
        wait_ms = 1000;
    /* a quarter at random: lanes that were held back together do not try again together */
    upstream->dial_us = now + wait_ms * 1000 + (wait_ms * 250 * (random_u32() >> 16) >> 16);
    pool_sooner(pool, upstream->dial_us);
    return false;
}

/* One more, whether others are being opened or not. */
static bool
open_one(struct pool *pool, struct upstream *upstream)
{
    if (pool_now(pool) < dial_us(upstream))
        return false;
    for (uint32_t i = 0; i < pool->conns_count; i++) {
        struct conn *conn = pool_conn(pool, upstream, i);
        if (conn->fsm.state != CONN_IDLE)
            continue;
        if (!take_budget(pool, upstream))
            return false;
        upstream->wants_place = false;
        conn_open(conn, next_tag(pool, conn->tag));
        return true;
    }
    upstream->wants_place = true;
    return false;
}

bool
pool_open_more(struct pool *pool, struct upstream *upstream)
{
    return upstream->opening > 0 || open_one(pool, upstream);
}

void
pool_open_keep_pace(struct pool *pool, struct upstream *upstream, uint32_t wanted)
{
    uint32_t quota = upstream->quota.known, room = upstream->opening * quota;
    if (quota == 0)
        return;
    wanted += pool->waiting;
    for (uint32_t i = 0; i < pool->conns_count; i++) {
        const struct conn *conn = pool_conn(pool, upstream, i);
        if (conn->fsm.state == CONN_READY && conn->watch.doubt == WATCH_CALM && conn->asked < quota)
            room += quota - (uint32_t)conn->asked;
    }
    for (; room < wanted && open_one(pool, upstream); room += quota)
        continue;
}

void
pool_open_ready(struct pool *pool, struct conn *conn)
{
    struct upstream *upstream = conn->upstream;
    for (uint32_t i = 0; i < pool->conns_count; i++) {
        struct conn *other = pool_conn(pool, upstream, i);
        if (other->is_replaced && other->fsm.state == CONN_READY)
            conn_retire(other);
    }
    if (upstream->health->failures > 0)
        conn_write_probe(
            conn); /* only an answer proves that it works, and no client should wait for that */
}

/* An upstream that gets no queries: is it still reachable, and how fast? */
static void
probe_quiet(struct pool *pool, struct upstream *upstream)
{
    uint64_t due = later(upstream->heard_us, upstream->probed_us) + UPSTREAM_PROBE_QUIET_US;
    if (pool->asked - upstream->probed_asked < (uint64_t)UPSTREAM_PROBE_ONE_IN * pool->count)
        due = later(due, pool_now(pool) + UPSTREAM_PROBE_QUIET_US / 10);
    if (pool_now(pool) < due) {
        pool_sooner(pool, due);
        return;
    }
    for (uint32_t i = 0; i < pool->conns_count; i++) {
        struct conn *conn = pool_conn(pool, upstream, i);
        if (conn->fsm.state != CONN_READY)
            continue;
        upstream->probed_us = pool_now(pool);
        upstream->probed_asked = pool->asked;
        conn_write_probe(conn);
        return;
    }
}

/* Is there one that may still answer? */
static bool
has_hope(const struct pool *pool, const struct upstream *upstream)
{
    for (uint32_t i = 0; i < pool->conns_count; i++) {
        const struct conn *conn = pool_conn(pool, upstream, i);
        if (conn->fsm.state == CONN_READY && conn->watch.doubt != WATCH_LEFT)
            return true;
    }
    return false;
}

void
pool_open_keep_warm(struct pool *pool, struct upstream *upstream)
{
    bool is_busy = pool_open_is_busy(pool);
    if (pool->is_stopping)
        return;
    if (is_busy)
        pool_open_keep_pace(pool, upstream, 1);
    if (upstream->ready > 0 && (!is_busy || has_hope(pool, upstream))) {
        if (is_busy)
            probe_quiet(pool, upstream);
        return;
    }
    /* one that is down is tried without traffic too, so that its return is known */
    if (upstream->opening > 0 || (!is_busy && upstream->health->failures == 0))
        return;
    uint64_t at = dial_us(upstream);
    if (!pool_open_more(pool, upstream) && at > pool_now(pool))
        pool_sooner(pool, at);
}

uint64_t
pool_open_earliest_us(const struct pool *pool)
{
    uint64_t earliest = UINT64_MAX;
    for (unsigned i = 0; i < pool->count; i++) {
        const struct upstream *upstream = &pool->upstreams[i];
        bool is_near = upstream->opening > 0 || upstream->ready > 0;
        uint64_t at = is_near ? pool_now(pool) : dial_us(upstream);
        earliest = at < earliest ? at : earliest;
    }
    return earliest;
}

bool
pool_open_is_under_way(const struct pool *pool, unsigned except)
{
    for (unsigned i = 0; i < pool->count; i++)
        if (i != except && pool->upstreams[i].opening > 0)
            return true;
    return false;
}
