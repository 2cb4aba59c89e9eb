/* conn_read.h - responses of an upstream: decrypted, cut into messages, matched by id
 * SPDX-License-Identifier: ISC
 *
 * What: a socket that is ready is read once, and what became whole by that is taken one by one.
 *       Responses to abandoned queries and to probes are handled here.
 * Who:  worker: the relay, in its turn.
 * Ref:  RFC 7766 section 7 (responses in any order); RFC 5452 section 9.2 (matching).
 */
#pragma once

#include "worker/conn.h"

struct conn_response {
    uint32_t query; /* whose it is, as the relay named it */
    uint16_t id;
    uint32_t rtt_us;        /* since the query was written */
    const uint8_t *message; /* valid until the next call about this connection */
    size_t size;            /* octets, 2..65535 */
};

/** Its socket was ready: go on with what it is about, read at most once. */
void conn_read_ready(struct conn *conn);

/**
 * The next response that the relay has to judge. The same again until one of the calls below.
 * @return false: there is none now; the connection may be closed.
 */
bool conn_read_next(struct conn *conn, struct conn_response *response);

/** The response was taken. @param is_sound  false: it was of no use */
void conn_read_done(struct conn *conn, const struct conn_response *response, bool is_sound);

/** It does not belong to its query: the connection is closed, its neighbours are asked elsewhere. */
void conn_read_distrust(struct conn *conn, const struct conn_response *response);

/** There is no room for it: read nothing until conn_read_resume(). */
void conn_read_pause(struct conn *conn);

/** There is room again. */
void conn_read_resume(struct conn *conn);

/** Has the response to a query in flight begun that is not whole? @param id  written: which one */
bool conn_read_is_stuck(const struct conn *conn, uint16_t *id);
