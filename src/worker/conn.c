/* conn.c - see conn.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/conn.h"

#include "ipc/ipc.h"

#include "os/sys.h"
#include <errno.h>
#include <string.h>

/* closed sooner than this without an answer: counts as a failed attempt */
#define USELESS_US 1000000U

/* a server that closes so soon after an answer, and two round trips, does not do so for idleness */
#define CLOSED_AT_ONCE_US 100000U

/* until the supervisor is asked again, after it refused a connection as one too many */
#define REFUSED_US 100000U

/* --- state and marks ------------------------------------------------------------------------- */

uint64_t
conn_now(const struct conn *conn)
{
    return conn->shared->loop->now_us;
}

bool
conn_is_up(const struct conn *conn)
{
    return conn->fsm.state == CONN_READY || conn->fsm.state == CONN_DRAINING;
}

/* What nobody waits for any more takes no place from others, up to half as many as there are. */
bool
conn_has_place(const struct conn *conn, uint32_t limit)
{
    const struct flights *flights = &conn->flights;
    uint32_t most = limit + conn->shared->config->upstream_in_flight / 2;
    if (most > FLIGHTS_MAX - CONN_PROBES_MAX)
        most = FLIGHTS_MAX - CONN_PROBES_MAX;
    return conn->fsm.state == CONN_READY && conn->write_error == 0 && flights->count < limit &&
           flights->count + flights->late < most;
}

bool
conn_is_worn(const struct conn *conn)
{
    return conn->flights.late > conn->shared->config->upstream_in_flight / 2;
}

void
conn_mark(struct conn *conn, enum conn_mark mark)
{
    struct list_table table = LIST_TABLE(conn->shared->conns, marks[mark]);
    if (!list_has(table, conn->number))
        list_push(&conn->shared->marked[mark], table, conn->number);
}

bool
conn_is_marked(const struct conn *conn, enum conn_mark mark)
{
    return conn->marks[mark].next != LIST_NONE;
}

struct conn *
conn_next_marked(struct conn_shared *shared, enum conn_mark mark)
{
    struct list_table table = LIST_TABLE(shared->conns, marks[mark]);
    uint32_t number = list_pop(&shared->marked[mark], table);
    return number != LIST_NONE ? &shared->conns[number] : NULL;
}

struct conn_news
conn_take_news(struct conn *conn)
{
    struct conn_news news = conn->news;
    conn->news = (struct conn_news){0};
    return news;
}

static void
socket_ready(struct ev_source *source, uint32_t events)
{
    struct conn *conn = source->owner;
    conn->events |= events;
    conn_mark(conn, CONN_TO_READ);
}

/* --- deadlines ------------------------------------------------------------------------------- */

void
conn_sooner(const struct conn *conn, uint64_t at_us)
{
    if (at_us < conn->shared->next_us)
        conn->shared->next_us = at_us;
}

/* How old is a query that is late in this sense? UINT64_MAX: none ever is. */
static uint64_t
late_age_us(const struct conn *conn, enum flights_walk walk)
{
    const struct conn_shared *shared = conn->shared;
    if ((conn->upstream->peers & ~(1U << conn->upstream->index)) == 0)
        return UINT64_MAX;
    if (walk == FLIGHTS_HEDGE)
        return shared->is_hedging ? choice_hedge_us(shared->strategy, shared->health,
                                                    conn->upstream->peers, conn->upstream->index)
                                  : UINT64_MAX;
    /* as late as it would be found if the connection were dead */
    return conn->upstream->times.suspect_us + conn->upstream->times.answer_us;
}

uint64_t
conn_late_us(const struct conn *conn, enum flights_walk walk)
{
    return flights_late_at(&conn->watch, &conn->flights, walk, late_age_us(conn, walk));
}

uint64_t
conn_silence_end_us(const struct conn *conn)
{
    const struct upstream *upstream = conn->upstream;
    return flights_end_at(&conn->watch, &conn->flights, &upstream->times, upstream->wants_place,
                          (uint64_t)upstream->query_ms * 1000);
}

/* A name that nobody answers has hardly an answer in what is left of its time; those that have one
 * got it within an ordinary round trip after the last query was written. */
