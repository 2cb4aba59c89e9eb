/* upstream_life.h - what the parts of a connection share
 * SPDX-License-Identifier: ISC
 *
 * What: upstream_conn.c carries bytes and answers, upstream_write.c queries; upstream_life.c opens
 *       and closes, counts and watches the clock; upstream_flight.c knows what is in flight;
 *       upstream_watch.c looks for silence. Others do not call them through this header.
 * Who:  upstream_*.c.
 */
#pragma once

#include "lane/stats.h"
#include "os/log.h"
#include "worker/upstream_conn.h"
#include "worker/worker.h"

static inline uint64_t
now_of(const struct upstream_conn *conn)
{
    return conn->worker->loop.now_us;
}

static inline void
add_to(_Atomic uint64_t *value, uint64_t by)
{
    uint64_t old = atomic_load_explicit(value, memory_order_relaxed); /* one writer */
    atomic_store_explicit(value, old + by, memory_order_relaxed);
}

/* upstream_life.c */

/** Report an event and do what the table says. The connection may be closed afterwards. */
void upstream_step_conn(struct upstream_conn *conn, enum conn_event event);

/* upstream_conn.c */

/** The level for one more line about this upstream's trouble: told less and less often. */
enum log_level upstream_trouble(const struct upstream_conn *conn);

/** Send what is due. @return false: the socket is broken, errno tells. */
bool upstream_push(struct upstream_conn *conn);

/** Go on with TLS until it needs more from the peer. */
void upstream_handshake(struct upstream_conn *conn);

/** Has the answer to a query in flight begun that is not whole? @param id  written: which one */
bool upstream_is_stuck(const struct upstream_conn *conn, uint16_t *id);

/** The socket took no more: read what the server said before it went, then it is lost. */
void upstream_write_failed(struct upstream_conn *conn);

/** The event handler of its socket. */
void upstream_socket_ready(struct ev_source *source, uint32_t events);

/** The connection is lost. @param why  for the log */
void upstream_lost(struct upstream_conn *conn, const char *why);

/* upstream_write.c */

/** An answer to our own query came: whatever it says, the server is there. */
enum relay_verdict upstream_judge_probe(const uint8_t *message, size_t size);

/* upstream_flight.c */

/** Hand every query in flight back. @param loss  for those after which the server was heard */
void upstream_orphan_all(struct upstream_conn *conn, enum relay_loss loss);

/* upstream_trust.c */

/** A handshake is done: is there news about the server's key? */
void upstream_note_trust(struct upstream_conn *conn);

/** The handshake failed, or its socket did (errno). The connection is closed. */
void upstream_tls_refused(struct upstream_conn *conn);

/** TLS ended badly after the handshake. The connection is closed. */
void upstream_tls_ended(struct upstream_conn *conn);

/* upstream_watch.c */

/** The server said something: whatever was suspected is over. */
void upstream_heard(struct upstream_conn *conn);

/** The connection is over: nothing is suspected of it. */
void upstream_calm(struct upstream_conn *conn);

/** Look for silence and for queries that are late; ask them elsewhere too. */
void upstream_watch(struct upstream_conn *conn);

/** When upstream_watch() has something to do, or the connection's end has come. */
uint64_t upstream_watch_next(const struct upstream_conn *conn);

/* upstream_life.c */

/** When a connection that is LEFT ends, if nothing is heard; UINT64_MAX: it is not LEFT. */
uint64_t upstream_end_at(const struct upstream_conn *conn);
