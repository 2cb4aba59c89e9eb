/* upstream_life.c - what upstream/conn_fsm.h says is to be done, and when; see upstream_life.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/upstream_life.h"

#include "os/log.h"
#include "os/random.h"
#include "os/sys.h"
#include "upstream/upstream_idle.h"
#include "worker/control.h"
#include "worker/worker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* a replacement has an eighth of the idle time to become ready, within what we left of it */
#define REPLACE_PARTS 8U

/* until the supervisor is asked again, after it refused a connection as one too many */
#define REFUSED_US 100000U

static void
start(struct upstream_conn *conn)
{
    /* the first flight is made while the network does its part */
    if (tls_session_open(conn->tls, conn->upstream->tls, conn->tls_in, conn->tls_out,
                         now_of(conn) / 1000) != STATUS_OK) {
        upstream_step_conn(conn, CONN_ON_BROKEN);
        return;
    }
    if (tls_session_handshake(conn->tls) != TLS_AGAIN_READ) {
        log_write(LOG_ERROR, LOG_INTERNAL, "upstream %s: %s", conn->upstream->config->name,
                  tls_session_error(conn->tls));
        upstream_step_conn(conn, CONN_ON_BROKEN);
    }
}

static void
serve(struct upstream_conn *conn)
{
    const struct tls_facts *facts = tls_session_facts(conn->tls);
    struct upstream *upstream = conn->upstream;
    struct stats_page *stats = conn->worker->stats;
    conn->used_us = conn->watch.heard_us = now_of(conn);
    uint64_t took = now_of(conn) - conn->since_us;
    conn->since_us = now_of(conn);
    upstream_health_connected(upstream->health, took / 2 < UINT32_MAX ? (uint32_t)(took / 2) : 0);
    upstream->times = watch_times_of(upstream->health, conn->worker->config->query_ms);
    upstream->ready++;
    upstream->opening--;
    stats_add(stats, facts->resumed ? STAT_HANDSHAKES_RESUMED : STAT_HANDSHAKES_FULL, 1);
    add_to(facts->resumed ? &upstream->stats->handshakes_resumed
                          : &upstream->stats->handshakes_full,
           1);
    stats_add(stats, STAT_UPSTREAM_CONNECTIONS, 1);
    add_to(&upstream->stats->connections, 1);
    atomic_store_explicit(&upstream->stats->pin_seen, (uint64_t)(facts->pin_index + 1),
                          memory_order_relaxed);
    atomic_store_explicit(&upstream->stats->tls, (uint64_t)facts->version << 16 | facts->cipher,
                          memory_order_relaxed);
    char pin[48] = "CA and name checked";
    if (facts->pin_index >= 0)
        snprintf(pin, sizeof pin, "pin %d of %u matched%s", facts->pin_index + 1,
                 upstream->config->pins_count, facts->pin_depth > 0 ? " (issuer)" : "");
    log_write(LOG_INFO, LOG_UPSTREAM_UP, "upstream %s: connected, %s %s, %s, %s in %u ms",
              upstream->config->name, tls_version_text(facts->version),
              tls_cipher_text(facts->cipher), pin, facts->resumed ? "resumed" : "full handshake",
              (unsigned)(took / 1000));
    upstream_note_trust(conn);
    conn->worker->relay.has_more = true; /* whoever waits may be placed now */
    upstream_pool_opened(conn->worker, conn);
}

static void
fail(struct upstream_conn *conn)
{
    struct upstream *upstream = conn->upstream;
    add_to(&upstream->stats->failures, 1);
    bool is_short =
        upstream_pool_is_lone(conn->worker, upstream) && upstream_pool_is_busy(conn->worker);
    upstream_health_failed(upstream->health, now_of(conn), random_u32(), is_short);
    if (upstream_pool_is_down(conn->worker))
        relay_give_up(conn->worker);
}

static void
put_away(struct upstream_conn *conn, enum conn_state from, bool counts)
{
    if (from == CONN_READY || from == CONN_DRAINING) {
        add_to(&conn->upstream->stats->connections, (uint64_t)-1);
        stats_add(conn->worker->stats, STAT_UPSTREAM_CONNECTIONS, (uint64_t)-1);
    }
    if (from == CONN_READY)
        conn->upstream->ready--;
    else if (from != CONN_DRAINING)
        conn->upstream->opening--;
    if (conn->upstream->open == conn)
        conn->upstream->open = NULL;
    evloop_remove(&conn->worker->loop, &conn->socket, true);
    tls_session_close(conn->tls);
    explicit_bzero(conn->queries, conn->queries_size);
    upstream_calm(conn);
    upstream_orphan_all(conn, counts ? RELAY_LOST : RELAY_ENDED);
}

