/* upstream_conn.h - one TLS connection with many queries in flight
 * SPDX-License-Identifier: ISC
 *
 * What: the half of upstream/conn_fsm.h that acts. Queries are collected and written together, one
 *       TLS record and one system call per turn; answers are matched by connection, id and
 * question. The id of a query that nobody waits for any more stays out until it is answered, so a
 * late answer is known as such. Who:  worker. Ref:  RFC 7766 sections 6 and 7; RFC 7858; RFC 8467
 * (padding); RFC 5452.
 */
#pragma once

#include "lane/handoff.h"
#include "os/evloop.h"
#include "upstream/conn_fsm.h"
#include "upstream/flights.h"
#include "upstream/watch.h"
#include "worker/tls_session.h"

#define UPSTREAM_WRITE_BYTES TLS_WRITE_MAX /* queries collected for one record */
/* one message, and a record behind it */
#define UPSTREAM_READ_BYTES (TLS_WRITE_MAX + (66U << 10))

struct worker;
struct upstream;

#define UPSTREAM_ACK_GAP_US      2000U /* writes closer than this carry acknowledgements soon enough */
#define UPSTREAM_ACK_GAP_MOST_US 100000U /* a longer gap counts as this */
#define UPSTREAM_ACK_TURNS       16U /* so often in a row an answer left others behind: no chance */

struct upstream_conn {
    struct ev_source socket;
    struct worker *worker;     /* borrowed */
    struct upstream *upstream; /* borrowed */
    struct conn_fsm fsm;
    uint32_t tag;          /* UPSTREAM_WANT's; another one for each attempt */
    bool is_dirty;         /* has queries to write at the end of the turn */
    bool is_spent;         /* the server answers no more queries on it, as far as we know */
    bool is_replaced;      /* another one was opened to take its place */
    uint64_t asked;        /* queries written, since it is ready */
    uint64_t answers;      /* since it is ready */
    uint64_t since_us;     /* when the attempt began; from READY on, when it became ready */
    uint64_t deadline_us;  /* WANTED to HANDSHAKE, DRAINING */
    uint64_t frame_us;     /* a message began to come that is not whole; 0: none */
    uint64_t used_us;      /* a query or an answer last */
    uint64_t wrote_us;     /* queries last */
    uint32_t write_gap_us; /* between two writes of queries, smoothed */
    uint32_t behind;       /* turns in a row that brought answers, not all, and wrote nothing */
    struct tls_session *tls;
    uint8_t *tls_in, *tls_out; /* TLS_IN_BYTES, TLS_OUT_BYTES */
    uint8_t *queries;          /* UPSTREAM_WRITE_BYTES: framed, not yet encrypted */
    size_t queries_size;
    uint8_t *answers_data; /* UPSTREAM_READ_BYTES */
    size_t answers_head, answers_tail;
    struct flights flights;
    struct watch watch;
};

/** Begin an attempt: ask the supervisor for a socket. The state must be IDLE. */
void upstream_conn_open(struct upstream_conn *conn);

/** The supervisor's answer: `fd` is given away; -1 with an errno in `error`. */
void upstream_conn_socket(struct upstream_conn *conn, int fd, uint32_t error);

/** Take no new query and close when nothing is in flight. */
void upstream_conn_retire(struct upstream_conn *conn);

/**
 * Write a query, to be sent at the end of the turn.
 * @param question  the relay's name for it
 * @param id        written: give it to upstream_conn_forget() if nobody waits any more
 * @return STATUS_OK; STATUS_FULL (not ready, or no room).
 */
MUST_CHECK enum status upstream_conn_ask(struct upstream_conn *conn, uint32_t question,
                                         const struct handoff_query *query, uint16_t *id);

/** Ask for the root's name servers, unless a probe is in flight after which nothing was heard. It
 *  finds room where a query does not. */
void upstream_conn_probe(struct upstream_conn *conn);

/** Nobody waits for the answer to `id` any more. */
void upstream_conn_forget(struct upstream_conn *conn, uint16_t id);

/** Encrypt and send what was collected. */
void upstream_conn_flush(struct upstream_conn *conn);

/** There is room toward the front again. */
void upstream_conn_release(struct upstream_conn *conn);

/** Deadlines, silence, idleness. @return when to be called again; UINT64_MAX: no need. */
uint64_t upstream_conn_tick(struct upstream_conn *conn);

/** Say goodbye, as far as the socket takes it at once, and close: the process ends. */
void upstream_conn_end(struct upstream_conn *conn);
