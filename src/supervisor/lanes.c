/* lanes.c - the life of the children: spawn, watch, start again, stop
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/lanes.h"

#include "os/chan.h"
#include "os/log.h"
#include "os/memory.h"
#include "supervisor/channel.h"
#include "supervisor/deaths.h"
#include "supervisor/dial.h"
#include "supervisor/inherited.h"
#include "supervisor/retire.h"
#include "supervisor/rings.h"
#include "supervisor/spawn.h"
#include "supervisor/steer.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

bool
lanes_is_alive(const struct child *child)
{
    return child->pid != 0;
}

struct child *
lanes_child(struct supervisor *sup, unsigned i)
{
    return &sup->lanes[i / SUPERVISOR_CHILDREN].children[i % SUPERVISOR_CHILDREN];
}

void
lanes_init(struct supervisor *sup)
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
                                    .restart_at_us = UINT64_MAX};
            snprintf(child->name, sizeof child->name, "%s.%u", names[role], i);
        }
        memset(lane->listeners, 0xff, sizeof lane->listeners); /* -1 each */
        memset(lane->ring_fds, 0xff, sizeof lane->ring_fds);
    }
}

enum status
lanes_open(struct supervisor *sup)
{
    for (unsigned i = 0; i < sup->lanes_count * SUPERVISOR_CHILDREN; i++) {
        struct child *child = lanes_child(sup, i);
        void *at;
        size_t size;
        enum status status = memory_share("penstock-stats", NULL, sizeof(struct stats_page), false,
                                          &child->stats_fd);
        if (status == STATUS_OK)
            status = memory_map(child->stats_fd, sizeof(struct stats_page), false, &at, &size);
        if (status != STATUS_OK)
            return status;
        child->stats = at;
    }
    return STATUS_OK;
}

static void
send_listeners(struct child *front)
{
    const struct lane *lane = &front->supervisor->lanes[front->lane];
    for (uint32_t i = 0; i < front->supervisor->config.listen_count; i++) {
        for (unsigned kind = 0; kind < SUPERVISOR_KINDS; kind++) {
            struct ipc_message message = {
                .type = IPC_LISTENER, .index = i, .kind = (uint8_t)(kind + 1)};
            if (lane->listeners[i][kind] >= 0)
                channel_send(front, &message, &lane->listeners[i][kind], 1);
        }
    }
}

static void
send_start(struct child *child)
{
    channel_send(child, &(struct ipc_message){.type = IPC_START}, NULL, 0);
}

void
lanes_listener_kept(struct child *front)
{
    struct supervisor *sup = front->supervisor;
    if (front->lane + 1 < sup->lanes_count && steer_is_bound(sup, front->lane))
        send_start(&sup->lanes[front->lane + 1].children[CHILD_FRONT]);
}

/* All that a child needs is queued at once: it never has to wait for us. */
static enum status
send_beginning(struct child *child)
{
    struct supervisor *sup = child->supervisor;
    bool with_ca = child->role == CHILD_WORKER && sup->ca_fd >= 0;
    int fds[] = {sup->config_fds[child->role], child->stats_fd, sup->ca_fd};
    struct ipc_message config = {
        .type = IPC_CONFIG, .lane = child->lane, .epoch = sup->config_number};
    channel_send(child, &config, fds, with_ca ? 3 : 2);
    enum status status = rings_give(child);
    if (child->role == CHILD_FRONT) {
        lists_give(child);
        send_listeners(child);
    }
    /* fronts bind one after the other: the order of sockets is the order of lanes */
    if (child->role != CHILD_FRONT || child->lane == 0 || steer_is_bound(sup, child->lane - 1))
        send_start(child);
    return status;
}