static void
act(struct upstream_conn *conn, const struct conn_step *step)
{
    const struct conn_actions *actions = &step->actions;
    if (step->state != step->from)
        conn->worker->pool.next_us = 0; /* its deadline is another one now */
    if (actions->dial && !control_want(conn->worker, conn->upstream->index, conn->tag))
        upstream_step_conn(conn, CONN_ON_REFUSED);
    if (actions->start)
        start(conn);
    if (actions->handshake)
        upstream_handshake(conn);
    if (actions->serve)
        serve(conn);
    if (actions->drain) {
        conn->upstream->ready--;
        conn->deadline_us = now_of(conn) + (uint64_t)conn->worker->config->query_ms * 1000;
    }
    if (actions->failure)
        fail(conn);
    if (actions->goodbye) {
        tls_session_goodbye(conn->tls);
        (void)upstream_push(conn); /* as far as it goes */
    }
    if (actions->close)
        put_away(conn, step->from, actions->failure);
}

void
upstream_step_conn(struct upstream_conn *conn, enum conn_event event)
{
    struct conn_step step;
    conn_fsm_raise(&conn->fsm, event);
    while (conn_fsm_next(&conn->fsm, &step)) {
        act(conn, &step);
        conn_fsm_done(&conn->fsm);
    }
}

void
upstream_conn_open(struct upstream_conn *conn)
{
    uint64_t now = now_of(conn);
    conn->socket.fd = -1;
    conn->tag = upstream_pool_next_tag(conn->worker, conn->tag);
    conn->is_spent = conn->is_replaced = false;
    conn->watch = (struct watch){0};
    flights_init(&conn->flights);
    conn->asked = conn->answers = 0;
    conn->frame_us = 0;
    conn->behind = 0;
    conn->queries_size = conn->answers_head = conn->answers_tail = 0;
    conn->since_us = now;
    conn->deadline_us = now + (uint64_t)conn->worker->config->connect_ms * 1000;
    conn->upstream->opening++;
    stats_add(conn->worker->stats, STAT_UPSTREAM_DIALS, 1);
    upstream_step_conn(conn, CONN_ON_WANT);
}

void
upstream_conn_socket(struct upstream_conn *conn, int fd, uint32_t error)
{
    if (fd >= 0 && evloop_add(&conn->worker->loop, &conn->socket, fd, EPOLLOUT,
                              upstream_socket_ready, conn) == STATUS_OK) {
        upstream_step_conn(conn, CONN_ON_SOCKET);
        return;
    }
    if (fd >= 0)
        sys_close(fd);
    if (error == EDQUOT) { /* the supervisor's word: no fault of the upstream */
        conn->upstream->dial_us = now_of(conn) + REFUSED_US;
        upstream_step_conn(conn, CONN_ON_RETIRE);
        return;
    }
    log_write(upstream_trouble(conn), LOG_UPSTREAM_DOWN, "upstream %s: cannot connect: %s",
              conn->upstream->config->name,
              error == IPC_ERROR_AVOIDED ? "left alone, because a handshake with it cost too much"
                                         : strerror(error != 0 ? (int)error : EIO));
    upstream_step_conn(conn, CONN_ON_REFUSED);
}

void
upstream_conn_retire(struct upstream_conn *conn)
{
    upstream_step_conn(conn, CONN_ON_RETIRE);
    if (conn->fsm.state == CONN_DRAINING && conn->flights.count == 0 && !conn->is_spent)
        upstream_step_conn(conn, CONN_ON_DRAINED);
}

/* --- time ----------------------------------------------------------------------------------- */

/* Nothing is in flight: close before the server does. One that is needed is replaced first. */
static uint64_t
tick_idle(struct upstream_conn *conn, uint64_t now)
{
    struct upstream *upstream = conn->upstream;
    uint64_t configured_us = (uint64_t)conn->worker->config->upstream_idle_ms * 1000;
    uint64_t limit_us = upstream_idle_us(upstream->server_idle_us, configured_us);
    uint64_t end = conn->used_us + limit_us;
    if (now < end)
        return end;
    bool is_needed = upstream->ready == 1 && upstream_pool_is_busy(conn->worker);
    if (is_needed && now < end + limit_us / REPLACE_PARTS &&
        upstream_pool_open(conn->worker, upstream)) {
        conn->is_replaced = true;
        return end + limit_us / REPLACE_PARTS;
    }
    if (!conn->is_replaced)
        upstream->server_idle_us = upstream_idle_outlived(upstream->server_idle_us, configured_us);
    upstream_conn_retire(conn);
    return now;
}

