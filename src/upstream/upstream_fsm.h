/* upstream_fsm.h - the life of one upstream connection as a table
 * SPDX-License-Identifier: ISC
 *
 * What: {state, event} → {state, what to do}. The half that touches sockets and TLS is
 *       worker/upstream_conn.c: it reports events and does what the table says.
 *
 *   IDLE → WANTED → CONNECTING → HANDSHAKE → READY → DRAINING → CLOSED → IDLE
 *          socket    TCP under    TLS under   queries  no new     put away at
 *          asked for way          way         flow     query      the turn's end
 *
 * Who:  worker. Pure.
 * Ref:  RFC 7766 section 6.2 (closing in order), RFC 7858 section 3.
 */
#pragma once

#include <stdint.h>

enum upstream_state {
    UPSTREAM_IDLE,
    UPSTREAM_WANTED,
    UPSTREAM_CONNECTING,
    UPSTREAM_HANDSHAKE,
    UPSTREAM_READY,
    UPSTREAM_DRAINING,
    UPSTREAM_CLOSED,
    UPSTREAM_STATES_COUNT,
};

enum upstream_event {
    UPSTREAM_ON_WANT,      /* a connection is needed */
    UPSTREAM_ON_SOCKET,    /* the supervisor sent a connecting socket */
    UPSTREAM_ON_REFUSED,   /* it could not be asked, or could not dial */
    UPSTREAM_ON_CONNECTED, /* the socket can be written */
    UPSTREAM_ON_SECURED,   /* handshake done and the peer is the one we trust */
    UPSTREAM_ON_UNTRUSTED, /* the peer is somebody else, or cannot prove itself */
    UPSTREAM_ON_BROKEN,    /* error, reset, or the peer broke the protocol */
    UPSTREAM_ON_ENDED,     /* the peer closed in order */
    UPSTREAM_ON_OVERDUE,   /* silent for too long: dead as far as we can see */
    UPSTREAM_ON_DEADLINE,  /* not ready, or not drained, in time */
    UPSTREAM_ON_RETIRE,    /* not needed any more, or its configuration is gone */
    UPSTREAM_ON_DRAINED,   /* nothing is in flight any more */
    UPSTREAM_ON_CLEARED,   /* the slot is clean again */
    UPSTREAM_EVENTS_COUNT,
};

enum upstream_action {                            /* bits; to be done in this order */
                       UPSTREAM_DO_DIAL = 1,      /* ask the supervisor for a socket */
                       UPSTREAM_DO_START = 2,     /* watch the socket, begin TLS */
                       UPSTREAM_DO_HANDSHAKE = 4, /* go on with TLS */
                       UPSTREAM_DO_SERVE = 8,     /* queries may be written from now on */
                       UPSTREAM_DO_DRAIN = 16,    /* take no new query */
                       UPSTREAM_DO_FAILURE = 32,  /* count against the upstream: back off */
                       UPSTREAM_DO_GOODBYE = 64,  /* tell the peer that we close */
                       UPSTREAM_DO_CLOSE =
                           128, /* end TLS, close the socket, hand queries in flight back */
};

struct upstream_step {
    enum upstream_state state;
    uint32_t actions; /* enum upstream_action; 0: the event means nothing in this state */
};

/** One step of the table. An event that cannot happen in a state changes nothing. */
struct upstream_step upstream_step(enum upstream_state state, enum upstream_event event);

const char *upstream_state_text(enum upstream_state state);
