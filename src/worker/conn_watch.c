/* conn_watch.c - see conn_watch.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/conn_watch.h"

#include "worker/conn_io.h"

/* --- silence --------------------------------------------------------------------------------- */

static void
suspect(struct conn *conn)
{
    conn->upstream->suspects++;
    conn->news.is_silent = true;
    conn_mark(conn, CONN_NEWS);
    stats_add(conn->shared->stats, STAT_UPSTREAM_SUSPECTED, 1);
    log_write(LOG_DEBUG, LOG_UPSTREAM_DOWN,
              "upstream %s: connection silent for %u ms, %u queries in flight; probed",
              conn->upstream->config->name,
              (unsigned)((conn_now(conn) - conn->watch.heard_us) / 1000), conn->flights.count);
}

static void
look(struct conn *conn)
{
    enum watch_doubt from = conn->watch.doubt;
    uint64_t now = conn_now(conn);
    struct watch_remedies remedies =
        flights_look(&conn->watch, &conn->flights, &conn->upstream->times, now);
    if (remedies.probe && from == WATCH_CALM)
        suspect(conn);
    if (remedies.probe)
        conn_io_probe(conn);
    if (remedies.leave && from != WATCH_LEFT) {
        conn->news.is_left = true;
        conn_mark(conn, CONN_NEWS);
    }
    if (remedies.leave) { /* from the oldest, every time */
        conn->watch.is_left_over = false;
        flights_walk_anew(&conn->flights, FLIGHTS_ELSEWHERE);
    }
    if (remedies.leave || now >= conn_late_us(conn, FLIGHTS_HEDGE) ||
        now >= conn_late_us(conn, FLIGHTS_SLOW))
        conn_mark(conn, CONN_LATE);
}

/* --- what is late ---------------------------------------------------------------------------- */

static bool
next_left(struct conn *conn, uint32_t *query, enum conn_late *why)
{
    uint16_t stuck;
    if (conn->watch.doubt != WATCH_LEFT || flights_walk_us(&conn->flights, FLIGHTS_ELSEWHERE) == 0)
        return false;
    bool is_stuck = conn_io_is_stuck(conn, &stuck);
    bool is_cause = is_stuck && flights_walk_is_at(&conn->flights, FLIGHTS_ELSEWHERE, stuck);
    *query = flights_walk_on(&conn->flights, FLIGHTS_ELSEWHERE);
    *why = !is_stuck || is_cause ? CONN_LATE_FAILOVER : CONN_LATE_STUCK;
    return true;
}

static bool
next_old(struct conn *conn, enum flights_walk walk, uint32_t *query, enum conn_late *why)
{
    if (conn_now(conn) < conn_late_us(conn, walk))
        return false;
    *query = flights_walk_on(&conn->flights, walk);
    *why = walk == FLIGHTS_HEDGE ? CONN_LATE_HEDGE : CONN_LATE_SLOW;
    return true;
}

bool
conn_watch_next_late(struct conn *conn, uint32_t *query, enum conn_late *why)
{
    while (conn_is_up(conn)) {
        if (!next_left(conn, query, why) && !next_old(conn, FLIGHTS_HEDGE, query, why) &&
            !next_old(conn, FLIGHTS_SLOW, query, why)) {
            conn_sooner(conn, conn_due_us(conn));
            return false;
        }
        if (*query < FLIGHTS_PROBE)
            return true;
    }
    return false;
}

void
conn_watch_leave_over(struct conn *conn, enum conn_late why)
{
    conn->watch.is_left_over |= why == CONN_LATE_FAILOVER || why == CONN_LATE_STUCK;
}

/* --- deadlines ------------------------------------------------------------------------------- */

