#include "supervisor/lanes.h"

#include "os/chan.h"
#include "os/log.h"
#include "os/memory.h"
#include "supervisor/channel.h"
#include "supervisor/inherited.h"
#include "supervisor/rings.h"
#include "supervisor/spawn.h"
#include "supervisor/steer.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

bool
lanes_is_alive(const struct child *child)
{
    return child->pid != 0;
}

void
lanes_init(struct supervisor *sup)
{
    static const char *const names[] = {"front", "worker"};
    memset(sup->lanes, 0, sizeof sup->lanes);
    for (unsigned i = 0; i < CONFIG_LANES_MAX; i++) {
        struct lane *lane = &sup->lanes[i];
        for (unsigned role = 0; role < CHILD_ROLES; role++) {
            struct child *child = &lane->children[role];
            *child = (struct child){.supervisor = sup,
                                    .role = (enum child_role)role,
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
    for (unsigned i = 0; i < sup->lanes_count * CHILD_ROLES; i++) {
        struct child *child = &sup->lanes[i / CHILD_ROLES].children[i % CHILD_ROLES];
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
    child->ready_by_us = sup->loop.now_us + (uint64_t)SUPERVISOR_READY_MS * 1000;
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
    log_write(LOG_NOTICE, LOG_STARTED, "penstock %s serves with %u %s and %" PRIu32 " %s",
              PENSTOCK_VERSION, sup->lanes_count, sup->lanes_count == 1 ? "lane" : "lanes",
              sup->config.upstreams_count,
              sup->config.upstreams_count == 1 ? "upstream" : "upstreams");
    inherited_notify(sup->notify_fd, "READY=1\nSTATUS=Serving\n");
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
    if (sup->phase != PHASE_STARTING)
        return;
    for (unsigned i = 0; i < sup->lanes_count * CHILD_ROLES; i++)
        if (sup->lanes[i / CHILD_ROLES].children[i % CHILD_ROLES].state != CHILD_READY)
            return;
    sup->phase = PHASE_RUNNING;
    announce(sup);
}

void
lanes_kill(struct child *child, const char *why)
{
    if (!lanes_is_alive(child) || child->state == CHILD_KILLED || child->state == CHILD_REPLACED)
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

void
lanes_replace(struct child *child)
{
    if (child->state != CHILD_READY)
        return; /* the next one is new anyway */
    lanes_kill(child, NULL);
    child->state = CHILD_REPLACED;
}

/* Counters go on counting in the next process; levels of a dead process are nothing. */
static void
clear_gauges(struct stats_page *page)
{
    static const bool is_gauge[STATS_COUNT] = {
#define COUNTER(name, text) [STAT_##name] = false,
#define GAUGE(name, text)   [STAT_##name] = true,
#include "os/stats.def"
#undef COUNTER
#undef GAUGE
    };
    for (unsigned i = 0; i < STATS_COUNT; i++)
        if (is_gauge[i])
            stats_set(page, (enum stats_counter)i, 0);
    for (unsigned i = 0; i < STATS_UPSTREAMS; i++)
        atomic_store_explicit(&page->upstreams[i].connections, 0, memory_order_relaxed);
}

static void
arrange_restart(struct child *child, const char *ending)
{
    struct supervisor *sup = child->supervisor;
    uint64_t lived_ms = (sup->loop.now_us - child->started_us) / 1000;
    uint32_t wait_ms = restart_died(&child->restart, lived_ms);
    sup->lanes[child->lane].deaths++;
    if (restart_ceiling_reached(&sup->lanes[child->lane].ceiling, sup->loop.now_us / 1000)) {
        log_write(LOG_ERROR, LOG_CHILD_DIED,
                  "%s %s; more than %d deaths of lane %u within %d s: penstock ends", child->name,
                  ending, RESTART_DEATHS_MAX, child->lane, RESTART_WINDOW_MS / 1000);
        lanes_stop(sup, 1);
        return;
    }
    char when[24] = "at once";
    if (wait_ms > 0)
        snprintf(when, sizeof when, "in %" PRIu32 " ms", wait_ms);
    child->restart_at_us = sup->loop.now_us + (uint64_t)wait_ms * 1000;
    log_write(LOG_ERROR, LOG_CHILD_DIED, "%s %s after %" PRIu64 " ms; it is started again %s",
              child->name, ending, lived_ms, when);
}

static bool
is_anybody_alive(const struct supervisor *sup)
{
    for (unsigned i = 0; i < sup->lanes_count * CHILD_ROLES; i++)
        if (lanes_is_alive(&sup->lanes[i / CHILD_ROLES].children[i % CHILD_ROLES]))
            return true;
    return false;
}

static void
tell_to_stop(struct child *child)
{
    if (child->state != CHILD_STARTING && child->state != CHILD_READY)
        return;
    child->state = CHILD_DRAINING;
    channel_send(child, &(struct ipc_message){.type = IPC_STOP}, NULL, 0);
}

static void
died(struct child *child, int wait_status)
{
    struct supervisor *sup = child->supervisor;
    char ending[SPAWN_ENDING_MAX];
    bool was_starting = child->state == CHILD_STARTING;
    bool was_draining = child->state == CHILD_DRAINING;
    bool was_replaced = child->state == CHILD_REPLACED;
    child->state = CHILD_KILLED; /* its last words are read as a dead one's */
    channel_close(child);
    child->state = CHILD_GONE;
    child->pid = 0;
    close(child->pid_fd);
    child->pid_fd = -1;
    clear_gauges(child->stats);
    rings_forget(child);
    spawn_ending(wait_status, ending);
    switch (sup->phase) {
    case PHASE_STARTING:
        log_write(LOG_ERROR, LOG_CHILD_DIED, "%s %s%s; penstock cannot start", child->name, ending,
                  was_starting ? " before it was ready" : "");
        lanes_stop(sup, 1);
        sup->start_failed = true;           /* that was said; how the others end is no news */
        sup->stop_by_us = sup->loop.now_us; /* nobody was served, nothing is in flight */
        break;
    case PHASE_RUNNING:
        if (was_replaced)
            child->restart_at_us = sup->loop.now_us;
        else
            arrange_restart(child, ending);
        break;
    case PHASE_STOPPING:
    case PHASE_ENDED:
        if (!sup->start_failed && (!was_draining || wait_status != 0))
            log_write(LOG_WARNING, LOG_CHILD_DIED, "%s %s while stopping", child->name, ending);
        if (child->role == CHILD_FRONT) /* nobody asks this worker any more */
            tell_to_stop(&sup->lanes[child->lane].children[CHILD_WORKER]);
        break;
    }
    if (sup->phase == PHASE_STOPPING && !is_anybody_alive(sup))
        sup->phase = PHASE_ENDED;
}

void
lanes_reap(struct supervisor *sup)
{
    for (unsigned i = 0; i < sup->lanes_count * CHILD_ROLES; i++) {
        struct child *child = &sup->lanes[i / CHILD_ROLES].children[i % CHILD_ROLES];
        int wait_status = 0;
        if (lanes_is_alive(child) && waitpid(child->pid, &wait_status, WNOHANG) == child->pid)
            died(child, wait_status);
    }
}

uint64_t
lanes_deadline_us(const struct supervisor *sup)
{
    uint64_t deadline_us = sup->phase == PHASE_STOPPING ? sup->stop_by_us : UINT64_MAX;
    for (unsigned i = 0; i < sup->lanes_count * CHILD_ROLES; i++) {
        const struct child *child = &sup->lanes[i / CHILD_ROLES].children[i % CHILD_ROLES];
        uint64_t due_us = UINT64_MAX;
        if (child->state == CHILD_STARTING)
            due_us = child->ready_by_us;
        else if (child->state == CHILD_GONE)
            due_us = child->restart_at_us;
        deadline_us = due_us < deadline_us ? due_us : deadline_us;
    }
    return deadline_us;
}

static void
tick_child(struct child *child)
{
    struct supervisor *sup = child->supervisor;
    uint64_t now_us = sup->loop.now_us;
    if (sup->phase == PHASE_STOPPING && now_us >= sup->stop_by_us)
        lanes_kill(child, sup->start_failed ? NULL : "its time to stop is over");
    else if (child->state == CHILD_STARTING && now_us >= child->ready_by_us)
        lanes_kill(child, "it was not ready in time");
    else if (child->state == CHILD_GONE && now_us >= child->restart_at_us &&
             spawn(child) != STATUS_OK) {
        /* no process to be had: the same as one that died at once */
        char ending[SPAWN_ENDING_MAX];
        snprintf(ending, sizeof ending, "could not be started: %s", strerror(errno));
        child->started_us = now_us;
        arrange_restart(child, ending);
    }
}

void
lanes_tick(struct supervisor *sup)
{
    for (unsigned i = 0; i < sup->lanes_count * CHILD_ROLES; i++)
        tick_child(&sup->lanes[i / CHILD_ROLES].children[i % CHILD_ROLES]);
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
    uint64_t drain_ms = (uint64_t)sup->config.query_ms + SUPERVISOR_DRAIN_MS;
    sup->phase = PHASE_STOPPING;
    sup->stopped_us = sup->loop.now_us;
    sup->stop_by_us = sup->loop.now_us + drain_ms * 1000;
    inherited_notify(sup->notify_fd, "STOPPING=1\nSTATUS=Answering what is in flight\n");
    for (unsigned i = 0; i < sup->lanes_count; i++) {
        struct lane *lane = &sup->lanes[i];
        for (unsigned role = 0; role < CHILD_ROLES; role++)
            lane->children[role].restart_at_us = UINT64_MAX;
        tell_to_stop(&lane->children[CHILD_FRONT]);
        /* the worker answers what its front still waits for: it is told when the front is gone */
        if (!lanes_is_alive(&lane->children[CHILD_FRONT]))
            tell_to_stop(&lane->children[CHILD_WORKER]);
    }
    if (!is_anybody_alive(sup))
        sup->phase = PHASE_ENDED;
}
