/* turn.c - one turn of the supervisor
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/turn.h"

#include "os/log.h"
#include "supervisor/audit_events.h"
#include "supervisor/audit_log.h"
#include "supervisor/change.h"
#include "supervisor/children.h"
#include "supervisor/control_serve.h"
#include "supervisor/deaths.h"
#include "supervisor/ending.h"
#include "supervisor/fdstore.h"
#include "supervisor/handover.h"
#include "supervisor/keeper.h"
#include "supervisor/lanes.h"
#include "supervisor/notify.h"
#include "supervisor/options.h"
#include "supervisor/orders.h"
#include "supervisor/reload.h"
#include "supervisor/report.h"
#include "supervisor/signals.h"
#include "supervisor/spawn.h"
#include "supervisor/statistics.h"
#include "supervisor/succession.h"
#include "supervisor/watchdog.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static void
mark(struct ev_source *source, uint32_t events)
{
    struct supervisor *sup = source->owner;
    (void)events;
    sup->has_signals = true;
}

enum status
turn_open(struct supervisor *sup)
{
    int fd;
    enum status status = evloop_open(&sup->loop);
    if (status == STATUS_OK)
        status = signals_open(&fd);
    return status == STATUS_OK ? evloop_add(&sup->loop, &sup->signals, fd, EPOLLIN, mark, sup)
                               : status;
}

static void
take_signal(struct supervisor *sup, uint32_t number)
{
    struct asked asked;
    switch (number) {
    case SIGCHLD:
        deaths_reap(sup);
        break;
    case SIGUSR1:
        statistics_log(sup);
        break;
    case SIGHUP:
        sup->reload_asked_by = (struct asked){.by = "signal", .signal = "SIGHUP"};
        reload_ask(sup, "SIGHUP");
        break;
    default:
        log_write(LOG_NOTICE, LOG_STOPPING, "%s%s", number == SIGINT ? "SIGINT" : "SIGTERM",
                  sup->phase == PHASE_STOPPING ? " once more"
                                               : ": answering what is in flight, then ending");
        asked = (struct asked){.by = "signal", .signal = number == SIGINT ? "SIGINT" : "SIGTERM"};
        audit_events_stop_asked(sup, "asked to end", &asked);
        lanes_stop(sup, 0);
        break;
    }
}

static void
take_signals(struct supervisor *sup)
{
    uint32_t number;
    if (!sup->has_signals)
        return;
    sup->has_signals = false;
    while (signals_next(sup->signals.fd, &number))
        take_signal(sup, number);
}

static void
spawn_again(struct child *child)
{
    char ending[ENDING_MAX];
    if (lanes_spawn(child) == STATUS_OK)
        return;
    /* no process to be had: the same as one that died at once */
    snprintf(ending, sizeof ending, "could not be started: %s", strerror(errno));
    child->started_us = child->supervisor->loop.now_us;
    deaths_restart(child, ending);
}

static void
do_what_is_due(struct child *child)
{
    if (child->supervisor->loop.now_us < children_due_us(child))
        return;
    if (child->state == LIFE_STARTING)
        children_kill_for(child, LOG_ERROR, "it was not ready in time");
    else if (child->state == LIFE_DRAINING)
        children_kill_for(child, LOG_WARNING, "it was replaced, and its time to answer is over");
    else
        spawn_again(child);
}

static void
end_stragglers(struct supervisor *sup)
{
    for (unsigned i = 0; i < children_count(sup); i++) {
        struct child *child = children_at(sup, i);
        if (sup->start_failed)
            children_kill(child);
        else
            children_kill_for(child, LOG_WARNING, "its time to stop is over");
    }
}

static void
tick(struct supervisor *sup)
{
    for (unsigned i = 0; i < children_count(sup); i++)
        do_what_is_due(children_at(sup, i));
    if (sup->phase != PHASE_STOPPING)
        return;
    switch (stopping_tick(&sup->stopping, sup->loop.now_us)) {
    case STOPPING_WAIT:
        break;
    case STOPPING_KILL:
        end_stragglers(sup);
        break;
    case STOPPING_GIVE_UP:
        lanes_end(sup);
        break;
    }
}

/* Last: what this turn told is on the disk when it ends. */
static void
audit_tick(struct supervisor *sup)
{
    audit_events_tick(sup);
    if (audit_log_tick(sup))
        return;
    audit_events_stop_asked(sup, "the audit log cannot be written", &(struct asked){0});
    lanes_stop(sup, OPTIONS_EXIT_AUDIT);
}

void
turn_take(struct supervisor *sup)
{
    take_signals(sup); /* first: a channel that closes would make a death look like a kill */
    orders_take(sup);
    control_serve_take(sup);
    handover_tick(sup);
    succession_tick(sup);
    tick(sup);
    watchdog_tick(sup);
    change_tick(sup);
    reload_tick(sup);
    report_tick(sup);
    keeper_tick(sup);
    notify_tick(sup);
    fdstore_tick(sup);
    audit_tick(sup);
}

uint64_t
turn_deadline_us(struct supervisor *sup)
{
    uint64_t earliest_us = watchdog_deadline_us(sup);
    if (sup->phase == PHASE_STOPPING && sup->stopping.by_us < earliest_us)
        earliest_us = sup->stopping.by_us;
    uint64_t client_us = control_serve_due_us(sup);
    earliest_us = client_us < earliest_us ? client_us : earliest_us;
    for (unsigned i = 0; i < children_count(sup); i++) {
        uint64_t due_us = children_due_us(children_at(sup, i));
        earliest_us = due_us < earliest_us ? due_us : earliest_us;
    }
    return earliest_us;
}
