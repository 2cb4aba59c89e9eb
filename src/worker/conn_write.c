/* conn_write.c - see conn_write.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/conn_write.h"

#include "dns/dns_answer.h"
#include "dns/dns_frame.h"
#include "os/random.h"
#include "os/sock.h"

#include <errno.h>
#include <string.h>

/* always suffices for one query: dns_query_write() */
#define QUERY_ROOM (DNS_FRAME_HEADER + 512U)

/* of the ids, kept for probes where as many queries may be in flight as there are ids */
#define PROBES_MAX 16U

/* What any resolver has in its cache. */
static const struct handoff_query *
probe_query(void)
{
    static const struct handoff_query query = {
        .flags = DNS_RD,
        .question = {.name = {.size = 1}, .type = DNS_TYPE_NS, .class = DNS_CLASS_IN}};
    return &query;
}

bool
conn_write_is_to_probe(const uint8_t *message, size_t size)
{
    struct dns_answer answer;
    return dns_answer_parse(message, size, &probe_query()->question, &answer) !=
           DNS_ANSWER_QUESTION;
}

void
conn_write_failed(struct conn *conn)
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
        conn_write_flush(conn);
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
    watch_wrote(&conn->watch, conn_now(conn));
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
    conn->queries_size += DNS_FRAME_HEADER + size;
    note_query(conn, *id);
    upstream_spend(conn->upstream, conn_now(conn));
    return STATUS_OK;
}

enum status
conn_write_query(struct conn *conn, uint32_t number, const struct handoff_query *query,
                 uint16_t *id)
{
    const uint32_t most = conn->shared->config->upstream_in_flight;
    uint32_t limit = most < FLIGHTS_MAX - PROBES_MAX ? most : FLIGHTS_MAX - PROBES_MAX;
    /* behind it a probe must find room, too */
    if (!conn_has_place(conn, limit) || !has_room(conn, 2) || !conn_has_place(conn, limit))
        return STATUS_FULL;
    enum status status = write_query(conn, number, query, id);
    if (status != STATUS_OK)
        return status;
    stats_add(conn->shared->stats, STAT_UPSTREAM_QUERIES, 1);
    upstream_show(&conn->upstream->shown->queries, 1);
    return STATUS_OK;
}

void
conn_write_probe(struct conn *conn)
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
conn_write_flush(struct conn *conn)
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
        conn_write_failed(conn);
}
