/* conn_io.c - see conn_io.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/conn_io.h"

#include "base/bytes.h"
#include "dns/dns_answer.h"
#include "os/random.h"
#include "os/sock.h"
#include "os/sys.h"

#include <errno.h>
#include <string.h>

/* always suffices for one query: dns_query_write() */
#define QUERY_ROOM (BYTES_FRAME_HEADER + 512U)

/* a message may take so long from its first octet to its last; the largest has 64 KiB */
#define FRAME_US 1000000U

/* --- queries --------------------------------------------------------------------------------- */

/* What any resolver has in its cache. */
static const struct handoff_query *
probe_query(void)
{
    static const struct handoff_query query = {
        .flags = DNS_RD,
        .question = {.name = {.size = 1}, .type = DNS_TYPE_NS, .class = DNS_CLASS_IN}};
    return &query;
}

/* Could this be the response to a probe? Whatever it says, the server is there. */
static bool
is_to_probe(const uint8_t *message, size_t size)
{
    struct dns_answer answer;
    return dns_answer_parse(message, size, &probe_query()->question, &answer) !=
           DNS_ANSWER_QUESTION;
}

/* The socket took no more (errno): what the server said before is read, then it is lost. */
static void
write_failed(struct conn *conn)
{
    if (!conn_is_up(conn))
        return;
    if (conn->watch.is_paused) {
        conn_lost(conn, strerror(errno));
        return;
    }
    conn->write_error = errno; /* reading has errors of its own */
    conn_mark(conn, CONN_TO_READ);
}

/* Is there room for `count` queries more, if need be by sending those that wait? */
static bool
has_room(struct conn *conn, size_t count)
{
    if (CONN_WRITE_BYTES - conn->queries_size < count * QUERY_ROOM)
        conn_io_flush(conn);
    return CONN_WRITE_BYTES - conn->queries_size >= count * QUERY_ROOM;
}

/* Take its place in the order, and see what that means for the connection. */
static void
note_query(struct conn *conn, uint16_t id)
{
    const struct flights *flights = &conn->flights;
    bool is_first = conn->watch.unheard_us == 0 || flights->count == 1 ||
                    flights_walk_is_at(flights, FLIGHTS_HEDGE, id) ||
                    flights_walk_is_at(flights, FLIGHTS_SLOW, id);
    uint32_t quota = conn->upstream->quota.known;
    conn->asked++;
    conn->used_us = conn_now(conn);
    if (quota != 0 && conn->asked >= quota && conn->fsm.state == CONN_READY) {
        conn->is_spent = true;
        conn_retire(conn);
    }
    flights_wrote(&conn->watch, conn_now(conn));
    conn->watch.is_left_over |= conn->watch.doubt == WATCH_LEFT;
    if (is_first || conn->watch.is_left_over)
        conn_sooner(conn, conn_due_us(conn));
    conn_mark(conn, CONN_TO_FLUSH);
}

/* Put a query among those to be sent. @return STATUS_OK; STATUS_FULL. */
static enum status
write_query(struct conn *conn, uint32_t number, const struct handoff_query *query, uint16_t *id)
{
    if (!flights_add(&conn->flights, number, random_u32(), conn_now(conn), id))
        return STATUS_FULL;
    struct bytes_writer w =
        bytes_writer(conn->queries + conn->queries_size, CONN_WRITE_BYTES - conn->queries_size);
    bytes_put_u16(&w, 0);
    size_t size = dns_query_write(&query->question, *id, query->flags, query->dnssec_ok,
                                  DNS_PADDING_QUERY, w.data + w.pos, bytes_room(&w));
    bytes_set_u16(&w, 0, (uint16_t)size);
    conn->queries_size += BYTES_FRAME_HEADER + size;
    note_query(conn, *id);
    upstream_spend(conn->upstream, conn_now(conn));
    return STATUS_OK;
}

enum status
conn_io_write(struct conn *conn, uint32_t number, const struct handoff_query *query, uint16_t *id)
{
    const uint32_t limit = conn->shared->config->upstream_in_flight;
    /* behind it a probe must find room, too */
    if (!conn_has_place(conn, limit) || !has_room(conn, 2) || !conn_has_place(conn, limit))
        return STATUS_FULL;
    enum status status = write_query(conn, number, query, id);
    if (status != STATUS_OK)
        return status;
    stats_add(conn->shared->stats, STAT_UPSTREAM_QUERIES, 1);
    (void)stats_grow(&conn->upstream->shown->queries, 1);
    return STATUS_OK;
}

void
conn_io_probe(struct conn *conn)
{
    uint16_t id;
    uint64_t probe_us = flights_probe_us(&conn->flights);
    if (!conn_is_up(conn) || (probe_us != 0 && probe_us >= conn->watch.heard_us))
        return;
    if (probe_us != 0) /* others were answered since, it was not: a server may pass it over */
        conn_abandon(conn, flights_probe_id(&conn->flights));
    if (!has_room(conn, 1) || !conn_is_up(conn) || conn->write_error != 0 ||
        write_query(conn, FLIGHTS_PROBE, probe_query(), &id) != STATUS_OK)
        return;
    stats_add(conn->shared->stats, STAT_PROBES, 1);
}

/* @return false: TLS is over */
static bool
encrypt(struct conn *conn)
{
    size_t at = 0;
    while (at < conn->queries_size) {
        size_t taken;
        enum tls_result result =
            tls_session_write(conn->tls, conn->queries + at, conn->queries_size - at, &taken);
        at += taken;
        if (result == TLS_AGAIN_WRITE)
            break;
        if (result != TLS_OK)
            return false;
    }
    if (at < conn->queries_size && at > 0)
        memmove(conn->queries, conn->queries + at, conn->queries_size - at);
    conn->queries_size -= at;
    return true;
}

