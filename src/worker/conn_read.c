/* conn_read.c - see conn_read.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/conn_read.h"

#include "dns/dns_answer.h"
#include "dns/dns_frame.h"
#include "worker/conn_write.h"

#include "os/sys.h"
#include <errno.h>
#include <string.h>

/* a message may take so long from its first octet to its last; the largest has 64 KiB */
#define FRAME_US 1000000U

/* --- the socket ------------------------------------------------------------------------------ */

static void
receive_failed(struct conn *conn)
{
    const char *why = strerror(errno);
    if (conn->fsm.state != CONN_HANDSHAKE) {
        conn_lost(conn, why);
        return;
    }
    log_write(upstream_trouble(conn->upstream), LOG_UPSTREAM_DOWN, "upstream %s: %s",
              conn->upstream->config->name, why);
    conn_step(conn, CONN_ON_BROKEN);
}

/* @return false: nothing came, or it is over */
static bool
receive(struct conn *conn)
{
    size_t room;
    uint8_t *to = tls_session_room(conn->tls, &room);
    if (room == 0)
        return false; /* 0 bytes read would look like the end */
    ssize_t got = sys_recv(conn->socket.fd, to, room, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (got < 0) {
        receive_failed(conn);
        return false;
    }
    if (got > 0)
        conn->upstream->spoke_us = conn_now(conn);
    tls_session_fed(conn->tls, (size_t)got);
    conn->is_fed = true;
    return true;
}

static void
connected(struct conn *conn)
{
    if (conn_push(conn)) {
        conn_step(conn, CONN_ON_CONNECTED);
        return;
    }
    log_write(upstream_trouble(conn->upstream), LOG_UPSTREAM_DOWN,
              "upstream %s: cannot connect: %s", conn->upstream->config->name, strerror(errno));
    conn_step(conn, CONN_ON_BROKEN);
}

void
conn_read_ready(struct conn *conn)
{
    uint32_t events = conn->events;
    bool is_readable = (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
    conn->events = 0;
    if (conn->fsm.state == CONN_CONNECTING && events != 0) {
        connected(conn);
        return;
    }
    if (conn->fsm.state != CONN_HANDSHAKE && !conn_is_up(conn))
        return;
    if ((events & EPOLLOUT) != 0 && !conn_push(conn))
        conn_write_failed(conn);
    else if (conn->watch.is_paused && (events & (EPOLLHUP | EPOLLERR)) != 0)
        conn_lost(conn, "reset"); /* cannot be masked, and would wake us again and again */
    else if (!conn->watch.is_paused && is_readable && receive(conn) &&
             conn->fsm.state == CONN_HANDSHAKE) {
        conn->is_fed = false;
        conn_handshake(conn);
    }
}

/* --- silence --------------------------------------------------------------------------------- */

/* Is a message under way that does not become whole? Then what comes is no sign of life: it would
 * swallow every answer, that to a probe, too. */
static bool
is_stuck(struct conn *conn)
{
    if (conn->responses_tail == conn->responses_head)
        conn->frame_us = 0;
    else if (conn->frame_us == 0)
        conn->frame_us = conn_now(conn);
    return conn->frame_us != 0 && conn_now(conn) - conn->frame_us > FRAME_US;
}

bool
conn_read_is_stuck(const struct conn *conn, uint16_t *id)
{
    const uint8_t *message = conn->responses + conn->responses_head + DNS_FRAME_HEADER;
    if (conn->responses_tail - conn->responses_head < DNS_FRAME_HEADER + sizeof *id)
        return false;
    *id = dns_answer_id(message);
    return flights_find(&conn->flights, *id) != NULL;
}

/* The server said something: from now on silence counts anew. */
static void
listen_anew(struct conn *conn)
{
    if (!is_stuck(conn)) {
        conn_calm(conn);
        watch_heard(&conn->watch, conn_now(conn));
        conn_sooner(conn, conn_due_us(conn));
    }
    if (conn->flights.count > 0)
        conn_mark(conn, CONN_TO_FLUSH); /* acknowledged at the turn's end */
    else
        conn->behind = 0;
}

/* --- messages -------------------------------------------------------------------------------- */

/* Make room behind the bytes at hand for one record. */
static void
compact(struct conn *conn)
{
    size_t have = conn->responses_tail - conn->responses_head;
    if (have > 0 && CONN_READ_BYTES - conn->responses_tail >= TLS_WRITE_MAX)
        return;
    if (have > 0)
        memmove(conn->responses, conn->responses + conn->responses_head, have);
    conn->responses_head = 0;
    conn->responses_tail = have;
}

/* @return false: nothing more is at hand, or it is over */
static bool
decrypt(struct conn *conn)
{
    size_t got;
    compact(conn);
    switch (tls_session_read(conn->tls, conn->responses + conn->responses_tail,
                             CONN_READ_BYTES - conn->responses_tail, &got)) {
    case TLS_OK:
        conn->responses_tail += got;
        return true;
    case TLS_AGAIN_READ:
    case TLS_AGAIN_WRITE:
        break;
    case TLS_CLOSED:
        conn_closed(conn);
        break;
    case TLS_FAILED:
        if (upstream_ended(conn->upstream, conn->tls, conn->answers > 0, conn_now(conn)))
            conn_step(conn, CONN_ON_ENDED);
        else
            conn_lost(conn, tls_session_error(conn->tls));
        break;
    }
    return false;
}

static void
pass(struct conn *conn, size_t size)
{
    conn->responses_head += DNS_FRAME_HEADER + size;
    conn->frame_us = 0;
}

void
conn_read_done(struct conn *conn, const struct conn_response *response, bool is_sound)
{
    flights_end(&conn->flights, response->id);
    conn->answers++;
    conn->used_us = conn_now(conn);
    habits_quota_answered(&conn->upstream->quota, (uint32_t)conn->answers, conn->since_us);
    upstream_answered(conn->upstream, response->rtt_us, is_sound, conn_now(conn));
    pass(conn, response->size);
}

void
conn_read_distrust(struct conn *conn, const struct conn_response *response)
{
    flights_end(&conn->flights, response->id);
    stats_add(conn->shared->stats, STAT_UPSTREAM_BAD, 1);
    log_write(
        LOG_WARNING, LOG_UPSTREAM_ANSWER,
        "upstream %s: a response does not repeat the question of its query; connection closed",
        conn->upstream->config->name);
    /* the upstream did answer: it ends as if the server had closed it */
    conn_step(conn, CONN_ON_ENDED);
}

/* It matches no query: a duplicate, or a server that confuses its clients. */
static void
pass_stray(struct conn *conn, size_t size)
{
    stats_add(conn->shared->stats, STAT_UPSTREAM_STRAY, 1);
    log_write(LOG_INFO, LOG_UPSTREAM_ANSWER,
              "upstream %s: a response of %zu octets matches no query in flight; ignored",
              conn->upstream->config->name, size);
    pass(conn, size);
}

/* @return false: it was none for the relay */
static bool
match(struct conn *conn, const uint8_t *message, size_t size, struct conn_response *response)
{
    uint16_t id = size < sizeof id ? 0 : dns_answer_id(message);
    const struct flight *flight = size < sizeof id ? NULL : flights_find(&conn->flights, id);
    if (flight == NULL) {
        pass_stray(conn, size);
        return false;
    }
    uint64_t rtt_us = conn_now(conn) - flight->sent_us;
    *response =
        (struct conn_response){.query = flight->query,
                               .id = id,
                               .rtt_us = rtt_us < UINT32_MAX ? (uint32_t)rtt_us : UINT32_MAX,
                               .message = message,
                               .size = size};
    if (flight->query == FLIGHTS_PROBE && !conn_write_is_to_probe(message, size))
        conn_read_distrust(conn, response);
    else if (flight->query >= FLIGHTS_PROBE)
        conn_read_done(conn, response, true);
    else
        return true;
    return false;
}

/* Nothing whole is left of what came. @return there may be more */
static bool
finish(struct conn *conn)
{
    bool was_fed = conn->is_fed;
    conn->is_fed = false;
    if (was_fed)
        listen_anew(conn);
    if (conn->write_error == 0)
        return false;
    if (receive(conn))
        return true;
    if (conn_is_up(conn))
        conn_lost(conn, strerror(conn->write_error));
    return false;
}

bool
conn_read_next(struct conn *conn, struct conn_response *response)
{
    while (conn_is_up(conn) && !conn->watch.is_paused) {
        const uint8_t *message;
        size_t size;
        enum dns_frame_result frame = dns_frame_peek(
            conn->responses + conn->responses_head, conn->responses_tail - conn->responses_head, 0,
            DNS_MESSAGE_MAX, &message, &size); /* no size is bad */
        if (frame == DNS_FRAME_OK && match(conn, message, size, response))
            return true;
        if (frame == DNS_FRAME_OK || decrypt(conn))
            continue;
        if (!conn_is_up(conn) || !finish(conn))
            break;
    }
    return false;
}

/* --- pauses ---------------------------------------------------------------------------------- */

void
conn_read_pause(struct conn *conn)
{
    conn->watch.is_paused = true;
    evloop_want(conn->shared->loop, &conn->socket, conn->socket.events & ~(uint32_t)EPOLLIN);
    if (conn->write_error != 0)
        conn_lost(conn, strerror(conn->write_error));
}

void
conn_read_resume(struct conn *conn)
{
    if (!conn->watch.is_paused)
        return;
    conn->watch.is_paused = false;
    evloop_want(conn->shared->loop, &conn->socket, conn->socket.events | (uint32_t)EPOLLIN);
    conn->is_fed = true; /* what was silent was us */
    conn_mark(conn, CONN_TO_READ);
}
