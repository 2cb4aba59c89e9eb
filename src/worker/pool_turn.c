/* pool_turn.c - see pool_turn.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/pool_turn.h"

#include "os/random.h"
#include "upstream/habits.h"
#include "worker/conn_watch.h"
#include "worker/conn_write.h"
#include "worker/pool_open.h"

/* a replacement has an eighth of the idle time to become ready, within what we left of it */
#define REPLACE_PARTS 8U

void
pool_turn_start(struct pool *pool)
{
    pool->used_us = pool_now(pool);
    for (unsigned i = 0; i < pool->count; i++)
        (void)pool_open_more(pool, &pool->upstreams[i]);
}

/* --- news ------------------------------------------------------------------------------------ */

/* Does no other upstream answer? */
static bool
is_lone(const struct pool *pool, const struct upstream *upstream)
{
    for (unsigned i = 0; i < pool->count; i++)
        if (i != upstream->index && pool->upstreams[i].ready > 0 && pool->health[i].failures == 0)
            return false;
    return true;
}

static void
count_failure(struct pool *pool, struct upstream *upstream, bool was_attempt)
{
    bool is_short = is_lone(pool, upstream) && pool_open_is_busy(pool);
    upstream_show(&upstream->shown->failures, 1);
    health_failed(upstream->health, pool_now(pool), random_u32(), is_short);
    pool->has_given_up |= was_attempt && pool_is_down(pool);
}

/* One connection of an upstream is silent: probe those that were not used since. */
static void
probe_others(struct pool *pool, const struct conn *conn)
{
    for (uint32_t i = 0; i < pool->conns_count; i++) {
        struct conn *other = pool_conn(pool, conn->upstream, i);
        if (other != conn && other->fsm.state == CONN_READY && other->flights.count == 0 &&
            other->watch.heard_us < conn->watch.suspected_us)
            conn_write_probe(other);
    }
}

static void
settle(struct pool *pool, struct conn *conn)
{
    struct upstream *upstream = conn->upstream;
    struct conn_news news = conn_take_news(conn);
    if (news.is_closed && pool->latest[upstream->index] == conn)
        pool->latest[upstream->index] = NULL;
    if (news.has_failed)
        count_failure(pool, upstream, news.was_attempt);
    if (news.is_opened && conn->fsm.state == CONN_READY)
        pool_open_ready(pool, conn);
    if (news.is_left || (news.is_silent && upstream->ready <= 1)) /* the only one may be lost */
        (void)pool_open_more(pool, upstream);
    if (news.is_left)
        probe_others(pool, conn);
}

void
pool_turn_settle(struct pool *pool)
{
    struct conn *conn;
    while ((conn = conn_next_marked(&pool->shared, CONN_NEWS)) != NULL)
        settle(pool, conn);
}

bool
pool_turn_take_given_up(struct pool *pool)
{
    bool has_given_up = pool->has_given_up;
    pool->has_given_up = false;
    return has_given_up;
}

/* --- time ------------------------------------------------------------------------------------ */

/* Nothing is in flight: close before the server does. One that is needed is replaced first. */
static void
tick_idle(struct pool *pool, struct conn *conn)
{
    struct upstream *upstream = conn->upstream;
    uint64_t configured_us = (uint64_t)pool->shared.config->upstream_idle_ms * 1000;
    uint64_t limit_us = habits_idle_us(upstream->server_idle_us, configured_us);
    uint64_t now = pool_now(pool), end = conn->used_us + limit_us;
    uint64_t last = end + limit_us / REPLACE_PARTS;
    if (now < end) {
        conn_sooner(conn, end);
        return;
    }
    bool is_needed = upstream->ready == 1 && pool_open_is_busy(pool);
    if (is_needed && now < last && pool_open_more(pool, upstream)) {
        conn->is_replaced = true;
        conn_sooner(conn, last);
        return;
    }
    if (!conn->is_replaced)
        upstream->server_idle_us = habits_idle_outlived(upstream->server_idle_us, configured_us);
    conn_retire(conn);
}

void
pool_turn_tick(struct pool *pool)
{
    if (pool_now(pool) < pool->shared.next_us)
        return;
    pool->shared.next_us = UINT64_MAX;
    for (uint32_t number = 1; number <= pool->count * pool->conns_count; number++) {
        struct conn *conn = &pool->conns[number];
        if (conn->fsm.state == CONN_IDLE)
            continue;
        conn_watch_tick(conn);
        if (conn->fsm.state == CONN_READY && conn->flights.count == 0)
            tick_idle(pool, conn);
    }
    pool_turn_settle(pool);
    for (unsigned i = 0; i < pool->count; i++)
        pool_open_keep_warm(pool, &pool->upstreams[i]);
}