/* Do queries come too rarely for the next one to carry the acknowledgement soon? */
static bool
is_slow(const struct conn *conn)
{
    return conn->write_gap_us > UPSTREAM_ACK_GAP_US ||
           conn_now(conn) - conn->wrote_us > UPSTREAM_ACK_GAP_US;
}

static void
note_write(struct conn *conn)
{
    uint64_t gap_us = conn_now(conn) - conn->wrote_us;
    if (gap_us > UPSTREAM_ACK_GAP_MOST_US)
        gap_us = UPSTREAM_ACK_GAP_MOST_US;
    conn->write_gap_us = (conn->write_gap_us * 7 + (uint32_t)gap_us) / 8;
    conn->wrote_us = conn_now(conn);
}

void
conn_io_flush(struct conn *conn)
{
    if (!conn_is_up(conn) || conn->write_error != 0)
        return;
    if (conn->queries_size == 0 && conn->flights.count > 0) {
        /* no query carries the acknowledgement: a server without TCP_NODELAY holds its next answer
         * back until it comes */
        if (is_slow(conn) || ++conn->behind >= UPSTREAM_ACK_TURNS) {
            sock_acknowledge(conn->socket.fd);
            conn->behind = 0;
        }
        return;
    }
    note_write(conn);
    if (!encrypt(conn))
        conn_lost(conn, tls_session_error(conn->tls));
    else if (!conn_push(conn))
        write_failed(conn);
}

/* --- the socket ------------------------------------------------------------------------------ */

/* @param error  errno of the socket */
static void
socket_failed(struct conn *conn, int error)
{
    if (conn->fsm.state != CONN_HANDSHAKE) {
        conn_lost(conn, strerror(error));
        return;
    }
    log_write(upstream_trouble(conn->upstream), LOG_UPSTREAM_DOWN, "upstream %s: %s",
              conn->upstream->config->name, strerror(error));
    stats_add(conn->shared->stats, STAT_HANDSHAKES_FAILED, 1);
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
        socket_failed(conn, errno);
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

/* What the server said before its socket took no more tells why, if it can be read. */
static void
go_on_shaking(struct conn *conn, bool is_readable, bool is_sent)
{
    int error = errno;
    if (is_readable && receive(conn)) {
        conn->is_fed = false;
        conn_handshake(conn);
    } else if (!is_sent && conn->fsm.state == CONN_HANDSHAKE) {
        socket_failed(conn, error);
    }
}

void
conn_io_read(struct conn *conn)
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
    bool is_sent = (events & EPOLLOUT) == 0 || conn_push(conn);
    if (conn->fsm.state == CONN_HANDSHAKE)
        go_on_shaking(conn, is_readable, is_sent);
    else if (!is_sent)
        write_failed(conn);
    else if (conn->watch.is_paused && (events & (EPOLLHUP | EPOLLERR)) != 0)
        conn_lost(conn, "reset"); /* cannot be masked, and would wake us again and again */
    else if (!conn->watch.is_paused && is_readable)
        (void)receive(conn);
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
conn_io_is_stuck(const struct conn *conn, uint16_t *id)
{
    const uint8_t *message = conn->responses + conn->responses_head + BYTES_FRAME_HEADER;
    if (conn->responses_tail - conn->responses_head < BYTES_FRAME_HEADER + sizeof *id)
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
        flights_heard(&conn->watch, conn_now(conn));
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
    conn->responses_head += BYTES_FRAME_HEADER + size;
    conn->frame_us = 0;
}

void
conn_io_done(struct conn *conn, const struct conn_response *response, bool is_sound)
{
    flights_end(&conn->flights, response->id);
    conn->answers++;
    conn->used_us = conn_now(conn);
    if (conn->fsm.state == CONN_DRAINING && conn->flights.count == 0)
        conn_sooner(conn, conn->used_us);
    health_quota_answered(&conn->upstream->quota, (uint32_t)conn->answers, conn->since_us);
    upstream_answered(conn->upstream, response->rtt_us, is_sound, conn_now(conn));
    pass(conn, response->size);
}

void
conn_io_distrust(struct conn *conn, const struct conn_response *response)
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
    if (flight->query == FLIGHTS_PROBE && !is_to_probe(message, size))
        conn_io_distrust(conn, response);
    else if (flight->query >= FLIGHTS_PROBE)
        conn_io_done(conn, response, true);
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
conn_io_next(struct conn *conn, struct conn_response *response)
{
    while (conn_is_up(conn) && !conn->watch.is_paused) {
        const uint8_t *message;
        size_t size;
        enum bytes_frame frame = bytes_frame_peek(
            conn->responses + conn->responses_head, conn->responses_tail - conn->responses_head, 0,
            DNS_MESSAGE_MAX, &message, &size); /* no size is bad */
        if (frame == BYTES_FRAME_OK && match(conn, message, size, response))
            return true;
        if (frame == BYTES_FRAME_OK || decrypt(conn))
            continue;
        if (!conn_is_up(conn) || !finish(conn))
            break;
    }
    return false;
}

/* --- pauses ---------------------------------------------------------------------------------- */

void
conn_io_pause(struct conn *conn)
{
    conn->watch.is_paused = true;
    evloop_want(conn->shared->loop, &conn->socket, conn->socket.events & ~(uint32_t)EPOLLIN);
    if (conn->write_error != 0)
        conn_lost(conn, strerror(conn->write_error));
}

void
conn_io_resume(struct conn *conn)
{
    if (!conn->watch.is_paused)
        return;
    conn->watch.is_paused = false;
    evloop_want(conn->shared->loop, &conn->socket, conn->socket.events | (uint32_t)EPOLLIN);
    conn->is_fed = true; /* what was silent was us */
    conn_mark(conn, CONN_TO_READ);
}
