/* upstream_open.c - when connections are opened, kept, and asked whether they still work
 * SPDX-License-Identifier: ISC
 */
#include "os/random.h"
#include "upstream/upstream_idle.h"
#include "worker/worker.h"

static uint64_t
later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

uint64_t
upstream_pool_dial_us(const struct upstream *upstream)
{
    return later(upstream->health->retry_us, upstream->dial_us);
}

bool
upstream_pool_is_busy(const struct worker *worker)
{
    uint64_t quiet_us = (uint64_t)worker->config->upstream_idle_ms * 1000;
    return worker->stop_us == 0 && worker->loop.now_us < worker->pool.used_us + quiet_us;
}

/* With a ticket a handshake is cheap for the server, and its number is what the server allows. */
static bool
take_budget(struct worker *worker, struct upstream *upstream)
{
    uint64_t now = worker->loop.now_us, now_ms = now / 1000;
    uint32_t price = tls_context_tickets(upstream->tls, now_ms) > 0 ? 1 : UPSTREAM_HANDSHAKE_FULL;
    if (leak_take(&upstream->dials, price, now_ms))
        return true;
    uint64_t wait_ms = leak_wait_ms(&upstream->dials, price, now_ms);
    if (wait_ms > 1000)
        wait_ms = 1000;
    /* a quarter at random: those who were held back together do not come back together */
    upstream->dial_us = now + wait_ms * 1000 + (wait_ms * 250 * (random_u32() >> 16) >> 16);
    upstream_pool_sooner(&worker->pool, upstream->dial_us);
    return false;
}

/* One more, whether others are being opened or not. */
static bool
open_one(struct worker *worker, struct upstream *upstream)
{
    if (worker->loop.now_us < upstream_pool_dial_us(upstream))
        return false;
    for (uint32_t i = 0; i < worker->pool.conns_count; i++) {
        if (upstream->conns[i].fsm.state != CONN_IDLE)
            continue;
        if (!take_budget(worker, upstream))
            return false;
        upstream->wants_place = false;
        upstream_conn_open(&upstream->conns[i]);
        return true;
    }
    upstream->wants_place = true;
    return false;
}

bool
upstream_pool_open(struct worker *worker, struct upstream *upstream)
{
    return upstream->opening > 0 || open_one(worker, upstream);
}

void
upstream_pool_keep_pace(struct worker *worker, struct upstream *upstream, uint32_t wanted)
{
    uint32_t quota = upstream->quota.known, room = upstream->opening * quota;
    if (quota == 0)
        return;
    wanted += worker->relay.waiting_count;
    for (uint32_t i = 0; i < worker->pool.conns_count; i++) {
        const struct upstream_conn *conn = &upstream->conns[i];
        if (conn->fsm.state == CONN_READY && conn->watch.doubt == WATCH_CALM && conn->asked < quota)
            room += quota - (uint32_t)conn->asked;
    }
    for (; room < wanted && open_one(worker, upstream); room += quota)
        continue;
}

void
upstream_pool_opened(struct worker *worker, struct upstream_conn *conn)
{
    struct upstream *upstream = conn->upstream;
    for (uint32_t i = 0; i < worker->pool.conns_count; i++)
        if (upstream->conns[i].is_replaced && upstream->conns[i].fsm.state == CONN_READY)
            upstream_conn_retire(&upstream->conns[i]);
    if (upstream->health->failures > 0)
        upstream_conn_probe(conn); /* an answer is the only proof, and no client must wait for it */
}

void
upstream_pool_keepalive(struct upstream_conn *conn, uint16_t keepalive_100ms)
{
    /* a time so short that connections would do nothing but come and go is not believed */
    if (keepalive_100ms > 0)
        conn->upstream->server_idle_us =
            later((uint64_t)keepalive_100ms * 100000U, UPSTREAM_IDLE_LEARN_US);
    else if (conn->fsm.state == CONN_READY)
        upstream_conn_retire(conn);
}

void
upstream_pool_closed_idle(struct upstream *upstream, uint64_t idle_us)
{
    upstream->server_idle_us = upstream_idle_closed(upstream->server_idle_us, idle_us);
}

/* One that nobody asks: is it still there, and how far away is it? */
static void
probe_quiet(struct worker *worker, struct upstream *upstream)
{
    struct upstream_pool *pool = &worker->pool;
    uint64_t due = later(upstream->heard_us, upstream->probed_us) + UPSTREAM_PROBE_QUIET_US;
    if (pool->asked - upstream->probed_asked < (uint64_t)UPSTREAM_PROBE_ONE_IN * pool->count)
        due = later(due, worker->loop.now_us + UPSTREAM_PROBE_QUIET_US / 10);
    if (worker->loop.now_us < due) {
        upstream_pool_sooner(pool, due);
        return;
    }
    for (uint32_t i = 0; i < pool->conns_count; i++) {
        if (upstream->conns[i].fsm.state != CONN_READY)
            continue;
        upstream->probed_us = worker->loop.now_us;
        upstream->probed_asked = pool->asked;
        upstream_conn_probe(&upstream->conns[i]);
        return;
    }
}

/* Is there one that may still answer? */
static bool
has_hope(const struct worker *worker, const struct upstream *upstream)
{
    for (uint32_t i = 0; i < worker->pool.conns_count; i++)
        if (upstream->conns[i].fsm.state == CONN_READY &&
            upstream->conns[i].watch.doubt != WATCH_LEFT)
            return true;
    return false;
}

void
upstream_pool_keep_warm(struct worker *worker, struct upstream *upstream)
{
    bool is_busy = upstream_pool_is_busy(worker);
    if (worker->stop_us != 0)
        return;
    if (is_busy)
        upstream_pool_keep_pace(worker, upstream, 1);
    if (upstream->ready > 0 && (!is_busy || has_hope(worker, upstream))) {
        if (is_busy)
            probe_quiet(worker, upstream);
        return;
    }
    /* one that is down is tried without traffic too, so that its return is known */
    if (upstream->opening > 0 || (!is_busy && upstream->health->failures == 0))
        return;
    uint64_t at = upstream_pool_dial_us(upstream);
    if (!upstream_pool_open(worker, upstream) && at > worker->loop.now_us)
        upstream_pool_sooner(&worker->pool, at);
}