static enum status
spawn(struct child *child)
{
    struct supervisor *sup = child->supervisor;
    int pair[2];
    enum status status = chan_pair(pair);
    if (status != STATUS_OK)
        return status;
    status =
        spawn_child(child->role, sup->exec_fds[child->role], pair[1], &child->pid, &child->pid_fd);
    close(pair[1]);
    if (status != STATUS_OK) {
        close(pair[0]);
        return status;
    }
    child->state = CHILD_STARTING;
    child->started_us = sup->loop.now_us;
    child->due_us = sup->loop.now_us + (uint64_t)SUPERVISOR_READY_MS * 1000;
    child->drain_ms = sup->config.query_ms + SUPERVISOR_DRAIN_MS;
    dial_begin(child);
    child->restart_at_us = UINT64_MAX;
    status = evloop_add(&sup->loop, &child->chan, pair[0], EPOLLIN, channel_is_ready, child);
    if (status == STATUS_OK)
        status = send_beginning(child);
    else
        close(pair[0]);
    if (status != STATUS_OK) /* it is a process already: its end goes the way of all others */
        lanes_kill(child, strerror(errno));
    return STATUS_OK;
}

enum status
lanes_spawn(struct supervisor *sup, enum child_role role)
{
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < sup->lanes_count && status == STATUS_OK; i++)
        status = spawn(&sup->lanes[i].children[role]);
    return status;
}

static void
announce(struct supervisor *sup)
{
    for (uint32_t i = 0; i < sup->config.listen_count; i++) {
        char text[ADDR_TEXT_MAX];
        log_write(LOG_NOTICE, LOG_LISTENING, "%s (UDP and TCP)",
                  addr_format(&sup->config.listen[i], text));
    }
    log_write(LOG_NOTICE, LOG_STARTED, "penstock %s with %s serves with %u %s and %" PRIu32 " %s",
              PENSTOCK_VERSION, sup->tls_library, sup->lanes_count,
              sup->lanes_count == 1 ? "lane" : "lanes", sup->config.upstreams_count,
              sup->config.upstreams_count == 1 ? "upstream" : "upstreams");
    inherited_notify(sup->notify_fd, "READY=1\nSTATUS=Serving\n");
}

static bool
is_all_ready(const struct supervisor *sup)
{
    for (unsigned i = 0; i < sup->lanes_count * CHILD_ROLES; i++)
        if (sup->lanes[i / CHILD_ROLES].children[i % CHILD_ROLES].state != CHILD_READY)
            return false;
    return true;
}

void
lanes_ready(struct child *child)
{
    struct supervisor *sup = child->supervisor;
    if (child->state != CHILD_STARTING) /* READY after STOP is late, and no news */
        return;
    child->state = CHILD_READY;
    log_write(LOG_INFO, LOG_STARTED, "%s is ready (process %d, after %" PRIu64 " ms)", child->name,
              (int)child->pid, (sup->loop.now_us - child->started_us) / 1000);
    if (child->role == CHILD_WORKER) {
        rings_hand_over(child);
        retire_dismiss(&sup->lanes[child->lane]);
    }
    if (sup->phase != PHASE_STARTING || !is_all_ready(sup))
        return;
    sup->phase = PHASE_RUNNING;
    announce(sup);
}

void
lanes_kill(struct child *child, const char *why)
{
    if (!lanes_is_alive(child) || child->state == CHILD_KILLED)
        return;
    if (why != NULL)
        log_write(LOG_ERROR, LOG_INTERNAL, "%s is killed: %s", child->name, why);
    child->state = CHILD_KILLED;
    if (spawn_kill(child->pid_fd))
        return;
    /* a front that is root still, while we are not any more: it ends when its channel does */
    if (!child->supervisor->start_failed)
        log_write(LOG_ERROR, LOG_INTERNAL, "%s cannot be killed: %s", child->name, strerror(errno));
    evloop_remove(&child->supervisor->loop, &child->chan, true);
}

bool
lanes_is_anybody_alive(struct supervisor *sup)
{
    for (unsigned i = 0; i < sup->lanes_count * SUPERVISOR_CHILDREN; i++)
        if (lanes_is_alive(lanes_child(sup, i)))
            return true;
    return false;
}

void
lanes_tell_to_stop(struct child *child)
{
    if (child->state != CHILD_STARTING && child->state != CHILD_READY)
        return;
    child->state = CHILD_DRAINING;
    channel_send(child, &(struct ipc_message){.type = IPC_STOP}, NULL, 0);
}

