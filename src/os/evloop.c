/* evloop.c - epoll_wait and its milliseconds
 * SPDX-License-Identifier: ISC
 *
 * Deadlines here are time-outs of 100 ms and more, so rounding up to 1 ms loses nothing;
 * epoll_pwait2 would be one more call to permit and to fall back from.
 */
#include "os/evloop.h"

#include "os/os.h"
#include "os/sys.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/eventfd.h>

/* --- clocks ---------------------------------------------------------------------------------- */

struct clock_time
evloop_time_at(uint64_t now_us, uint32_t wall_s)
{
    return (struct clock_time){.now_us = now_us,
                               .now_ms = now_us / 1000,
                               .now_s = (uint32_t)(now_us / 1000000),
                               .wall_s = wall_s};
}

struct clock_time
evloop_time(const struct evloop *loop)
{
    return evloop_time_at(loop->now_us, loop->wall_s);
}

struct clock_time
evloop_read_clocks(void)
{
    struct timespec wall;
    sys_clock_gettime(CLOCK_REALTIME_COARSE, &wall); /* a few ms late: no matter */
    return evloop_time_at(sys_clock_us(CLOCK_MONOTONIC), (uint32_t)wall.tv_sec);
}

uint64_t
evloop_cpu_us(void)
{
    return sys_clock_us(CLOCK_THREAD_CPUTIME_ID);
}

/* --- sources --------------------------------------------------------------------------------- */

static void
set_time(struct evloop *loop, struct clock_time time)
{
    loop->now_us = time.now_us;
    loop->wall_s = time.wall_s;
    os_used->now_us = time.now_us;
}

enum status
evloop_open(struct evloop *loop)
{
    memset(loop, 0, sizeof *loop);
    loop->epoll_fd = sys_epoll_create1(EPOLL_CLOEXEC);
    set_time(loop, evloop_read_clocks());
    return loop->epoll_fd < 0 ? STATUS_SYSTEM : STATUS_OK;
}

static void
close_removed(struct evloop *loop)
{
    for (unsigned i = 0; i < loop->closing_count; i++)
        sys_close(loop->closing[i]);
    loop->closing_count = 0;
}

enum status
evloop_add(struct evloop *loop, struct ev_source *source, int fd, uint32_t events,
           ev_handler *ready, void *owner)
{
    *source = (struct ev_source){.fd = fd, .events = events, .ready = ready, .owner = owner};
    struct epoll_event event = {.events = events, .data.ptr = source};
    if (sys_epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
        return STATUS_OK;
    source->fd = -1;
    return STATUS_SYSTEM;
}

void
evloop_want(struct evloop *loop, struct ev_source *source, uint32_t events)
{
    if (source->fd < 0 || source->events == events)
        return;
    struct epoll_event event = {.events = events, .data.ptr = source};
    if (sys_epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, source->fd, &event) != 0)
        log_fatal("descriptor %d cannot be watched: %s", source->fd, strerror(errno));
    source->events = events;
}

void
evloop_remove(struct evloop *loop, struct ev_source *source, bool close_fd)
{
    if (source->fd < 0)
        return;
    /* always by hand: the kernel forgets a descriptor by itself only when its last copy closes,
     * and copies of listening sockets and bells live in other processes */
    sys_epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
    for (int i = loop->batch_at; i < loop->batch_count; i++)
        if (loop->batch[i].data.ptr == source)
            loop->batch[i].data.ptr = NULL;
    if (close_fd) {
        unsigned room = sizeof loop->closing / sizeof loop->closing[0];
        if (loop->closing_count < room)
            loop->closing[loop->closing_count++] = source->fd;
        else
            sys_close(source->fd); /* its events are gone from the batch, so early is safe too */
    }
    source->fd = -1;
    source->events = 0;
}

/* --- turns ----------------------------------------------------------------------------------- */

static int
wait_ms(uint64_t now_us, uint64_t deadline_us)
{
    if (deadline_us == UINT64_MAX)
        return -1;
    if (deadline_us <= now_us)
        return 0;
    uint64_t ms = (deadline_us - now_us + 999) / 1000;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

void
evloop_rest(uint32_t us)
{
    struct timespec ts = {.tv_nsec = (long)us * 1000};
    (void)sys_clock_nanosleep(CLOCK_MONOTONIC, 0, &ts); /* woken early: no harm */
}

struct clock_time
evloop_wait(struct evloop *loop, uint64_t deadline_us)
{
    close_removed(loop); /* what was removed between two turns must not stay open while we wait */
    int count = sys_epoll_wait(loop->epoll_fd, loop->batch, EVLOOP_BATCH,
                               wait_ms(loop->now_us, deadline_us));
    if (count < 0 && errno != EINTR)
        log_fatal("events cannot be waited for: %s", strerror(errno));
    loop->batch_at = 0;
    loop->batch_count = count > 0 ? count : 0;
    return evloop_read_clocks();
}

void
evloop_dispatch(struct evloop *loop, struct clock_time time)
{
    set_time(loop, time);
    if (os_used->log.unsaid)
        log_tick();
    loop->turns++;
    while (loop->batch_at < loop->batch_count) {
        struct epoll_event *event = &loop->batch[loop->batch_at++];
        struct ev_source *source = event->data.ptr;
        if (source == NULL)
            continue;
        /* a handler before may want less of it by now */
        uint32_t events = event->events & (source->events | EPOLLERR | EPOLLHUP);
        if (events != 0)
            source->ready(source, events);
    }
    loop->batch_count = loop->batch_at = 0;
    close_removed(loop);
}

void
evloop_turn(struct evloop *loop, uint64_t deadline_us)
{
    evloop_dispatch(loop, evloop_wait(loop, deadline_us));
}

/* --- bells ----------------------------------------------------------------------------------- */

enum status
evloop_open_bell(int *fd)
{
    *fd = sys_eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return *fd < 0 ? STATUS_SYSTEM : STATUS_OK;
}

/* It is shared with a peer that may have changed its counter, but never its flags: no filter lets a
 * child take O_NONBLOCK away, so a write cannot be made to block. */
void
evloop_ring_bell(int fd)
{
    uint64_t one = 1;
    ssize_t sent = sys_write(fd, &one, sizeof one);
    (void)sent; /* EAGAIN: the counter is full */
}
