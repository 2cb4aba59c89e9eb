/* upstream_watch.c - is a connection silent for too long, is a query on it late?
 *
 * Both are answered by asking at a second place, and never by taking anything back: the first
 * answer counts. Silence is about the connection (core/upstream_doubt.h), lateness about one query.
 */
#include "worker/upstream_life.h"

#include "core/upstream_choice.h"

/* with so many in flight at least one is a name that the server knows */
#define BUSY 8U

#define AGAIN_US 20000U /* until what could not be done now is tried again */

static uint64_t
silence_from(const struct upstream_conn *conn, uint64_t limit_us)
{
    if (conn->unheard_us == 0 || conn->is_held)
        return UINT64_MAX;
    return conn->unheard_us + limit_us;
}

static uint64_t
suspect_at(const struct upstream_conn *conn)
{
    return silence_from(
        conn, upstream_suspect_us(conn->upstream->health, conn->worker->config->query_ms));
}

static uint64_t
leave_at(const struct upstream_conn *conn)
{
    return silence_from(conn,
                        upstream_leave_us(conn->upstream->health, conn->worker->config->query_ms));
}

static uint64_t
hedge_us(const struct upstream_conn *conn)
{
    const struct upstream_pool *pool = &conn->worker->pool;
    return upstream_hedge_us(pool->policy.strategy, pool->health, pool->count,
                             conn->upstream->index);
}

/* When the oldest that was not looked at is late; UINT64_MAX: it never is. */
static uint64_t
late_at(const struct upstream_conn *conn)
{
    bool is_off = conn->worker->pool.policy.hedge_percent == 0;
    if (is_off || conn->is_held || conn->doubt == UPSTREAM_LEFT || conn->unlooked == IDS_MAX)
        return UINT64_MAX;
    return conn->flights[conn->unlooked].sent_us + hedge_us(conn);
}

/* Ask everything in flight elsewhere too, as far as there is room. */
static void
leave(struct upstream_conn *conn)
{
    for (; conn->unlooked != IDS_MAX; conn->unlooked = conn->flights[conn->unlooked].newer) {
        uint32_t question = conn->flights[conn->unlooked].question;
        if (question < UPSTREAM_PROBE &&
            !relay_ask_second(conn->worker, question, conn, RELAY_FAILOVER))
            return;
    }
}

static void
hedge(struct upstream_conn *conn)
{
    uint64_t late_us = hedge_us(conn);
    while (conn->unlooked != IDS_MAX) {
        const struct upstream_flight *flight = &conn->flights[conn->unlooked];
        if (flight->sent_us + late_us > now_of(conn))
            return;
        if (flight->question < UPSTREAM_PROBE)
            (void)relay_ask_second(conn->worker, flight->question, conn, RELAY_HEDGE);
        conn->unlooked = flight->newer;
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
        stats_add(conn->worker->stats, STAT_UPSTREAM_SUSPECTED, 1);
        log_write(LOG_DEBUG, LOG_UPSTREAM_DOWN, "upstream %s: silent for %u ms, %u in flight",
                  conn->upstream->config->name,
                  (unsigned)((now_of(conn) - conn->unheard_us) / 1000), conn->in_flight);
        upstream_conn_probe(conn);
        upstream_pool_open(conn->worker, conn->upstream);
    }
    if ((next.remedies & UPSTREAM_DO_LEAVE) != 0) {
        if (from != UPSTREAM_LEFT)
            conn->unlooked = conn->oldest; /* whom the hedges' budget left out, too */
        leave(conn);
    }
}

void
upstream_calm(struct upstream_conn *conn)
{
    if (conn->doubt != UPSTREAM_CALM)
        see(conn, UPSTREAM_SEEN_BYTES);
}

/* Few in flight may all be for one slow name: then suspicion is worth no more than a hedge. */
static bool
is_worth_it(struct upstream_conn *conn)
{
    return conn->in_flight >= BUSY ||
           tokens_take(&conn->worker->relay.hedges, 1, now_of(conn) / 1000);
}

void
upstream_watch(struct upstream_conn *conn)
{
    uint64_t now = now_of(conn);
    if (conn->doubt == UPSTREAM_CALM && now >= suspect_at(conn) && is_worth_it(conn))
        see(conn, UPSTREAM_SEEN_QUIET);
    if (conn->doubt != UPSTREAM_CALM && now >= leave_at(conn) &&
        upstream_pool_elsewhere(conn->worker, conn) != NULL)
        see(conn, UPSTREAM_SEEN_STILL);
    if (now >= late_at(conn))
        hedge(conn);
}

/* Could something have been done already, if there had been room, a budget or more in flight? */
static bool
is_pending(const struct upstream_conn *conn)
{
    uint64_t now = now_of(conn);
    switch (conn->doubt) {
    case UPSTREAM_CALM:
        return now >= suspect_at(conn);
    case UPSTREAM_SUSPECT:
        return now >= leave_at(conn);
    case UPSTREAM_LEFT:
        return conn->unlooked != IDS_MAX;
    case UPSTREAM_DOUBTS_COUNT:
        break;
    }
    return false;
}

uint64_t
upstream_watch_next(const struct upstream_conn *conn)
{
    uint64_t now = now_of(conn), next = upstream_silence_end(conn);
    const uint64_t others[] = {suspect_at(conn), leave_at(conn), late_at(conn),
                               is_pending(conn) ? now + AGAIN_US : UINT64_MAX};
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++)
        if (others[i] > now && others[i] < next)
            next = others[i];
    return next;
}