uint64_t
upstream_end_at(const struct upstream_conn *conn)
{
    return watch_end_at(&conn->watch, &conn->flights, &conn->upstream->times,
                        conn->upstream->wants_place,
                        (uint64_t)conn->worker->config->query_ms * 1000);
}

/* It counts against the upstream only where nothing at all was heard of it since the probe. */
static void
give_up(struct upstream_conn *conn, uint64_t now)
{
    struct upstream *upstream = conn->upstream;
    bool is_silent = upstream->spoke_us <= conn->watch.suspected_us;
    upstream->wants_place = false;
    stats_add(conn->worker->stats, STAT_UPSTREAM_OVERDUE, 1);
    log_write(is_silent ? upstream_trouble(conn) : LOG_INFO, LOG_UPSTREAM_DOWN,
              "upstream %s: connection silent for %u ms and a probe not answered: given up",
              upstream->config->name, (unsigned)((now - conn->watch.unheard_us) / 1000));
    upstream_step_conn(conn, is_silent ? CONN_ON_OVERDUE : CONN_ON_ENDED);
}

/* One that had its number of queries stays a moment: does the server close it, as it did before? */
static uint64_t
tick_drained(struct upstream_conn *conn, uint64_t now)
{
    uint64_t until = conn->used_us + conn->upstream->times.answer_us;
    bool is_needed = conn->upstream->wants_place;
    if (conn->is_spent && now < until && !is_needed)
        return until;
    if (conn->is_spent && now >= until)
        upstream_quota_outlived(&conn->upstream->quota);
    upstream_step_conn(conn, CONN_ON_DRAINED);
    return now;
}

static uint64_t
tick_ready(struct upstream_conn *conn, uint64_t now)
{
    const struct config *config = conn->worker->config;
    upstream_watch(conn);
    if (conn->fsm.state == CONN_CLOSED)
        return now;
    if (now >= upstream_end_at(conn)) {
        give_up(conn, now);
        return now;
    }
    uint64_t next = upstream_watch_next(conn);
    if (conn->fsm.state == CONN_DRAINING) {
        if (conn->flights.count == 0)
            return tick_drained(conn, now);
        if (now >= conn->deadline_us)
            upstream_step_conn(conn, CONN_ON_DEADLINE);
        return next < conn->deadline_us ? next : conn->deadline_us;
    }
    if (conn->flights.late > config->upstream_in_flight / 2 && conn->watch.doubt == WATCH_CALM) {
        upstream_conn_retire(conn); /* worn */
        return now;
    }
    uint64_t idle = conn->flights.count > 0 ? UINT64_MAX : tick_idle(conn, now);
    return next < idle ? next : idle;
}

uint64_t
upstream_conn_tick(struct upstream_conn *conn)
{
    uint64_t now = now_of(conn);
    switch (conn->fsm.state) {
    case CONN_WANTED:
    case CONN_CONNECTING:
    case CONN_HANDSHAKE:
        if (now < conn->deadline_us)
            return conn->deadline_us;
        log_write(upstream_trouble(conn), LOG_UPSTREAM_DOWN,
                  "upstream %s: not connected within %u ms (%s)", conn->upstream->config->name,
                  (unsigned)conn->worker->config->connect_ms, conn_fsm_text(conn->fsm.state));
        if (conn->fsm.state == CONN_HANDSHAKE)
            stats_add(conn->worker->stats, STAT_HANDSHAKES_FAILED, 1);
        upstream_step_conn(conn, CONN_ON_DEADLINE);
        return now;
    case CONN_READY:
    case CONN_DRAINING:
        return tick_ready(conn, now);
    case CONN_CLOSED:
        upstream_step_conn(conn, CONN_ON_CLEARED);
        return UINT64_MAX;
    case CONN_IDLE:
    case CONN_STATES:
        break;
    }
    return UINT64_MAX;
}

void
upstream_conn_end(struct upstream_conn *conn)
{
    if (conn->fsm.state != CONN_READY && conn->fsm.state != CONN_DRAINING)
        return;
    tls_session_goodbye(conn->tls);
    (void)upstream_push(conn);
}
