/* lanes.c - the life of the lanes: spawn, ready, stop
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/lanes.h"

#include "os/chan.h"
#include "os/log.h"
#include "os/sys.h"
#include "supervisor/audit_events.h"
#include "supervisor/channel.h"
#include "supervisor/children.h"
#include "supervisor/dial.h"
#include "supervisor/event_memory.h"
#include "supervisor/notify.h"
#include "supervisor/pages.h"
#include "supervisor/report.h"
#include "supervisor/retire.h"
#include "supervisor/rings.h"
#include "supervisor/spawn.h"
#include "supervisor/tell.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void
begin(struct child *child, int chan_fd)
{
    struct supervisor *sup = child->supervisor;
    (void)children_step(child, LIFE_IS_SPAWNED);
    child->started_us = sup->loop.now_us;
    child->due_us = sup->loop.now_us + (uint64_t)SUPERVISOR_READY_MS * 1000;
    child->drain_ms = sup->config.query_ms + STOPPING_MARGIN_MS;
    child->has_served = false;
    dial_begin(child);
    enum status status = channel_open(child, chan_fd);
    if (status != STATUS_OK)
        sys_close(chan_fd);
    if (status == STATUS_OK)
        status = pages_begin(child);
    if (status == STATUS_OK)
        status = event_memory_begin(child);
    if (status == STATUS_OK)
        status = tell_beginning(child);
    if (status != STATUS_OK) /* it is a process already: its end goes the way of all others */
        children_kill_for(child, LOG_ERROR, strerror(errno));
}

enum status
lanes_spawn(struct child *child)
{
    int pair[2];
    enum status status = chan_pair(pair);
    if (status != STATUS_OK)
        return status;
    const struct spaces *spaces = child->role == CHILD_WORKER ? &child->supervisor->spaces : NULL;
    status = spawn_child(child->role, child->supervisor->exec_fds[child->role], pair[1], spaces,
                         &child->pid, &child->pid_fd);
    int saved = errno;
    sys_close(pair[1]);
    if (status == STATUS_OK)
        begin(child, pair[0]);
    else
        sys_close(pair[0]);
    errno = saved;
    return status;
}

enum status
lanes_spawn_all(struct supervisor *sup, enum child_role role)
{
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < sup->lanes_count && status == STATUS_OK; i++)
        status = lanes_spawn(&sup->lanes[i].children[role]);
    return status;
}

void
lanes_announce(struct supervisor *sup)
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
    notify_ready(sup);
}

/* Names that no route has; those of a route whose upstreams are down wait for nobody. */
static bool
can_ask(const struct child *worker, uint32_t upstreams)
{
    for (uint32_t i = 0; i < CONFIG_UPSTREAMS_MAX; i++)
        if ((upstreams >> i & 1) != 0 &&
            stats_load(&worker->stats->upstreams[i].state) == STATS_UPSTREAM_USABLE)
            return true;
    return false;
}

bool
lanes_can_ask(const struct supervisor *sup)
{
    struct routes_sets sets;
    routes_sets_make(&sets, &sup->config);
    for (unsigned i = 0; i < sup->lanes_count; i++)
        if (!can_ask(&sup->lanes[i].children[CHILD_WORKER], sets.of_group[ROUTES_REST]))
            return false;
    return true;
}

void
lanes_ready(struct child *child)
{
    struct supervisor *sup = child->supervisor;
    if (!children_step(child, LIFE_IS_SERVING))
        return;
    child->has_served = true;
    if (pages_settle(child) != STATUS_OK) {
        children_kill_for(child, LOG_ERROR, "its statistics page cannot be sealed");
        return;
    }
    if (event_memory_settle(child) != STATUS_OK) {
        children_kill_for(child, LOG_ERROR, "its memory for events cannot be sealed");
        return;
    }
    report_replaced(sup);
    log_write(LOG_INFO, LOG_STARTED, "%s is ready (process %d, after %" PRIu64 " ms)", child->name,
              (int)child->pid, (sup->loop.now_us - child->started_us) / 1000);
    if (child->role == CHILD_WORKER) {
        rings_hand_over(child);
        retire_dismiss(&sup->lanes[child->lane]);
    }
    audit_events_serving(child);
    if (sup->phase != PHASE_STARTING || !children_are_all(sup, LIFE_READY))
        return;
    sup->phase = PHASE_RUNNING;
    if (!sup->fronts_are_held)
        lanes_announce(sup);
}

void
lanes_end(struct supervisor *sup)
{
    sup->phase = PHASE_ENDED;
}

void
lanes_end_if_alone(struct supervisor *sup)
{
    if (sup->phase == PHASE_STOPPING && !children_is_any_alive(sup))
        lanes_end(sup);
}

void
lanes_stop(struct supervisor *sup, int exit_code)
{
    uint64_t drain_ms = (uint64_t)sup->query_ms_most + STOPPING_MARGIN_MS;
    if (sup->fronts_are_held)
        drain_ms += IPC_HANDED_MS;
    if (sup->exit_code == 0)
        sup->exit_code = exit_code;
    if (sup->phase == PHASE_ENDED)
        return;
    if (sup->phase == PHASE_STOPPING) {
        stopping_again(&sup->stopping, sup->loop.now_us);
        return;
    }
    sup->phase = PHASE_STOPPING;
    sup->stopping = stopping_begin(drain_ms, sup->loop.now_us);
    notify_stopping(sup);
    for (unsigned i = 0; i < sup->lanes_count; i++) {
        struct lane *lane = &sup->lanes[i];
        for (unsigned role = 0; role < CHILD_ROLES; role++)
            lane->children[role].restart_at_us = UINT64_MAX;
        tell_to_stop(&lane->children[CHILD_FRONT]);
        /* the worker answers what its front still waits for: it is told when the front is gone */
        if (!children_is_alive(&lane->children[CHILD_FRONT]))
            tell_to_stop(&lane->children[CHILD_WORKER]);
    }
    lanes_end_if_alone(sup);
}
