/* upstream_watch.c - is a connection silent for too long, is a query on it late?
 * SPDX-License-Identifier: ISC
 *
 * Both are answered by asking at a second place, and never by taking anything back: the first
 * answer counts. Silence is about the connection (upstream/watch.h), lateness about one query:
 * its server may live and never answer this one.
 */
#include "worker/upstream_life.h"

#include "upstream/upstream_choice.h"

/* How old is a query that is late in this sense? UINT64_MAX: none ever is. */
static uint64_t
late_us(const struct upstream_conn *conn, enum flights_walk walk)
{
    const struct upstream_pool *pool = &conn->worker->pool;
    switch (walk) {
    case FLIGHTS_HEDGE:
        if (pool->policy.hedge_percent == 0 || pool->count == 1)
            return UINT64_MAX;
        return upstream_hedge_us(pool->policy.strategy, pool->health, pool->count,
                                 conn->upstream->index);
    case FLIGHTS_SLOW:
        /* as late as it would be found if the connection were dead */
        return pool->count > 1 ? conn->upstream->times.suspect_us + conn->upstream->times.answer_us
                               : UINT64_MAX;
    case FLIGHTS_ELSEWHERE:
    case FLIGHTS_WALKS:
        break;
    }
    return UINT64_MAX;
}

static uint64_t
late_at(const struct upstream_conn *conn, enum flights_walk walk)
{
    return watch_late_at(&conn->watch, &conn->flights, walk, late_us(conn, walk));
}

static void
help_late(struct upstream_conn *conn, enum flights_walk walk)
{
    enum relay_second why = walk == FLIGHTS_HEDGE ? RELAY_HEDGE : RELAY_SLOW;
    while (now_of(conn) >= late_at(conn, walk)) {
        uint32_t query = flights_walk_on(&conn->flights, walk);
        if (query < FLIGHTS_PROBE)
            (void)relay_ask_second(conn->worker, query, conn, why);
    }
}

/* Ask everything in flight elsewhere too, as far as there is room. */
static void
leave(struct upstream_conn *conn)
{
    uint16_t stuck;
    bool is_stuck = upstream_is_stuck(conn, &stuck);
    conn->watch.is_left_over = false;
    flights_walk_anew(&conn->flights, FLIGHTS_ELSEWHERE);
    while (flights_walk_us(&conn->flights, FLIGHTS_ELSEWHERE) != 0) {
        bool is_cause = is_stuck && flights_walk_is_at(&conn->flights, FLIGHTS_ELSEWHERE, stuck);
        uint32_t query = flights_walk_on(&conn->flights, FLIGHTS_ELSEWHERE);
        enum relay_second why = !is_stuck || is_cause ? RELAY_FAILOVER : RELAY_STUCK;
        if (query < FLIGHTS_PROBE && !relay_ask_second(conn->worker, query, conn, why))
            conn->watch.is_left_over = true;
    }
}

/* One connection of an upstream is silent: what about those that nobody asked since? */
static void
probe_others(struct upstream_conn *conn)
{
    struct upstream *upstream = conn->upstream;
    for (uint32_t i = 0; i < conn->worker->pool.conns_count; i++) {
        struct upstream_conn *other = &upstream->conns[i];
        if (other != conn && other->fsm.state == CONN_READY && other->flights.count == 0 &&
            other->watch.heard_us < conn->watch.suspected_us)
            upstream_conn_probe(other);
    }
}

static void
suspect(struct upstream_conn *conn)
{
    conn->upstream->suspects++;
    stats_add(conn->worker->stats, STAT_UPSTREAM_SUSPECTED, 1);
    log_write(LOG_DEBUG, LOG_UPSTREAM_DOWN, "upstream %s: silent since %u ms, %u in flight",
              conn->upstream->config->name,
              (unsigned)((now_of(conn) - conn->watch.heard_us) / 1000), conn->flights.count);
    upstream_conn_probe(conn);
    if (conn->upstream->ready <= 1) /* the only one, and it may be lost */
        upstream_pool_open(conn->worker, conn->upstream);
}

void
upstream_calm(struct upstream_conn *conn)
{
    if (conn->watch.doubt != WATCH_CALM)
        conn->upstream->suspects--;
    watch_end(&conn->watch);
}

void
upstream_heard(struct upstream_conn *conn)
{
    upstream_calm(conn);
    watch_heard(&conn->watch, now_of(conn));
}

void
upstream_watch(struct upstream_conn *conn)
{
    enum watch_doubt from = conn->watch.doubt;
    struct watch_remedies now =
        watch_look(&conn->watch, &conn->flights, &conn->upstream->times, now_of(conn));
    if (now.probe && from == WATCH_CALM)
        suspect(conn);
    else if (now.probe)
        upstream_conn_probe(conn); /* there was no room for it */
    if (now.leave && from != WATCH_LEFT) {
        upstream_pool_open(conn->worker, conn->upstream);
        probe_others(conn);
    }
    if (now.leave)
        leave(conn);
    help_late(conn, FLIGHTS_HEDGE);
    help_late(conn, FLIGHTS_SLOW);
}

uint64_t
upstream_watch_next(const struct upstream_conn *conn)
{
    uint64_t now = now_of(conn);
    uint64_t next = watch_next_us(&conn->watch, &conn->flights, &conn->upstream->times, now);
    const uint64_t others[] = {upstream_end_at(conn), late_at(conn, FLIGHTS_HEDGE),
                               late_at(conn, FLIGHTS_SLOW)};
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++)
        if (others[i] < next)
            next = others[i] > now ? others[i] : now;
    return next;
}
