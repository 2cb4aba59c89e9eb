/* children.c - the processes of all lanes: which live, in which state, and their end by force
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/children.h"

#include "supervisor/spawn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void
children_init(struct supervisor *sup)
{
    static const char *const names[] = {"front", "worker"};
    memset(sup->lanes, 0, sizeof sup->lanes);
    for (unsigned i = 0; i < CONFIG_LANES_MAX; i++) {
        struct lane *lane = &sup->lanes[i];
        for (unsigned at = 0; at < SUPERVISOR_CHILDREN; at++) {
            struct child *child = &lane->children[at];
            enum child_role role = at < CHILD_ROLES ? (enum child_role)at : CHILD_WORKER;
            *child = (struct child){.supervisor = sup,
                                    .role = role,
                                    .lane = i,
                                    .chan.fd = -1,
                                    .pid_fd = -1,
                                    .stats_fd = -1,
                                    .watch_fd = -1,
                                    .events_fd = -1,
                                    .events_watch_fd = -1,
                                    .restart_at_us = UINT64_MAX};
            snprintf(child->name, sizeof child->name, "%s.%u", names[role], i);
        }
        memset(lane->listeners, 0xff, sizeof lane->listeners); /* -1 each */
        memset(lane->ring_fds, 0xff, sizeof lane->ring_fds);
    }
}

unsigned
children_count(const struct supervisor *sup)
{
    return sup->lanes_count * SUPERVISOR_CHILDREN;
}

struct child *
children_at(struct supervisor *sup, unsigned i)
{
    return &sup->lanes[i / SUPERVISOR_CHILDREN].children[i % SUPERVISOR_CHILDREN];
}

bool
children_step(struct child *child, enum life_event event)
{
    enum life_state next = life_step(child->state, event);
    if (next == LIFE_STATES)
        return false;
    child->state = next;
    return true;
}

bool
children_is_alive(const struct child *child)
{
    return child->state != LIFE_GONE;
}

bool
children_is_any_alive(struct supervisor *sup)
{
    for (unsigned i = 0; i < children_count(sup); i++)
        if (children_is_alive(children_at(sup, i)))
            return true;
    return false;
}

bool
children_are_any(const struct supervisor *sup, enum life_state state)
{
    for (unsigned i = 0; i < sup->lanes_count * CHILD_ROLES; i++)
        if (sup->lanes[i / CHILD_ROLES].children[i % CHILD_ROLES].state == state)
            return true;
    return false;
}

bool
children_are_all(const struct supervisor *sup, enum life_state state)
{
    for (unsigned i = 0; i < sup->lanes_count * CHILD_ROLES; i++)
        if (sup->lanes[i / CHILD_ROLES].children[i % CHILD_ROLES].state != state)
            return false;
    return true;
}

bool
children_is_retired_serving(const struct lane *lane)
{
    for (unsigned i = CHILD_ROLES; i < SUPERVISOR_CHILDREN; i++)
        if (lane->children[i].state == LIFE_READY)
            return true;
    return false;
}

void
children_kill(struct child *child)
{
    if (!children_step(child, LIFE_IS_KILLED) || spawn_kill(child->pid_fd))
        return;
    /* a front that is root still, while we are not any more: it ends when its channel does */
    if (!child->supervisor->start_failed)
        log_write(LOG_ERROR, LOG_INTERNAL, "%s: SIGKILL failed: %s", child->name, strerror(errno));
    evloop_remove(&child->supervisor->loop, &child->chan, true);
}

void
children_kill_for(struct child *child, enum log_level level, const char *why)
{
    if (life_step(child->state, LIFE_IS_KILLED) != LIFE_STATES)
        log_write(level, LOG_INTERNAL, "%s is killed: %s", child->name, why);
    children_kill(child);
}

uint64_t
children_due_us(const struct child *child)
{
    switch (child->state) {
    case LIFE_STARTING:
        return child->due_us;
    case LIFE_DRAINING:
        return child->is_retired ? child->due_us : UINT64_MAX;
    case LIFE_GONE:
        return child->restart_at_us;
    case LIFE_READY:
    case LIFE_KILLED:
    case LIFE_STATES:
        break;
    }
    return UINT64_MAX;
}
