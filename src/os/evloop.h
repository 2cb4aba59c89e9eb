/* evloop.h - epoll, the one place that reads clocks, closing at the turn's end, and bells that wake it
 * SPDX-License-Identifier: ISC
 *
 * What: a process waits, then hands the time and what is ready to the turn of its process. Handlers
 *       are called with their source; they do not call each other. A source removed during a turn
 *       gets no further event of that turn and its descriptor is closed at the end. A bell is an
 *       eventfd by which another process is woken; it is watched on its edge, so every ring of it
 *       is an event, and its counter need not be cleared.
 * Who:  front, worker, supervisor. The supervisor opens bells; front and worker ring each other's.
 * Ref:  epoll(7), eventfd(2); lane/ring.h says when to ring.
 */
#pragma once

#include "base/status.h"
#include "os/clock.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#define EVLOOP_BATCH 64 /* events taken from the kernel per turn */

struct ev_source;
typedef void ev_handler(struct ev_source *source, uint32_t events);

struct ev_source {
    int fd;            /* -1: not registered */
    uint32_t events;   /* EPOLLIN, EPOLLOUT as registered */
    ev_handler *ready; /* called with EPOLLIN/EPOLLOUT/EPOLLHUP/EPOLLERR */
    void *owner;       /* for the handler */
};

struct evloop {
    int epoll_fd;
    uint64_t now_us; /* of this turn: struct clock_time */
    uint32_t wall_s;
    uint64_t turns; /* so far */
    struct epoll_event batch[EVLOOP_BATCH];
    int batch_count, batch_at;
    int closing[EVLOOP_BATCH * 4]; /* descriptors to close at the end of the turn */
    unsigned closing_count;
};

/** When this turn began. */
struct clock_time evloop_time(const struct evloop *loop);

/** A moment by both clocks. */
struct clock_time evloop_time_at(uint64_t now_us, uint32_t wall_s);

/** Both clocks together, so that neither is forgotten: once per turn, and at the start. */
struct clock_time evloop_read_clocks(void);

/** CPU time that this thread has used, in µs; a system call: where cost is judged. */
uint64_t evloop_cpu_us(void);

/** @return STATUS_OK; STATUS_SYSTEM. Reads the clock, so now_us is valid at once. */
MUST_CHECK enum status evloop_open(struct evloop *loop);

/** Register. `source` must stay in place until removed. @return STATUS_OK; STATUS_SYSTEM (fd not
 * registered). */
MUST_CHECK enum status evloop_add(struct evloop *loop, struct ev_source *source, int fd,
                                  uint32_t events, ev_handler *ready, void *owner);

/** Change the interest; no system call if it is the same already. What was found before and is not
 *  wanted any more is not reported. */
void evloop_want(struct evloop *loop, struct ev_source *source, uint32_t events);

/** Unregister. May be called twice. @param close_fd  close the descriptor at the turn's end */
void evloop_remove(struct evloop *loop, struct ev_source *source, bool close_fd);

/** Sleep for `us` microseconds (1..999999), events or not: what comes meanwhile is for the next
 * turn. */
void evloop_rest(uint32_t us);

/**
 * Wait until an event or `deadline_us` (monotonic; UINT64_MAX: none; past: poll). Fatal where the
 * kernel refuses.
 * @return both clocks, read then: for evloop_dispatch()
 */
struct clock_time evloop_wait(struct evloop *loop, uint64_t deadline_us);

/** The first act of a turn: it is `time`; report lines of the log that were left out; call the
 *  handlers of what the last wait has found, close what they removed. */
void evloop_dispatch(struct evloop *loop, struct clock_time time);

/** Wait and dispatch, for a process that has no turn of its own. */
void evloop_turn(struct evloop *loop, uint64_t deadline_us);

/** A bell: close-on-exec and non-blocking. @return STATUS_OK; STATUS_SYSTEM (`*fd` is -1). */
MUST_CHECK enum status evloop_open_bell(int *fd);

/** Wake the process that watches it. Cannot fail: where the counter is full, it is awake already. */
void evloop_ring_bell(int fd);
