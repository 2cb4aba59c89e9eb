/* upstream_write.c - queries toward an upstream: collected, encrypted together, sent; see
 * upstream_conn.h */
#include "dns/dns_answer.h"
#include "dns/dns_frame.h"
#include "os/random.h"
#include "os/sock.h"
#include "worker/upstream_life.h"

#include <errno.h>
#include <string.h>

#define QUERY_ROOM                                                                                 \
    (DNS_FRAME_HEADER + 512U) /* always suffices for one query: dns_query_write()                  \
                               */

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
upstream_judge_probe(struct upstream_conn *conn, const uint8_t *message, size_t size)
{
    struct dns_answer answer;
    conn->is_probed = false;
    return dns_answer_parse(message, size, &probe_query()->question, &answer) == DNS_ANSWER_QUESTION
               ? RELAY_WRONG
               : RELAY_TAKEN;
}

/* Put a query among those to be sent. @return STATUS_OK; STATUS_FULL. */
static enum status
write_query(struct upstream_conn *conn, uint32_t question, const struct handoff_query *query,
            uint16_t *id)
{
    if (conn->state != UPSTREAM_READY ||
        conn->in_flight + conn->late >= conn->worker->config->upstream_in_flight)
        return STATUS_FULL;
    if (UPSTREAM_WRITE_BYTES - conn->queries_size < QUERY_ROOM) {
        upstream_conn_flush(conn);
        if (conn->state != UPSTREAM_READY || UPSTREAM_WRITE_BYTES - conn->queries_size < QUERY_ROOM)
            return STATUS_FULL;
    }
    if (!ids_take(&conn->ids, random_u32(), id))
        return STATUS_FULL;
    struct bytes_writer w =
        bytes_writer(conn->queries + conn->queries_size, UPSTREAM_WRITE_BYTES - conn->queries_size);
    bytes_put_u16(&w, 0);
    size_t size = dns_query_write(&query->question, *id, query->flags, query->dnssec_ok,
                                  DNS_PADDING_QUERY, w.data + w.pos, bytes_room(&w));
    bytes_set_u16(&w, 0, (uint16_t)size);
    conn->queries_size += DNS_FRAME_HEADER + size;
    upstream_take_off(conn, *id, question);
    conn->asked++;
    conn->used_us = now_of(conn);
    bool is_first = conn->unheard_us == 0 || conn->unlooked == ids_slot(*id);
    if (conn->unheard_us == 0)
        conn->unheard_us = now_of(conn);
    if (is_first)
        upstream_pool_sooner(&conn->worker->pool, upstream_watch_next(conn));
    upstream_pool_mark(conn->worker, conn);
    return STATUS_OK;
}

enum status
upstream_conn_ask(struct upstream_conn *conn, uint32_t question, const struct handoff_query *query,
                  uint16_t *id)
{
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
    if (conn->is_probed || write_query(conn, UPSTREAM_PROBE, probe_query(), &id) != STATUS_OK)
        return;
    conn->is_probed = true;
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
    if (conn->state != UPSTREAM_READY && conn->state != UPSTREAM_DRAINING)
        return;
    if (conn->queries_size == 0 && conn->in_flight > 0) {
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
        upstream_lost(conn, strerror(errno));
}