/* It counts against the upstream only where nothing at all was heard of it since the probe. */
static void
give_up(struct conn *conn)
{
    struct upstream *upstream = conn->upstream;
    bool is_silent = upstream->spoke_us <= conn->watch.suspected_us;
    upstream->wants_place = false;
    stats_add(conn->shared->stats, STAT_UPSTREAM_OVERDUE, 1);
    log_write(is_silent ? upstream_trouble(upstream) : LOG_INFO, LOG_UPSTREAM_DOWN,
              "upstream %s: connection given up: silent for %u ms, and a probe was not answered",
              upstream->config->name, (unsigned)((conn_now(conn) - conn->watch.unheard_us) / 1000));
    conn_step(conn, is_silent ? CONN_ON_OVERDUE : CONN_ON_ENDED);
}

/* Ask one more on a connection that had its number. @return false: not on this one */
static bool
try_beyond(struct conn *conn)
{
    struct upstream *upstream = conn->upstream;
    if (conn->trial != CONN_UNTRIED || conn->is_worn_out)
        return false;
    conn->trial = CONN_PASSED_OVER;
    if (!health_quota_is_tried(&upstream->quota))
        return false;
    conn_io_probe(conn);
    if (conn->flights.count > 0) {
        conn->trial = CONN_TRIED;
        conn->deadline_us = conn_now(conn) + upstream->times.answer_us;
        conn_sooner(conn, conn->deadline_us);
    }
    return conn->trial == CONN_TRIED;
}

/* One that had its number of queries stays a moment: does the server close it, as it did before, and
 * does it answer one more? */
static void
tick_drained(struct conn *conn)
{
    struct upstream *upstream = conn->upstream;
    uint64_t now = conn_now(conn), until = conn->used_us + upstream->times.answer_us;
    if (conn->trial == CONN_TRIED) {
        conn->trial = CONN_UNTRIED;
        health_quota_tried(&upstream->quota, true);
    } else if (conn->is_spent && try_beyond(conn)) {
        return;
    } else if (conn->is_spent && now >= until) {
        health_quota_outlived(&upstream->quota);
    } else if (conn->is_spent && !upstream->wants_place) {
        conn_sooner(conn, until);
        return;
    }
    conn_step(conn, CONN_ON_DRAINED);
}

static void
tick_up(struct conn *conn)
{
    uint64_t now = conn_now(conn);
    look(conn);
    if (conn_is_up(conn) && now >= conn_silence_end_us(conn)) {
        give_up(conn);
        return;
    }
    if (conn->fsm.state == CONN_DRAINING && conn->flights.count == 0) {
        tick_drained(conn);
        return;
    }
    if (conn->fsm.state == CONN_DRAINING && now >= conn_drain_end_us(conn)) {
        conn->upstream->wants_place = false;
        conn_step(conn, CONN_ON_DEADLINE);
        return;
    }
    if (conn->fsm.state == CONN_DRAINING)
        conn_sooner(conn, conn_drain_end_us(conn));
    /* what is late is taken first: conn_watch_next_late() */
    if (conn_is_up(conn) && !conn_is_marked(conn, CONN_LATE))
        conn_sooner(conn, conn_due_us(conn));
}

void
conn_watch_tick(struct conn *conn)
{
    switch (conn->fsm.state) {
    case CONN_WANTED:
    case CONN_CONNECTING:
    case CONN_HANDSHAKE:
        if (conn_now(conn) < conn->deadline_us) {
            conn_sooner(conn, conn->deadline_us);
            return;
        }
        log_write(upstream_trouble(conn->upstream), LOG_UPSTREAM_DOWN,
                  "upstream %s: not connected within %u ms (%s)", conn->upstream->config->name,
                  (unsigned)conn->shared->config->connect_ms, conn_fsm_text(conn->fsm.state));
        if (conn->fsm.state == CONN_HANDSHAKE)
            stats_add(conn->shared->stats, STAT_HANDSHAKES_FAILED, 1);
        conn_step(conn, CONN_ON_DEADLINE);
        return;
    case CONN_READY:
    case CONN_DRAINING:
        tick_up(conn);
        return;
    case CONN_CLOSED:
        if (conn->flights.count == 0)
            conn_step(conn, CONN_ON_CLEARED);
        return;
    case CONN_IDLE:
    case CONN_STATES:
        return;
    }
}
