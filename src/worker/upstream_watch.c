/* upstream_watch.c - is a connection silent for too long, is a query on it late?
 * SPDX-License-Identifier: ISC
 *
 * Both are answered by asking at a second place, and never by taking anything back: the first
 * answer counts. Silence is about the connection (upstream/upstream_doubt.h), lateness about one query:
 * its server may live and never answer this one.
 */
#include "worker/upstream_life.h"

#include "upstream/upstream_choice.h"

#define AGAIN_US 20000U /* until what could not be done now is tried again */

static uint64_t
suspect_us(const struct upstream_conn *conn)
{
    return upstream_suspect_us(conn->upstream->health, conn->worker->config->query_ms);
}

static uint64_t
answer_us(const struct upstream_conn *conn)
{
    return upstream_answer_us(conn->upstream->health, conn->worker->config->query_ms);
}

/* When silence means something more than it does now. What was silent while it was held were we. */
static uint64_t
silence_at(const struct upstream_conn *conn)
{
    if (conn->is_held)
        return UINT64_MAX;
    const struct upstream_quiet quiet = {
        .heard_us = conn->heard_us,
        .unheard_us = conn->unheard_us,
        .oldest_us = conn->oldest != IDS_MAX ? conn->flights[conn->oldest].sent_us : 0,
        .probe_us = upstream_probe_us(conn),
        .suspected_us = conn->suspected_us};
    return upstream_doubt_at(conn->doubt, &quiet, suspect_us(conn), answer_us(conn));
}

/* How old is a query that is late in this sense? UINT64_MAX: none ever is. */
static uint64_t
late_us(const struct upstream_conn *conn, enum upstream_look look)
{
    const struct upstream_pool *pool = &conn->worker->pool;
    switch (look) {
    case UPSTREAM_LOOK_HEDGE:
        if (pool->policy.hedge_percent == 0 || pool->count == 1)
            return UINT64_MAX;
        return upstream_hedge_us(pool->policy.strategy, pool->health, pool->count,
                                 conn->upstream->index);
    case UPSTREAM_LOOK_SLOW:
        /* as late as it would be found if the connection were dead */
        return pool->count > 1 ? suspect_us(conn) + answer_us(conn) : UINT64_MAX;
    case UPSTREAM_LOOKS_COUNT:
        break;
    }
    return UINT64_MAX;
}

/* When the oldest that was not looked at in this way is late. */
static uint64_t
late_at(const struct upstream_conn *conn, enum upstream_look look)
{
    uint64_t age_us = late_us(conn, look);
    if (age_us == UINT64_MAX || conn->is_held || conn->doubt == UPSTREAM_LEFT ||
        conn->unlooked[look] == IDS_MAX)
        return UINT64_MAX;
    return conn->flights[conn->unlooked[look]].sent_us + age_us;
}

static void
help_late(struct upstream_conn *conn, enum upstream_look look)
{
    enum relay_second why = look == UPSTREAM_LOOK_HEDGE ? RELAY_HEDGE : RELAY_SLOW;
    while (now_of(conn) >= late_at(conn, look)) {
        const struct upstream_flight *flight = &conn->flights[conn->unlooked[look]];
        if (flight->question < UPSTREAM_PROBE)
            (void)relay_ask_second(conn->worker, flight->question, conn, why);
        conn->unlooked[look] = flight->newer;
    }
}

/* Ask everything in flight elsewhere too, as far as there is room. */
static void
leave(struct upstream_conn *conn)
{
    uint16_t stuck = upstream_stuck_slot(conn);
    conn->is_left_over = false;
    for (uint16_t at = conn->oldest; at != IDS_MAX; at = conn->flights[at].newer) {
        uint32_t question = conn->flights[at].question;
        enum relay_second why = stuck == IDS_MAX || stuck == at ? RELAY_FAILOVER : RELAY_STUCK;
        if (question < UPSTREAM_PROBE && !relay_ask_second(conn->worker, question, conn, why))
            conn->is_left_over = true;
    }
}

/* One connection of an upstream is silent: what about those that nobody asked since? */
static void
probe_others(struct upstream_conn *conn)
{
    struct upstream *upstream = conn->upstream;
    for (uint32_t i = 0; i < conn->worker->pool.conns_count; i++) {
        struct upstream_conn *other = &upstream->conns[i];
        if (other != conn && other->state == UPSTREAM_READY && other->in_flight == 0 &&
            other->heard_us < conn->suspected_us)
            upstream_conn_probe(other);
    }
}

static void
see(struct upstream_conn *conn, enum upstream_sign sign)
{
    enum upstream_doubt from = conn->doubt;
    struct upstream_doubt_step next = upstream_doubt_step(from, sign);
    conn->doubt = next.doubt;
    if (from == UPSTREAM_CALM && conn->doubt != UPSTREAM_CALM)
        conn->upstream->suspects++;
    if (from != UPSTREAM_CALM && conn->doubt == UPSTREAM_CALM)
        conn->upstream->suspects--;
    if ((next.remedies & UPSTREAM_DO_PROBE) != 0) {
        conn->suspected_us = now_of(conn);
        stats_add(conn->worker->stats, STAT_UPSTREAM_SUSPECTED, 1);
        log_write(LOG_DEBUG, LOG_UPSTREAM_DOWN, "upstream %s: silent since %u ms, %u in flight",
                  conn->upstream->config->name, (unsigned)((now_of(conn) - conn->heard_us) / 1000),
                  conn->in_flight);
        upstream_conn_probe(conn);
        if (conn->upstream->ready <= 1) /* the only one, and it may be lost */
            upstream_pool_open(conn->worker, conn->upstream);
    }
    if ((next.remedies & UPSTREAM_DO_LEAVE) != 0) {
        upstream_pool_open(conn->worker, conn->upstream);
        probe_others(conn);
        leave(conn);
    }
}

void
upstream_calm(struct upstream_conn *conn)
{
    if (conn->doubt != UPSTREAM_CALM)
        see(conn, UPSTREAM_SEEN_BYTES);
}

void
upstream_watch(struct upstream_conn *conn)
{
    uint64_t now = now_of(conn);
    if (conn->doubt == UPSTREAM_CALM && now >= silence_at(conn))
        see(conn, UPSTREAM_SEEN_QUIET);
    else if (conn->doubt == UPSTREAM_SUSPECT && silence_at(conn) == 0)
        upstream_conn_probe(conn); /* there was no room for it */
    else if (conn->doubt == UPSTREAM_SUSPECT && now >= silence_at(conn))
        see(conn, UPSTREAM_SEEN_STILL);
    else if (conn->doubt == UPSTREAM_LEFT)
        leave(conn);
    for (unsigned look = 0; look < UPSTREAM_LOOKS_COUNT; look++)
        help_late(conn, look);
}

/* What could have been done already, if there had been room. */
static bool
is_pending(const struct upstream_conn *conn)
{
    return (conn->doubt == UPSTREAM_SUSPECT && silence_at(conn) == 0) ||
           (conn->doubt == UPSTREAM_LEFT && conn->is_left_over);
}

uint64_t
upstream_watch_next(const struct upstream_conn *conn)
{
    uint64_t now = now_of(conn), next = is_pending(conn) ? now + AGAIN_US : UINT64_MAX;
    const uint64_t others[] = {silence_at(conn), upstream_end_at(conn),
                               late_at(conn, UPSTREAM_LOOK_HEDGE),
                               late_at(conn, UPSTREAM_LOOK_SLOW)};
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++)
        if (others[i] > 0 && others[i] < next)
            next = others[i] > now ? others[i] : now;
    return next;
}
