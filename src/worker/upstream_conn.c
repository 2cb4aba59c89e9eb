/* upstream_conn.c - see upstream_conn.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/upstream_conn.h"

#include "dns/dns_answer.h"
#include "dns/dns_frame.h"
#include "os/log.h"
#include "os/random.h"
#include "os/sys.h"
#include "worker/upstream_life.h"
#include "worker/worker.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* closed sooner than this, without an answer: the same as not connected at all */
#define USELESS_US 1000000U

/* a message may take so long from its first octet to its last; the largest has 64 KiB */
#define FRAME_US 1000000U

/* a server that closes so soon after an answer, and two round trips, does not do so for idleness */
#define CLOSED_AT_ONCE_US 100000U

/* --- bytes to and from the socket ----------------------------------------------------------- */

/* Send what is due. @return false: the socket is broken, errno tells. */
bool
upstream_push(struct upstream_conn *conn)
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
    evloop_want(&conn->worker->loop, &conn->socket,
                (conn->watch.is_paused ? 0U : (uint32_t)EPOLLIN) |
                    (due > 0 ? (uint32_t)EPOLLOUT : 0U));
    return true;
}

/* How an end that the peer made is to be taken. Success is the first answer: a server that closes
 * on our queries before it answered any is broken, however politely it does so. */
static enum conn_event
ended(const struct upstream_conn *conn)
{
    bool is_useless = conn->asked > 0 || now_of(conn) - conn->since_us < USELESS_US;
    return conn->answers == 0 && is_useless ? CONN_ON_BROKEN : CONN_ON_ENDED;
}

/* Servers close idle connections; next time we are first. Or they close after a number of queries:
 * then at once, or with queries unanswered. */
static void
note_close(const struct upstream_conn *conn)
{
    uint64_t idle_us = now_of(conn) - conn->used_us, at_once_us = CLOSED_AT_ONCE_US;
    at_once_us += 2 * (uint64_t)conn->upstream->health->srtt_us;
    if (conn->flights.count > 0 || idle_us < at_once_us)
        upstream_quota_closed(&conn->upstream->quota, (uint32_t)conn->answers, conn->since_us,
                              now_of(conn));
    if (conn->fsm.state == CONN_READY && conn->answers > 0 && conn->flights.count == 0)
        upstream_pool_closed_idle(conn->upstream, now_of(conn) - conn->used_us);
}

/* The same trouble again and again is told less and less often. */
enum log_level
upstream_trouble(const struct upstream_conn *conn)
{
    uint32_t before = conn->upstream->health->failures;
    return (before & (before - 1)) == 0 ? LOG_WARNING : LOG_INFO;
}

/* A reset after answers is how some servers close: one that was idle, one that had its number of
 * queries, one whose last octets they did not read. */
void
upstream_lost(struct upstream_conn *conn, const char *why)
{
    log_write(LOG_INFO, LOG_UPSTREAM_DOWN, "upstream %s: connection lost (%s), %u in flight",
              conn->upstream->config->name, why, conn->flights.count);
    note_close(conn);
    upstream_step_conn(conn, conn->answers > 0 ? CONN_ON_ENDED : CONN_ON_BROKEN);
}

/* --- reading -------------------------------------------------------------------------------- */

static void
count_answer(struct upstream_conn *conn, uint32_t rtt_us, bool is_sound)
{
    struct upstream *upstream = conn->upstream;
    conn->answers++;
    upstream_quota_answered(&upstream->quota, (uint32_t)conn->answers, conn->since_us);
    conn->used_us = upstream->heard_us = now_of(conn);
    upstream_health_answered(upstream->health, rtt_us, is_sound);
    upstream->times = watch_times_of(upstream->health, conn->worker->config->query_ms);
    add_to(&upstream->stats->answers, 1);
    atomic_store_explicit(&upstream->stats->rtt_us, upstream->health->srtt_us,
                          memory_order_relaxed);
    stats_add(conn->worker->stats, STAT_UPSTREAM_ANSWERS, 1);
}

/* One question drew an answer to another one, so the connection is not to be trusted. Its
 * neighbours have done nothing, and the upstream did answer: it ends as if the server had closed
 * it. */
static bool
end_false(struct upstream_conn *conn, uint16_t id)
{
    uint32_t guilty = flights_find(&conn->flights, id)->query;
    flights_end(&conn->flights, id);
    if (guilty != FLIGHTS_PROBE)
        relay_orphan(conn->worker, guilty, conn, RELAY_SPOILT);
    stats_add(conn->worker->stats, STAT_UPSTREAM_BAD, 1);
    log_write(LOG_WARNING, LOG_UPSTREAM_ANSWER,
              "upstream %s: an answer to another question than the one asked; connection closed",
              conn->upstream->config->name);
    upstream_step_conn(conn, CONN_ON_ENDED);
    return false;
}

