/* conn.h - one TLS connection with many queries in flight: its life
 * SPDX-License-Identifier: ISC
 *
 * What: the half of upstream/conn_fsm.h that acts: opens, shakes hands, serves, drains, closes.
 *       conn_io.h writes queries and takes responses, conn_watch.h looks at the clock.
 *       A connection calls nobody above it. It is marked for what is to be done with it, and the turn
 *       takes the marks: its socket handler marks it too, and reads nothing.
 * Who:  worker. The pool owns the connections; the relay writes to them and takes from them.
 * Ref:  RFC 7766 sections 6 and 7; RFC 7858; RFC 5452.
 */
#pragma once

#include "base/list.h"
#include "os/evloop.h"
#include "upstream/flights.h"
#include "worker/upstream.h"

#define CONN_PROBES_MAX  16U           /* ids that queries leave to probes */
#define CONN_WRITE_BYTES TLS_WRITE_MAX /* queries collected for one record */
/* one message, and a record behind it */
#define CONN_READ_BYTES (TLS_WRITE_MAX + (66U << 10))

/* What is to be done with a connection, each in a list of its own. */
enum conn_mark {
    CONN_TO_READ,  /* its socket is ready, or there is something else to be looked at */
    CONN_TO_FLUSH, /* queries wait to be sent, or octets to be acknowledged */
    CONN_NEWS,     /* for the pool: conn_take_news() */
    CONN_TO_TELL,  /* for the supervisor: pool_next_order() */
    CONN_ORPHANED, /* it is closed, and queries were in flight: conn_pop_orphan() */
    CONN_LATE,     /* queries are to be asked elsewhere, too: conn_watch_next_late() */
    CONN_MARKS,
};

struct conn;

/* Of a connection that had the number of queries that its server answers, as far as we know. */
enum conn_trial {
    CONN_UNTRIED,
    CONN_PASSED_OVER, /* another one is tried */
    CONN_TRIED,       /* a probe is in flight on it: is it answered? */
};

struct conn_shared { /* what all connections of a process have in common */
    const struct config *config;
    struct stats_page *stats;
    struct evloop *loop;         /* now_us is the time of the turn */
    const struct health *health; /* of all upstreams */
    enum choice_strategy strategy;
    bool is_hedging;    /* late queries are asked a second time */
    struct conn *conns; /* borrowed; numbered from 1 */
    struct list marked[CONN_MARKS];
    uint64_t next_us; /* no connection has a deadline before */
};

struct conn_news {    /* since the pool asked last */
    bool is_opened;   /* it is READY */
    bool is_closed;   /* it was put away */
    bool has_failed;  /* that counts against the upstream, */
    bool was_attempt; /* and it had never been READY */
    bool is_silent;   /* SUSPECT from now on */
    bool is_left;     /* LEFT from now on */
};

struct conn {
    struct conn_shared *shared; /* borrowed */
    struct upstream *upstream;  /* borrowed */
    uint32_t number;            /* in shared->conns */
    struct list_links marks[CONN_MARKS];
    struct conn_news news;
    struct ev_source socket;
    uint32_t events; /* that its socket was ready for since it was read last */
    struct conn_fsm fsm;
    uint32_t tag;     /* UPSTREAM_WANT's; another one for each attempt */
    bool is_wanted;   /* the supervisor is to be asked for a socket */
    uint64_t dear_us; /* CPU time of a refused handshake that was too expensive; 0: none */
    bool is_fed;      /* the server sent something that was not looked at */
    int write_error; /* the socket took no more, errno; what the server said before is read first */
    bool is_spent;   /* the server answers no more queries on it, as far as we know */
    enum conn_trial trial;
    bool is_replaced;      /* another one was opened to take its place */
    bool is_worn_out;      /* it drains since queries that nobody waits for held its places */
    bool is_failed;        /* CLOSED: its end counted against the upstream */
    uint64_t asked;        /* queries written, since it is ready */
    uint64_t answers;      /* since it is ready */
    uint64_t since_us;     /* when the attempt began; from READY on, when it became ready */
    uint64_t connected_us; /* when TCP was: HANDSHAKE */
    uint64_t deadline_us;  /* WANTED to HANDSHAKE, DRAINING */
    uint64_t frame_us;     /* a message began to come that is not whole; 0: none */
    uint64_t used_us;      /* a query or an answer last */
    uint64_t wrote_us;     /* queries last */
    uint32_t write_gap_us; /* between two writes of queries, smoothed */
    uint32_t behind;       /* turns in a row that brought answers, not all, and wrote nothing */
    struct tls_session *tls;
    uint8_t *tls_in, *tls_out; /* TLS_IN_BYTES, TLS_OUT_BYTES */
    uint8_t *queries;          /* CONN_WRITE_BYTES: framed, not yet encrypted */
    size_t queries_size;
    uint8_t *responses; /* CONN_READ_BYTES: decrypted, not yet taken */
    size_t responses_head, responses_tail;
    struct watch watch;
    struct flights flights;
};

