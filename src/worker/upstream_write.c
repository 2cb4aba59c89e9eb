/* upstream_write.c - queries toward an upstream: collected, encrypted together, sent; see
 * SPDX-License-Identifier: ISC
 * upstream_conn.h */
#include "dns/dns_answer.h"
#include "dns/dns_frame.h"
#include "os/random.h"
#include "os/sock.h"
#include "worker/upstream_life.h"

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

enum relay_verdict
upstream_judge_probe(const uint8_t *message, size_t size)
{
    struct dns_answer answer;
    return dns_answer_parse(message, size, &probe_query()->question, &answer) == DNS_ANSWER_QUESTION
               ? RELAY_WRONG
               : RELAY_TAKEN;
}

/* Is there room for `count` queries more, if need be by sending those that wait? */
static bool
has_room(struct upstream_conn *conn, size_t count)
{
    if (UPSTREAM_WRITE_BYTES - conn->queries_size < count * QUERY_ROOM)
        upstream_conn_flush(conn);
    return UPSTREAM_WRITE_BYTES - conn->queries_size >= count * QUERY_ROOM;
}

/* Put a query among those to be sent. @return STATUS_OK; STATUS_FULL. */
static enum status
write_query(struct upstream_conn *conn, uint32_t question, const struct handoff_query *query,
            uint16_t *id)
{
    if (!flights_add(&conn->flights, question, random_u32(), now_of(conn), id))
        return STATUS_FULL;
    struct bytes_writer w =
        bytes_writer(conn->queries + conn->queries_size, UPSTREAM_WRITE_BYTES - conn->queries_size);
    bytes_put_u16(&w, 0);
    size_t size = dns_query_write(&query->question, *id, query->flags, query->dnssec_ok,
                                  DNS_PADDING_QUERY, w.data + w.pos, bytes_room(&w));
    bytes_set_u16(&w, 0, (uint16_t)size);
    conn->queries_size += DNS_FRAME_HEADER + size;
    conn->asked++;
    conn->used_us = now_of(conn);
    if (conn->upstream->quota.known != 0 && conn->asked >= conn->upstream->quota.known &&
        conn->fsm.state == CONN_READY) {
        conn->is_spent = true;
        upstream_conn_retire(conn);
    }
    bool is_first = conn->watch.unheard_us == 0 || conn->flights.count == 1 ||
                    flights_walk_is_at(&conn->flights, FLIGHTS_HEDGE, *id) ||
                    flights_walk_is_at(&conn->flights, FLIGHTS_SLOW, *id);
    watch_wrote(&conn->watch, now_of(conn));
    conn->watch.is_left_over |= conn->watch.doubt == WATCH_LEFT;
    if (is_first || conn->watch.is_left_over)
        upstream_pool_sooner(&conn->worker->pool, upstream_watch_next(conn));
    upstream_pool_mark(conn->worker, conn);
    return STATUS_OK;
}

enum status
upstream_conn_ask(struct upstream_conn *conn, uint32_t question, const struct handoff_query *query,
                  uint16_t *id)
{
    const uint32_t most = conn->worker->config->upstream_in_flight;
    uint32_t limit = most < FLIGHTS_MAX - PROBES_MAX ? most : FLIGHTS_MAX - PROBES_MAX;
    /* behind it a probe must find room, too */
    if (conn->fsm.state != CONN_READY || conn->flights.count + conn->flights.late >= limit ||
        !has_room(conn, 2) || conn->fsm.state != CONN_READY)
        return STATUS_FULL;
    enum status status = write_query(conn, question, query, id);
    if (status != STATUS_OK)
        return status;
    upstream_pool_spend(conn->worker, conn->upstream);
    stats_add(conn->worker->stats, STAT_UPSTREAM_QUERIES, 1);
    add_to(&conn->upstream->stats->queries, 1);
    return STATUS_OK;
}

void
upstream_conn_probe(struct upstream_conn *conn)
{
    uint16_t id;
    bool is_up = conn->fsm.state == CONN_READY || conn->fsm.state == CONN_DRAINING;
    uint64_t probe_us = flights_probe_us(&conn->flights);
    if (!is_up || (probe_us != 0 && probe_us >= conn->watch.heard_us))
        return;
    if (probe_us != 0) /* others were answered since, it was not: a server may pass it over */
        upstream_conn_forget(conn, flights_probe_id(&conn->flights));
    if (!has_room(conn, 1) || conn->fsm.state == CONN_CLOSED || /* by what could not be sent */
        write_query(conn, FLIGHTS_PROBE, probe_query(), &id) != STATUS_OK)
        return;
    upstream_pool_spend(conn->worker, conn->upstream);
    stats_add(conn->worker->stats, STAT_PROBES, 1);
}

/* @return false: TLS is over */
static bool
encrypt(struct upstream_conn *conn)
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
is_slow(const struct upstream_conn *conn)
{
    return conn->write_gap_us > UPSTREAM_ACK_GAP_US ||
           now_of(conn) - conn->wrote_us > UPSTREAM_ACK_GAP_US;
}

static void
note_write(struct upstream_conn *conn)
{
    uint64_t gap_us = now_of(conn) - conn->wrote_us;
    if (gap_us > UPSTREAM_ACK_GAP_MOST_US)
        gap_us = UPSTREAM_ACK_GAP_MOST_US;
    conn->write_gap_us = (conn->write_gap_us * 7 + (uint32_t)gap_us) / 8;
    conn->wrote_us = now_of(conn);
}

void
upstream_conn_flush(struct upstream_conn *conn)
{
    if (conn->fsm.state != CONN_READY && conn->fsm.state != CONN_DRAINING)
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
        upstream_lost(conn, tls_session_error(conn->tls));
    else if (!upstream_push(conn))
        upstream_write_failed(conn);
}