/* It concerns nobody: a duplicate, or a server that confuses its clients. */
static bool
pass_stray(struct upstream_conn *conn, size_t size)
{
    stats_add(conn->worker->stats, STAT_UPSTREAM_STRAY, 1);
    log_write(LOG_INFO, LOG_UPSTREAM_ANSWER,
              "upstream %s: an answer of %zu octets that nobody waits for: passed over",
              conn->upstream->config->name, size);
    return true;
}

static enum relay_verdict
judge(struct upstream_conn *conn, uint32_t question, const uint8_t *message, size_t size,
      uint32_t rtt_us)
{
    if (question == FLIGHTS_NOBODY)
        return RELAY_TAKEN;
    if (question == FLIGHTS_PROBE)
        return upstream_judge_probe(message, size);
    return relay_answer(conn->worker, conn, question, message, size, rtt_us);
}

/* @return false: the connection is closed or held; look no further */
static bool
take_message(struct upstream_conn *conn, const uint8_t *message, size_t size)
{
    uint16_t id = size < sizeof id ? 0 : dns_answer_id(message);
    const struct flight *flight = size < sizeof id ? NULL : flights_find(&conn->flights, id);
    if (flight == NULL)
        return pass_stray(conn, size);
    bool is_sound = true;
    uint64_t rtt = now_of(conn) - flight->sent_us;
    uint32_t rtt_us = rtt < UINT32_MAX ? (uint32_t)rtt : UINT32_MAX;
    switch (judge(conn, flight->query, message, size, rtt_us)) {
    case RELAY_TAKEN:
        break;
    case RELAY_USELESS:
        is_sound = false;
        break;
    case RELAY_WRONG:
        return end_false(conn, id);
    case RELAY_HELD:
        conn->watch.is_paused = true;
        return false;
    }
    flights_end(&conn->flights, id);
    count_answer(conn, rtt_us, is_sound);
    return true;
}

static bool
take_messages(struct upstream_conn *conn)
{
    for (;;) {
        const uint8_t *message;
        size_t size;
        switch (dns_frame_peek(conn->answers_data + conn->answers_head,
                               conn->answers_tail - conn->answers_head, 0, DNS_MESSAGE_MAX,
                               &message, &size)) {
        case DNS_FRAME_MORE:
        case DNS_FRAME_BAD: /* no size is bad */
            return true;
        case DNS_FRAME_OK:
            if (!take_message(conn, message, size))
                return false;
            conn->answers_head += DNS_FRAME_HEADER + size;
            conn->frame_us = 0;
            break;
        }
    }
}

/* Make room behind the bytes at hand for one record. */
static void
compact(struct upstream_conn *conn)
{
    size_t have = conn->answers_tail - conn->answers_head;
    if (have > 0 && UPSTREAM_READ_BYTES - conn->answers_tail >= TLS_WRITE_MAX)
        return;
    if (have > 0)
        memmove(conn->answers_data, conn->answers_data + conn->answers_head, have);
    conn->answers_head = 0;
    conn->answers_tail = have;
}

/* Everything that is decrypted and complete goes to the relay. Bounded by TLS_IN_BYTES. */
static void
take_all(struct upstream_conn *conn)
{
    while (take_messages(conn)) {
        compact(conn);
        size_t got;
        switch (tls_session_read(conn->tls, conn->answers_data + conn->answers_tail,
                                 UPSTREAM_READ_BYTES - conn->answers_tail, &got)) {
        case TLS_OK:
            conn->answers_tail += got;
            break;
        case TLS_AGAIN_READ:
        case TLS_AGAIN_WRITE:
            return;
        case TLS_CLOSED:
            log_write(LOG_DEBUG, LOG_UPSTREAM_DOWN,
                      "upstream %s: closed by the server, %u in flight",
                      conn->upstream->config->name, conn->flights.count);
            note_close(conn);
            upstream_step_conn(conn, ended(conn));
            return;
        case TLS_FAILED:
            upstream_tls_ended(conn);
            return;
        }
    }
    if (conn->watch.is_paused)
        evloop_want(&conn->worker->loop, &conn->socket, conn->socket.events & ~(uint32_t)EPOLLIN);
}

void
upstream_handshake(struct upstream_conn *conn)
{
    stats_set(conn->worker->stats, STAT_IN_HANDSHAKE, 1);
    enum tls_result result = tls_session_handshake(conn->tls);
    stats_set(conn->worker->stats, STAT_IN_HANDSHAKE, 0);
    /* the last flight, or the alert that says why not */
    bool is_sent = upstream_push(conn);
    if (result == TLS_OK && is_sent) {
        upstream_step_conn(conn, CONN_ON_SECURED);
        take_all(conn);
        return;
    }
    if (result == TLS_AGAIN_READ && is_sent)
        return;
    if (result == TLS_AGAIN_WRITE && is_sent)
        return;
    upstream_tls_refused(conn);
}

