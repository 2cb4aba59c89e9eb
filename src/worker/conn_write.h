/* conn_write.h - queries to an upstream: collected, padded, encrypted together, sent
 * SPDX-License-Identifier: ISC
 *
 * What: the queries of a turn leave in as few TLS records as they need, with one system call. A
 *       probe is a query of our own for what any server knows.
 * Who:  worker: the relay writes queries, the pool and conn_watch.c probes, the turn flushes.
 * Ref:  RFC 7766 section 6.2.1.1 (pipelining); RFC 7858 section 3.3; RFC 8467 (padding).
 */
#pragma once

#include "lane/handoff.h"
#include "worker/conn.h"

#define UPSTREAM_ACK_GAP_US      2000U /* writes closer than this carry acknowledgements soon enough */
#define UPSTREAM_ACK_GAP_MOST_US 100000U /* a longer gap counts as this */
#define UPSTREAM_ACK_TURNS       16U /* so often in a row an answer left others behind: no chance */

/**
 * Write a query, to be sent at the end of the turn.
 * @param number  the relay's name for it
 * @param id      written: for conn_abandon(), once the response is not needed
 * @return STATUS_OK; STATUS_FULL (not ready, or no room; it may be closed now).
 */
MUST_CHECK enum status conn_write_query(struct conn *conn, uint32_t number,
                                        const struct handoff_query *query, uint16_t *id);

/** Ask for the root's name servers, unless a probe is in flight after which nothing was heard. It
 *  finds room where a query does not. */
void conn_write_probe(struct conn *conn);

/** Could this be the response to a probe? Whatever it says, the server is there. */
bool conn_write_is_to_probe(const uint8_t *message, size_t size);

/** Encrypt and send what was collected, or acknowledge what came. */
void conn_write_flush(struct conn *conn);

/** The socket took no more (errno): what the server said before is read, then it is lost. */
void conn_write_failed(struct conn *conn);
