/* worker.h - all that a worker process holds, and the order of one turn
 * SPDX-License-Identifier: ISC
 *
 * What: one struct, reserved before the sandbox closes. Each member belongs to the file of its
 *       name; the others use its functions. mbedTLS alone allocates later: for handshakes.
 * Who:  penstock-worker only.
 * Ref:  docs/QUERY.md (life of a query).
 */
#pragma once

#include "child/child_config.h"
#include "child/child_inbox.h"
#include "child/child_usage.h"
#include "worker/pool.h"
#include "worker/relay.h"

struct worker {
    struct child_config self; /* what this process was told of itself */
    int ca_fd;                /* until the CAs are parsed; -1: none given */
    bool is_reserved;         /* worker_reserve() was called */
    struct evloop loop;
    struct child_inbox inbox; /* messages from the supervisor */
    struct ipc_message look;  /* PIN_LOOK, if that came instead of START */
    int look_fd;              /* its socket; -1: it did not come */
    struct relay relay;
    struct pool pool;
    struct child_usage usage;
    uint64_t stop_us; /* 0: serving; else the end is here at last */
};

/** Reserve all memory for config's sizes and prepare TLS; fatal where that fails. */
void worker_reserve(struct worker *worker);

/** Before the first turn: connect to upstreams. */
void worker_begin(struct worker *worker);

/**
 * One turn: what is ready, what is due, what the front asks; then everything that has gathered is
 * sent.
 *
 * @param time  both clocks, read when the wait before it ended
 * @return when the next turn is due at the latest, monotonic µs; 0: at once
 */
uint64_t worker_turn(struct worker *worker, struct clock_time time);

/** Is there anything for worker_control_report() to say? */
bool worker_has_report(const struct worker *worker);

/** Was it told to stop, and is every query at its end, or its time? */
bool worker_is_over(const struct worker *worker);

/** After the last turn: connections are closed in order. */
void worker_end(struct worker *worker);