/* When something must have happened to this child; UINT64_MAX: nothing. */
static uint64_t
due_us(const struct child *child)
{
    switch (child->state) {
    case CHILD_STARTING:
        return child->due_us;
    case CHILD_DRAINING:
        return child->is_retired ? child->due_us : UINT64_MAX;
    case CHILD_GONE:
        return child->restart_at_us;
    case CHILD_READY:
    case CHILD_KILLED:
        break;
    }
    return UINT64_MAX;
}

uint64_t
lanes_deadline_us(struct supervisor *sup)
{
    uint64_t earliest = sup->phase == PHASE_STOPPING ? sup->stop_by_us : UINT64_MAX;
    for (unsigned i = 0; i < sup->lanes_count * SUPERVISOR_CHILDREN; i++) {
        uint64_t due = due_us(lanes_child(sup, i));
        earliest = due < earliest ? due : earliest;
    }
    return earliest;
}

static void
tick_child(struct child *child)
{
    struct supervisor *sup = child->supervisor;
    uint64_t now_us = sup->loop.now_us;
    if (sup->phase == PHASE_STOPPING && now_us >= sup->stop_by_us)
        lanes_kill(child, sup->start_failed ? NULL : "its time to stop is over");
    else if (now_us < due_us(child))
        return;
    else if (child->state == CHILD_STARTING)
        lanes_kill(child, "it was not ready in time");
    else if (child->state == CHILD_DRAINING)
        lanes_kill(child, "it was replaced, and its time to answer is over");
    else if (spawn(child) != STATUS_OK) {
        /* no process to be had: the same as one that died at once */
        char ending[SPAWN_ENDING_MAX];
        snprintf(ending, sizeof ending, "could not be started: %s", strerror(errno));
        child->started_us = now_us;
        deaths_restart(child, ending);
    }
}

void
lanes_tick(struct supervisor *sup)
{
    for (unsigned i = 0; i < sup->lanes_count * SUPERVISOR_CHILDREN; i++)
        tick_child(lanes_child(sup, i));
    if (sup->phase != PHASE_STOPPING || sup->loop.now_us < sup->stop_by_us)
        return;
    if (sup->all_killed) /* and one is there still: it shall not keep us */
        sup->phase = PHASE_ENDED;
    sup->all_killed = true;
    sup->stop_by_us = sup->loop.now_us + (uint64_t)SUPERVISOR_DRAIN_MS * 1000;
}

void
lanes_stop(struct supervisor *sup, int exit_code)
{
    if (sup->exit_code == 0)
        sup->exit_code = exit_code;
    if (sup->phase == PHASE_ENDED)
        return;
    if (sup->phase == PHASE_STOPPING) {
        if (sup->loop.now_us - sup->stopped_us >= SUPERVISOR_ONCE_MS * 1000)
            sup->stop_by_us = sup->loop.now_us; /* lanes_tick() kills */
        return;
    }
    uint64_t drain_ms = (uint64_t)sup->query_ms_most + SUPERVISOR_DRAIN_MS;
    sup->phase = PHASE_STOPPING;
    sup->stopped_us = sup->loop.now_us;
    sup->stop_by_us = sup->loop.now_us + drain_ms * 1000;
    inherited_notify(sup->notify_fd, "STOPPING=1\nSTATUS=Answering what is in flight\n");
    for (unsigned i = 0; i < sup->lanes_count; i++) {
        struct lane *lane = &sup->lanes[i];
        for (unsigned role = 0; role < CHILD_ROLES; role++)
            lane->children[role].restart_at_us = UINT64_MAX;
        lanes_tell_to_stop(&lane->children[CHILD_FRONT]);
        /* the worker answers what its front still waits for: it is told when the front is gone */
        if (!lanes_is_alive(&lane->children[CHILD_FRONT]))
            lanes_tell_to_stop(&lane->children[CHILD_WORKER]);
    }
    if (!lanes_is_anybody_alive(sup))
        sup->phase = PHASE_ENDED;
}