uint64_t
conn_drain_end_us(const struct conn *conn)
{
    const struct upstream *upstream = conn->upstream;
    bool is_needed = conn->is_worn_out && upstream->wants_place;
    uint64_t began_us = conn->deadline_us - (uint64_t)upstream->query_ms * 1000;
    return is_needed ? began_us + upstream->times.answer_us : conn->deadline_us;
}

uint64_t
conn_due_us(const struct conn *conn)
{
    uint64_t now = conn_now(conn);
    uint64_t next = flights_next_us(&conn->watch, &conn->flights, &conn->upstream->times, now);
    const uint64_t others[] = {conn_silence_end_us(conn), conn_late_us(conn, FLIGHTS_HEDGE),
                               conn_late_us(conn, FLIGHTS_SLOW)};
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++)
        if (others[i] < next)
            next = others[i] > now ? others[i] : now;
    return next;
}

/* --- ends ------------------------------------------------------------------------------------ */

/* Servers close idle connections; next time we are first. Or they close after a number of queries:
 * then at once, or with queries unanswered. */
static void
note_close(const struct conn *conn)
{
    struct upstream *upstream = conn->upstream;
    uint64_t now = conn_now(conn), idle_us = now - conn->used_us;
    uint64_t at_once_us = CLOSED_AT_ONCE_US + 2 * (uint64_t)upstream->health->srtt_us;
    if (conn->flights.count > 0 || idle_us < at_once_us)
        health_quota_closed(&upstream->quota, (uint32_t)conn->answers, conn->since_us, now);
    if (conn->fsm.state == CONN_READY && conn->answers > 0 && conn->flights.count == 0)
        upstream->server_idle_us = health_idle_closed(upstream->server_idle_us, idle_us);
}

/* Success is the first answer: a server that closes on our queries before it answered any is
 * broken, however politely it does so. */
void
conn_closed(struct conn *conn)
{
    bool is_useless = conn->asked > 0 || conn_now(conn) - conn->since_us < USELESS_US;
    log_write(LOG_DEBUG, LOG_UPSTREAM_DOWN,
              "upstream %s: connection closed by the server, %u queries in flight",
              conn->upstream->config->name, conn->flights.count);
    note_close(conn);
    conn_step(conn, conn->answers == 0 && is_useless ? CONN_ON_BROKEN : CONN_ON_ENDED);
}

/* A reset after answers is how some servers close: one that was idle, one that had its number of
 * queries, one whose last octets they did not read. */
void
conn_lost(struct conn *conn, const char *why)
{
    log_write(LOG_INFO, LOG_UPSTREAM_DOWN, "upstream %s: connection lost, %u queries in flight: %s",
              conn->upstream->config->name, conn->flights.count, why);
    note_close(conn);
    conn_step(conn, conn->answers > 0 ? CONN_ON_ENDED : CONN_ON_BROKEN);
}

void
conn_calm(struct conn *conn)
{
    if (conn->watch.doubt != WATCH_CALM)
        conn->upstream->suspects--;
    flights_calm(&conn->watch);
}

bool
conn_pop_orphan(struct conn *conn, uint32_t *query, enum conn_loss *loss)
{
    struct flight flight;
    while (flights_pop(&conn->flights, &flight)) {
        if (flight.query >= FLIGHTS_PROBE)
            continue;
        *query = flight.query;
        bool is_heard = conn->watch.heard_us > flight.sent_us;
        *loss = !is_heard         ? CONN_LOSS_UNHEARD
                : conn->is_failed ? CONN_LOSS_BROKEN
                                  : CONN_LOSS_ENDED;
        return true;
    }
    return false;
}

/* --- TLS and the socket ---------------------------------------------------------------------- */

bool
conn_push(struct conn *conn)
{
    size_t due;
    const uint8_t *from = tls_session_due(conn->tls, &due);
    if (due > 0) {
        ssize_t sent = sys_send(conn->socket.fd, from, due, MSG_NOSIGNAL);
        /* under way: a first flight that went with the SYN, or was to */
        if (sent < 0 && errno != EAGAIN && errno != EINTR && errno != EINPROGRESS)
            return false;
        if (sent > 0)
            tls_session_sent(conn->tls, (size_t)sent);
        tls_session_due(conn->tls, &due);
    }
    evloop_want(conn->shared->loop, &conn->socket,
                (conn->watch.is_paused ? 0U : (uint32_t)EPOLLIN) |
                    (due > 0 ? (uint32_t)EPOLLOUT : 0U));
    return true;
}

