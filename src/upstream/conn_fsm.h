/* conn_fsm.h - the life of one upstream connection as a table
 * SPDX-License-Identifier: ISC
 *
 * What: {state, event} → {state, what to do}, and a queue of events, so that an event raised while
 *       something is being done is stepped afterwards and never within. The half that touches
 *       sockets and TLS is worker/conn.c: it raises events and does what the table says.
 *
 *   IDLE → WANTED → CONNECTING → HANDSHAKE → READY → DRAINING → CLOSED → IDLE
 *          socket    TCP under    TLS under   queries  no new     put away in a
 *          asked for way          way         flow     query      later turn
 *
 * Who:  worker. Pure.
 * Ref:  RFC 7766 section 6.2 (closing in order), RFC 7858 section 3.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CONN_FSM_WAITING_MAX 4U /* events raised by one action; none raises more than one */

enum conn_state {
    CONN_IDLE,
    CONN_WANTED,
    CONN_CONNECTING,
    CONN_HANDSHAKE,
    CONN_READY,
    CONN_DRAINING,
    CONN_CLOSED,
    CONN_STATES,
};

enum conn_event {
    CONN_ON_WANT,      /* a connection is needed */
    CONN_ON_SOCKET,    /* the supervisor sent a connecting socket */
    CONN_ON_REFUSED,   /* it could not be asked, or could not dial */
    CONN_ON_CONNECTED, /* the socket can be written */
    CONN_ON_SECURED,   /* handshake done and the peer is the one we trust */
    CONN_ON_UNTRUSTED, /* the peer is not the configured server, or cannot prove it */
    CONN_ON_BROKEN,    /* error, reset, or the peer broke the protocol */
    CONN_ON_ENDED,     /* the peer closed in order */
    CONN_ON_OVERDUE,   /* silent for too long: dead as far as we can see */
    CONN_ON_DEADLINE,  /* not ready, or not drained, in time */
    CONN_ON_RETIRE,    /* not needed any more, or its configuration is gone */
    CONN_ON_DRAINED,   /* nothing is in flight any more */
    CONN_ON_CLEARED,   /* the slot is clean again */
    CONN_EVENTS,
};

struct conn_actions { /* to be done in this order; a type of its own, see upstream/flights.h */
    bool dial;        /* ask the supervisor for a socket */
    bool start;       /* watch the socket, begin TLS */
    bool handshake;   /* go on with TLS */
    bool serve;       /* queries may be written from now on */
    bool drain;       /* take no new query */
    bool failure;     /* count against the upstream: back off */
    bool goodbye;     /* tell the peer that we close */
    bool close;       /* end TLS, close the socket, hand queries in flight back */
};

struct conn_step {
    enum conn_state from, state;
    struct conn_actions actions; /* none: the event means nothing in this state */
};

struct conn_fsm {          /* all zero: IDLE, no event waits */
    enum conn_state state; /* written by conn_fsm_next() only */
    bool is_acting;        /* between conn_fsm_next() and conn_fsm_done() */
    uint8_t waiting_count;
    uint8_t waiting[CONN_FSM_WAITING_MAX]; /* enum conn_event, the first goes first */
};

/** One step of the table. An event that cannot happen in a state changes nothing. */
struct conn_step conn_fsm_step(enum conn_state state, enum conn_event event);

/** Something happened. Nothing is stepped here. */
void conn_fsm_raise(struct conn_fsm *fsm, enum conn_event event);

/**
 * Step the event that was raised first.
 *
 * @param step  written: what is to be done; then call conn_fsm_done()
 * @return false: no event waits, or what the last one asked for is not done yet.
 */
bool conn_fsm_next(struct conn_fsm *fsm, struct conn_step *step);

/** What the last step asked for is done. */
void conn_fsm_done(struct conn_fsm *fsm);

const char *conn_fsm_text(enum conn_state state);
