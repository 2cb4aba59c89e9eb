/* conn_io.h - queries and responses of a connection: sent together, read once, matched by id
 * SPDX-License-Identifier: ISC
 *
 * What: the queries of a turn leave in as few TLS records as they need, with one system call. A
 *       probe is a query of our own for what any server knows. A socket that is ready is read once,
 *       decrypted, cut into messages, and what became whole by that is taken one by one. Responses
 *       to abandoned queries and to probes are handled here.
 * Who:  worker: the relay writes queries and takes responses, the pool and conn_watch.c write
 *       probes, the turn flushes.
 * Ref:  RFC 7766 sections 6.2.1.1 (pipelining) and 7 (responses in any order); RFC 7858 section 3.3;
 *       RFC 8467 (padding); RFC 5452 section 9.2 (matching).
 */
#pragma once

#include "lane/handoff.h"
#include "worker/conn.h"

#define UPSTREAM_ACK_GAP_US      2000U /* writes closer than this carry acknowledgements soon enough */
#define UPSTREAM_ACK_GAP_MOST_US 100000U /* a longer gap counts as this */
#define UPSTREAM_ACK_TURNS       16U /* so often in a row an answer left others behind: no chance */

/* --- queries --------------------------------------------------------------------------------- */

/**
 * Write a query, to be sent at the end of the turn.
 * @param number  the relay's name for it
 * @param id      written: for conn_abandon(), once the response is not needed
 * @return STATUS_OK; STATUS_FULL (not ready, or no room; it may be closed now).
 */
MUST_CHECK enum status conn_io_write(struct conn *conn, uint32_t number,
                                     const struct handoff_query *query, uint16_t *id);

/** Ask for the root's name servers, unless a probe is in flight after which nothing was heard. It
 *  finds room where a query does not. */
void conn_io_probe(struct conn *conn);

/** Encrypt and send what was collected, or acknowledge what came. */
void conn_io_flush(struct conn *conn);

/* --- responses ------------------------------------------------------------------------------- */

struct conn_response {
    uint32_t query; /* whose it is, as the relay named it */
    uint16_t id;
    uint32_t rtt_us;        /* since the query was written */
    const uint8_t *message; /* valid until the next call about this connection */
    size_t size;            /* octets, 2..65535 */
};

/** Its socket was ready: go on with what it is about, read at most once. */
void conn_io_read(struct conn *conn);

/**
 * The next response that the relay has to judge. The same again until one of the calls below.
 * @return false: there is none now; the connection may be closed.
 */
bool conn_io_next(struct conn *conn, struct conn_response *response);

/** The response was taken. @param is_sound  false: it was of no use */
void conn_io_done(struct conn *conn, const struct conn_response *response, bool is_sound);

/** It does not belong to its query: the connection is closed, its neighbours are asked elsewhere. */
void conn_io_distrust(struct conn *conn, const struct conn_response *response);

/** There is no room for it: read nothing until conn_io_resume(). */
void conn_io_pause(struct conn *conn);

/** There is room again. */
void conn_io_resume(struct conn *conn);

/** Has the response to a query in flight begun that is not whole? @param id  written: which one */
bool conn_io_is_stuck(const struct conn *conn, uint16_t *id);