void
conn_handshake(struct conn *conn)
{
    stats_set(conn->shared->stats, STAT_IN_HANDSHAKE, 1);
    enum tls_result result = tls_session_handshake(conn->tls);
    stats_set(conn->shared->stats, STAT_IN_HANDSHAKE, 0);
    /* the last flight, or the alert that says why not */
    bool is_sent = conn_push(conn);
    if (result == TLS_OK && is_sent) {
        conn_step(conn, CONN_ON_SECURED);
        return;
    }
    if ((result == TLS_AGAIN_READ || result == TLS_AGAIN_WRITE) && is_sent)
        return;
    struct upstream_refusal refusal = upstream_refused(conn->upstream, conn->tls, errno);
    conn->dear_us = refusal.dear_us; /* reported, so that no lane tries it again soon */
    if (conn->dear_us != 0 || conn->upstream->tells_key)
        conn_mark(conn, CONN_TO_TELL);
    conn_step(conn, refusal.event);
}

/* --- actions --------------------------------------------------------------------------------- */

static void
start(struct conn *conn)
{
    /* the first flight is made while the network does its part */
    if (tls_session_open(conn->tls, conn->upstream->tls, conn->tls_in, conn->tls_out,
                         conn_now(conn) / 1000) != STATUS_OK) {
        conn_step(conn, CONN_ON_BROKEN);
        return;
    }
    if (tls_session_handshake(conn->tls) != TLS_AGAIN_READ) {
        log_write(LOG_ERROR, LOG_INTERNAL, "upstream %s: %s", conn->upstream->config->name,
                  tls_session_error(conn->tls));
        conn_step(conn, CONN_ON_BROKEN);
    }
}

static void
secure(struct conn *conn)
{
    conn->connected_us = conn_now(conn);
    stats_latency(conn->shared->stats, STATS_STAGE_CONNECT, conn->connected_us - conn->since_us);
    conn_handshake(conn);
}

static void
serve(struct conn *conn)
{
    uint64_t now = conn_now(conn), took_us = now - conn->since_us;
    stats_latency(conn->shared->stats, STATS_STAGE_HANDSHAKE, now - conn->connected_us);
    conn->used_us = conn->watch.heard_us = conn->since_us = now;
    conn->upstream->ready++;
    conn->upstream->opening--;
    stats_add(conn->shared->stats, STAT_UPSTREAM_CONNECTIONS, 1);
    (void)stats_grow(&conn->upstream->shown->connections, 1);
    upstream_connected(conn->upstream, conn->tls, took_us, now);
    conn->news.is_opened = true;
}

static void
put_away(struct conn *conn, const struct conn_step *step)
{
    bool was_ready = step->from == CONN_READY;
    if (was_ready || step->from == CONN_DRAINING) {
        (void)stats_grow(&conn->upstream->shown->connections, UINT64_MAX);
        stats_add(conn->shared->stats, STAT_UPSTREAM_CONNECTIONS, (uint64_t)-1);
    }
    if (was_ready)
        conn->upstream->ready--;
    else if (step->from != CONN_DRAINING)
        conn->upstream->opening--;
    if (conn->trial == CONN_TRIED)
        health_quota_tried(&conn->upstream->quota, false);
    evloop_remove(conn->shared->loop, &conn->socket, true);
    tls_session_close(conn->tls);
    explicit_bzero(conn->queries, conn->queries_size);
    conn_calm(conn);
    conn->is_wanted = false;
    conn->is_failed = step->actions.failure;
    conn->news.is_closed = true;
    conn->news.has_failed |= step->actions.failure;
    conn->news.was_attempt |= step->actions.failure && !was_ready;
    if (conn->flights.count > 0)
        conn_mark(conn, CONN_ORPHANED);
}

static void
act(struct conn *conn, const struct conn_step *step)
{
    const struct conn_actions *actions = &step->actions;
    if (step->state != step->from)
        conn_sooner(conn, 0); /* its deadline is another one now */
    if (actions->dial) {
        conn->is_wanted = true;
        conn_mark(conn, CONN_TO_TELL);
    }
    if (actions->start)
        start(conn);
    if (actions->handshake)
        secure(conn);
    if (actions->serve)
        serve(conn);
    if (actions->drain) {
        conn->upstream->ready--;
        conn->deadline_us = conn_now(conn) + (uint64_t)conn->upstream->query_ms * 1000;
    }
    if (actions->goodbye) {
        tls_session_goodbye(conn->tls);
        (void)conn_push(conn); /* as far as it goes */
    }
    if (actions->close)
        put_away(conn, step);
    if (actions->serve || actions->close)
        conn_mark(conn, CONN_NEWS);
}