/* Is a message under way that does not become whole? Then what comes is no sign of life: it would
 * swallow every answer, that to a probe, too. */
static bool
is_stuck(struct upstream_conn *conn)
{
    if (conn->answers_tail == conn->answers_head)
        conn->frame_us = 0;
    else if (conn->frame_us == 0)
        conn->frame_us = now_of(conn);
    return conn->frame_us != 0 && now_of(conn) - conn->frame_us > FRAME_US;
}

bool
upstream_is_stuck(const struct upstream_conn *conn, uint16_t *id)
{
    const uint8_t *message = conn->answers_data + conn->answers_head + DNS_FRAME_HEADER;
    if (conn->answers_tail - conn->answers_head < DNS_FRAME_HEADER + sizeof *id)
        return false;
    *id = dns_answer_id(message);
    return flights_find(&conn->flights, *id) != NULL;
}

/* The server said something: from now on silence counts anew. */
static void
listen_anew(struct upstream_conn *conn)
{
    if (is_stuck(conn))
        return;
    upstream_heard(conn);
    upstream_pool_sooner(&conn->worker->pool, upstream_watch_next(conn));
}

static bool
is_up(const struct upstream_conn *conn)
{
    return conn->fsm.state == CONN_READY || conn->fsm.state == CONN_DRAINING;
}

static void
handshake_failed(struct upstream_conn *conn)
{
    log_write(upstream_trouble(conn), LOG_UPSTREAM_DOWN, "upstream %s: %s",
              conn->upstream->config->name, strerror(errno));
    upstream_step_conn(conn, CONN_ON_BROKEN);
}

/* @return false: there is nothing more to read, or it is over */
static bool
receive(struct upstream_conn *conn)
{
    size_t room;
    uint8_t *to = tls_session_room(conn->tls, &room);
    if (room == 0)
        return false; /* 0 bytes read would look like the end */
    ssize_t got = sys_recv(conn->socket.fd, to, room, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (got < 0 && conn->fsm.state == CONN_HANDSHAKE) {
        handshake_failed(conn);
        return false;
    }
    if (got < 0) {
        upstream_lost(conn, strerror(errno));
        return false;
    }
    if (got > 0)
        conn->upstream->spoke_us = now_of(conn);
    tls_session_fed(conn->tls, (size_t)got);
    if (conn->fsm.state == CONN_HANDSHAKE) {
        upstream_handshake(conn);
        return false;
    }
    take_all(conn);
    if (!is_up(conn) || conn->watch.is_paused)
        return false;
    listen_anew(conn);
    if (conn->flights.count > 0)
        upstream_pool_mark(conn->worker, conn); /* acknowledged at the turn's end */
    else
        conn->behind = 0;
    return true;
}

void
upstream_write_failed(struct upstream_conn *conn)
{
    int problem = errno; /* of the write: reading has errors of its own */
    while (is_up(conn) && !conn->watch.is_paused && receive(conn))
        continue;
    if (is_up(conn))
        upstream_lost(conn, strerror(problem));
}

void
upstream_socket_ready(struct ev_source *source, uint32_t events)
{
    struct upstream_conn *conn = source->owner;
    if (conn->fsm.state == CONN_CONNECTING) {
        if (upstream_push(conn)) {
            upstream_step_conn(conn, CONN_ON_CONNECTED);
            return;
        }
        log_write(upstream_trouble(conn), LOG_UPSTREAM_DOWN, "upstream %s: cannot connect: %s",
                  conn->upstream->config->name, strerror(errno));
        upstream_step_conn(conn, CONN_ON_BROKEN);
        return;
    }
    if ((events & EPOLLOUT) != 0 && !upstream_push(conn)) {
        upstream_write_failed(conn);
        return;
    }
    if (conn->watch.is_paused && (events & (EPOLLHUP | EPOLLERR)) != 0)
        upstream_lost(conn, "reset"); /* cannot be masked, and would wake us again and again */
    else if (!conn->watch.is_paused && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        (void)receive(conn);
}

void
upstream_conn_release(struct upstream_conn *conn)
{
    if (!conn->watch.is_paused)
        return;
    conn->watch.is_paused = false;
    evloop_want(&conn->worker->loop, &conn->socket, conn->socket.events | (uint32_t)EPOLLIN);
    take_all(conn);
    if (is_up(conn) && !conn->watch.is_paused)
        listen_anew(conn); /* what was silent was us */
}
