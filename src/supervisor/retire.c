/* retire.c - see retire.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/retire.h"

#include "supervisor/channel.h"
#include "supervisor/dial.h"
#include "supervisor/lanes.h"

#include <errno.h>
#include <string.h>

static struct child *
free_place(struct lane *lane)
{
    for (unsigned i = CHILD_ROLES; i < SUPERVISOR_CHILDREN; i++)
        if (!lanes_is_alive(&lane->children[i]))
            return &lane->children[i];
    return NULL;
}

bool
retire_has_room(const struct supervisor *sup)
{
    for (unsigned i = 0; i < sup->lanes_count; i++) {
        const struct lane *lane = &sup->lanes[i];
        bool has_place = false;
        for (unsigned at = CHILD_ROLES; at < SUPERVISOR_CHILDREN; at++)
            has_place |= !lanes_is_alive(&lane->children[at]);
        if (!has_place && lane->children[CHILD_WORKER].state == CHILD_READY)
            return false;
    }
    return true;
}

/* A process keeps its page of statistics; the free place's has counts of one that is gone. */
static enum status
move(struct child *from, struct child *to)
{
    struct evloop *loop = &from->supervisor->loop;
    struct stats_page *stats = to->stats;
    int stats_fd = to->stats_fd, chan_fd = from->chan.fd;
    evloop_remove(loop, &from->chan, false);
    *to = *from;
    to->is_retired = true;
    to->is_unneeded = false;
    from->stats = stats;
    from->stats_fd = stats_fd;
    from->state = CHILD_GONE;
    from->pid = 0;
    from->pid_fd = -1;
    from->ring_number = 0;
    return evloop_add(loop, &to->chan, chan_fd, EPOLLIN, channel_is_ready, to);
}

void
retire_worker(struct child *worker)
{
    struct lane *lane = &worker->supervisor->lanes[worker->lane];
    struct child *place = free_place(lane);
    if (worker->state != CHILD_READY || place == NULL)
        return; /* the next one is new anyway */
    if (move(worker, place) != STATUS_OK)
        lanes_kill(place, strerror(errno));
    worker->restart_at_us = worker->supervisor->loop.now_us;
    dial_renew(lane); /* what it dials is our doing, not its own */
}

bool
retire_is_serving(const struct lane *lane)
{
    for (unsigned i = CHILD_ROLES; i < SUPERVISOR_CHILDREN; i++)
        if (lane->children[i].state == CHILD_READY)
            return true;
    return false;
}

void
retire_dismiss(struct lane *lane)
{
    for (unsigned i = CHILD_ROLES; i < SUPERVISOR_CHILDREN; i++) {
        struct child *child = &lane->children[i];
        if (child->state != CHILD_READY)
            continue;
        child->due_us = child->supervisor->loop.now_us + (uint64_t)child->drain_ms * 1000;
        lanes_tell_to_stop(child);
    }
}

void
retire_end(struct lane *lane)
{
    for (unsigned i = CHILD_ROLES; i < SUPERVISOR_CHILDREN; i++) {
        lane->children[i].is_unneeded = true;
        lanes_kill(&lane->children[i], NULL);
    }
}