void
conn_step(struct conn *conn, enum conn_event event)
{
    struct conn_step step;
    conn_fsm_raise(&conn->fsm, event);
    while (conn_fsm_next(&conn->fsm, &step)) {
        act(conn, &step);
        conn_fsm_done(&conn->fsm);
    }
}

/* --- orders ---------------------------------------------------------------------------------- */

void
conn_open(struct conn *conn, uint32_t tag)
{
    uint64_t now = conn_now(conn);
    conn->tag = tag;
    conn->socket.fd = -1;
    conn->events = 0;
    conn->write_error = 0;
    conn->is_fed = conn->is_spent = conn->is_replaced = conn->is_failed = false;
    conn->is_worn_out = false;
    conn->trial = CONN_UNTRIED;
    conn->watch = (struct watch){0};
    flights_init(&conn->flights);
    conn->asked = conn->answers = 0;
    conn->frame_us = 0;
    conn->behind = 0;
    conn->queries_size = conn->responses_head = conn->responses_tail = 0;
    conn->since_us = now;
    conn->deadline_us = now + (uint64_t)conn->shared->config->connect_ms * 1000;
    conn->upstream->opening++;
    stats_add(conn->shared->stats, STAT_UPSTREAM_DIALS, 1);
    conn_step(conn, CONN_ON_WANT);
}

void
conn_refused(struct conn *conn)
{
    conn_step(conn, CONN_ON_REFUSED);
}

void
conn_socket(struct conn *conn, int fd, uint32_t error)
{
    if (fd >= 0 && evloop_add(conn->shared->loop, &conn->socket, fd, EPOLLOUT, socket_ready,
                              conn) == STATUS_OK) {
        conn_step(conn, CONN_ON_SOCKET);
        return;
    }
    if (fd >= 0)
        sys_close(fd);
    if (error == EDQUOT) { /* a limit of the supervisor, not the upstream's fault */
        conn->upstream->dial_us = conn_now(conn) + REFUSED_US;
        conn_step(conn, CONN_ON_RETIRE);
        return;
    }
    log_write(upstream_trouble(conn->upstream), LOG_UPSTREAM_DOWN,
              "upstream %s: cannot connect: %s", conn->upstream->config->name,
              error == IPC_ERROR_AVOIDED
                  ? "not tried for a while, because a handshake with it cost too much CPU time"
                  : strerror(error != 0 ? (int)error : EIO));
    conn_step(conn, CONN_ON_REFUSED);
}

void
conn_retire(struct conn *conn)
{
    conn_step(conn, CONN_ON_RETIRE);
    if (conn->fsm.state == CONN_DRAINING && conn->flights.count == 0 && !conn->is_spent)
        conn_step(conn, CONN_ON_DRAINED);
}

void
conn_wear_out(struct conn *conn)
{
    conn->is_worn_out = true;
    conn_retire(conn);
}

void
conn_keepalive(struct conn *conn, uint16_t keepalive_100ms)
{
    /* a time so short that connections would do nothing but come and go is not believed */
    uint64_t idle_us = (uint64_t)keepalive_100ms * 100000U;
    if (idle_us > 0)
        conn->upstream->server_idle_us =
            idle_us > UPSTREAM_IDLE_LEARN_US ? idle_us : UPSTREAM_IDLE_LEARN_US;
    else if (conn->fsm.state == CONN_READY)
        conn_retire(conn);
}

void
conn_abandon(struct conn *conn, uint16_t id)
{
    if (!flights_abandon(&conn->flights, id))
        return;
    /* perhaps it was the last query it was kept open for, or the one too many that makes it worn */
    bool is_last = conn->flights.count == 0 && conn->fsm.state == CONN_DRAINING;
    if (conn->watch.doubt == WATCH_LEFT || is_last || conn_is_worn(conn))
        conn_sooner(conn, conn_now(conn));
}

void
conn_end(struct conn *conn)
{
    if (!conn_is_up(conn))
        return;
    tls_session_goodbye(conn->tls);
    (void)conn_push(conn);
}
