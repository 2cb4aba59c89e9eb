/* retire.c - a worker that a reload replaces goes on answering what it was asked
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/retire.h"

#include "supervisor/channel.h"
#include "supervisor/children.h"
#include "supervisor/dial.h"
#include "supervisor/report.h"
#include "supervisor/rings.h"
#include "supervisor/tell.h"

#include <errno.h>
#include <string.h>

unsigned
retire_place(const struct lane *lane)
{
    unsigned at = CHILD_ROLES;
    while (at < SUPERVISOR_CHILDREN && children_is_alive(&lane->children[at]))
        at++;
    return at;
}

bool
retire_has_room(const struct supervisor *sup)
{
    for (unsigned i = 0; i < sup->lanes_count; i++) {
        const struct lane *lane = &sup->lanes[i];
        if (lane->children[CHILD_WORKER].state == LIFE_READY &&
            retire_place(lane) == SUPERVISOR_CHILDREN)
            return false;
    }
    return true;
}

/* A process keeps its page of statistics; the free place's has counts of one that is gone. */
static enum status
move(struct child *from, struct child *to)
{
    struct child place = *to;
    *to = *from;
    to->state = place.state;
    to->chan = place.chan;
    to->is_retired = true;
    from->stats = place.stats;
    from->stats_fd = place.stats_fd;
    from->watch_fd = place.watch_fd;
    from->pid = 0;
    from->pid_fd = -1;
    from->ring_number = 0;
    (void)children_step(from, LIFE_LEAVES);
    (void)children_step(to, LIFE_ARRIVES);
    return channel_move(from, to);
}

void
retire_worker(struct child *worker)
{
    struct lane *lane = &worker->supervisor->lanes[worker->lane];
    unsigned place = retire_place(lane);
    if (worker->state != LIFE_READY || place == SUPERVISOR_CHILDREN)
        return; /* the next one is new anyway */
    rings_leave(worker);
    if (move(worker, &lane->children[place]) != STATUS_OK)
        children_kill_for(&lane->children[place], LOG_ERROR, strerror(errno));
    report_replaced(worker->supervisor);
    worker->restart_at_us = worker->supervisor->loop.now_us;
    dial_renew(lane); /* what it dials is our doing, not its own */
}

void
retire_dismiss(struct lane *lane)
{
    for (unsigned i = CHILD_ROLES; i < SUPERVISOR_CHILDREN; i++) {
        struct child *child = &lane->children[i];
        if (child->state != LIFE_READY)
            continue;
        child->due_us = child->supervisor->loop.now_us + (uint64_t)child->drain_ms * 1000;
        tell_to_stop(child);
    }
}

void
retire_end(struct lane *lane)
{
    for (unsigned i = CHILD_ROLES; i < SUPERVISOR_CHILDREN; i++) {
        lane->children[i].is_unneeded = true;
        children_kill(&lane->children[i]);
    }
}