/* --- for the pool and the relay --------------------------------------------------------------- */

/** Begin an attempt: a socket is wanted. The state must be IDLE. @param tag  the attempt's name */
void conn_open(struct conn *conn, uint32_t tag);

/** The supervisor's answer: `fd` is given away; -1 with an errno in `error`. */
void conn_socket(struct conn *conn, int fd, uint32_t error);

/** The supervisor cannot be asked for a socket now. */
void conn_refused(struct conn *conn);

/** Take no new query and close when nothing is in flight. */
void conn_retire(struct conn *conn);

/** The same for one that is worn: if its place is needed, what is still in flight is asked elsewhere. */
void conn_wear_out(struct conn *conn);

/** The server says how long it keeps idle connections (RFC 7828); 0: it wants this one closed. */
void conn_keepalive(struct conn *conn, uint16_t keepalive_100ms);

/** The response to `id` is not needed any more. */
void conn_abandon(struct conn *conn, uint16_t id);

/** Say goodbye, as far as the socket takes it at once: the process ends. */
void conn_end(struct conn *conn);

enum conn_loss { /* what became of a query in flight on a connection that was closed */
                 CONN_LOSS_BROKEN, /* the connection broke: an attempt, and asking elsewhere is failover */
                 CONN_LOSS_ENDED,   /* the server closed in order: not an attempt */
                 CONN_LOSS_UNHEARD, /* nothing was heard on it since it was asked: not an attempt */
};

/** Take one query that was in flight when the connection closed. @return false: none is left */
bool conn_pop_orphan(struct conn *conn, uint32_t *query, enum conn_loss *loss);

/** What happened since the last call. */
struct conn_news conn_take_news(struct conn *conn);

/** The next connection with this mark, which is taken from it; NULL: none has it. */
struct conn *conn_next_marked(struct conn_shared *shared, enum conn_mark mark);

/** Are queries under way on it, or may they be? */
bool conn_is_up(const struct conn *conn);

/** Could a query be written where at most `limit` may be in flight? */
bool conn_has_place(const struct conn *conn, uint32_t limit);

/** Do queries that nobody waits for any more hold more than half of its places? */
bool conn_is_worn(const struct conn *conn);

/* --- for conn_*.c ----------------------------------------------------------------------------- */

/** The time of the turn. */
uint64_t conn_now(const struct conn *conn);

/** Mark it; a second time changes nothing. */
void conn_mark(struct conn *conn, enum conn_mark mark);

/** Has it this mark? */
bool conn_is_marked(const struct conn *conn, enum conn_mark mark);

/** Its deadline is at `at_us`, or sooner. */
void conn_sooner(const struct conn *conn, uint64_t at_us);

/** When silence or lateness on it is to be looked at; UINT64_MAX: not unless something happens. */
uint64_t conn_due_us(const struct conn *conn);

/** When the oldest query that a walk has not passed is late. */
uint64_t conn_late_us(const struct conn *conn, enum flights_walk walk);

/** When it ends for its silence, if nothing is heard; UINT64_MAX: it is not LEFT. */
uint64_t conn_silence_end_us(const struct conn *conn);

/** When it ends though something is in flight on it; only while it is DRAINING. */
uint64_t conn_drain_end_us(const struct conn *conn);

/** Report an event and do what the table says, unless something is being done: then afterwards. */
void conn_step(struct conn *conn, enum conn_event event);

/** Go on with the handshake until it needs more from the peer. */
void conn_handshake(struct conn *conn);

/** Send what is due. @return false: the socket is broken, errno tells. */
bool conn_push(struct conn *conn);

/** The server closed it in order. */
void conn_closed(struct conn *conn);

/** It is lost. @param why  for the log */
void conn_lost(struct conn *conn, const char *why);

/** Nothing is suspected of it any more. */
void conn_calm(struct conn *conn);
