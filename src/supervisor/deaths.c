/* deaths.c - a child has ended: what is left of it, and what follows
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/deaths.h"

#include "os/log.h"
#include "os/sys.h"
#include "supervisor/audit_events.h"
#include "supervisor/channel.h"
#include "supervisor/children.h"
#include "supervisor/ending.h"
#include "supervisor/lanes.h"
#include "supervisor/notify.h"
#include "supervisor/orders.h"
#include "supervisor/report.h"
#include "supervisor/retire.h"
#include "supervisor/rings.h"
#include "supervisor/spawn.h"
#include "supervisor/tell.h"

#include <inttypes.h>
#include <signal.h>

/* What it said of how an upstream is: the next process may know another one by this index. */
static void
forget_upstream(struct stats_upstream *upstream, struct stats_chain *chain)
{
    _Atomic uint64_t *levels[] = {&upstream->connections,    &upstream->state,  &upstream->cause,
                                  &upstream->changed_us,     &upstream->rtt_us, &upstream->pin_seen,
                                  &upstream->pin_changed_us, &upstream->ends_s, &upstream->tls,
                                  &upstream->tried_us};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        stats_store(levels[i], 0);
    stats_chain_write(chain, &(struct stats_chain_copy){0});
}

/* Counters go on counting in the next process; levels of a dead process are nothing. */
static void
clear_gauges(struct stats_page *page)
{
    for (unsigned i = 0; i < STATS_COUNT; i++)
        if (stats_is_gauge((enum stats_counter)i))
            stats_set(page, (enum stats_counter)i, 0);
    for (unsigned i = 0; i < STATS_UPSTREAMS; i++)
        forget_upstream(&page->upstreams[i], &page->chains[i]);
}

static bool
is_any_lane_left(const struct supervisor *sup)
{
    for (unsigned i = 0; i < sup->lanes_count; i++)
        if (!restart_lane_rests(&sup->lanes[i].restart, sup->loop.now_us / 1000))
            return true;
    return false;
}

static void
give_up(struct supervisor *sup, const char *why)
{
    audit_events_stop_asked(sup, why, &(struct asked){0});
    lanes_stop(sup, 1);
}

/* @return false: that was one too many, the lane rests, or penstock ends */
static bool
count_death(struct child *child, const char *ending)
{
    struct supervisor *sup = child->supervisor;
    struct lane *lane = &sup->lanes[child->lane];
    uint64_t now_ms = sup->loop.now_us / 1000;
    uint64_t lived_ms = (sup->loop.now_us - child->started_us) / 1000;
    lane->deaths++;
    report_death(child);
    if (!restart_lane_must_rest(&lane->restart, lived_ms, now_ms))
        return true;
    bool is_left = is_any_lane_left(sup);
    log_write(LOG_ERROR, LOG_CHILD_DIED, "%s %s; more than %d deaths of lane %u within %d s: %s",
              child->name, ending, RESTART_DEATHS_MAX, child->lane, RESTART_WINDOW_MS / 1000,
              is_left ? "it is tried again in a minute; the other lanes serve"
                      : "penstock ends, as no other lane serves");
    if (is_left)
        child->restart_at_us = lane->restart.rests_until_ms * 1000;
    else
        give_up(sup, "no lane lives");
    return false;
}

void
deaths_restart(struct child *child, const char *ending)
{
    struct supervisor *sup = child->supervisor;
    uint64_t lived_ms = (sup->loop.now_us - child->started_us) / 1000;
    uint32_t wait_ms = restart_died(&child->restart, lived_ms);
    if (!count_death(child, ending))
        return;
    char when[24] = "at once";
    if (wait_ms > 0)
        snprintf(when, sizeof when, "in %" PRIu32 " ms", wait_ms);
    child->restart_at_us = sup->loop.now_us + (uint64_t)wait_ms * 1000;
    log_write(LOG_ERROR, LOG_CHILD_DIED, "%s %s after %" PRIu64 " ms; it is started again %s",
              child->name, ending, lived_ms, when);
}

struct end { /* of a process */
    struct life_end life;
    bool was_killed; /* by us: why is in the log */
    char text[ENDING_MAX];
};

static void
fail_start(struct child *child, const struct end *end)
{
    struct supervisor *sup = child->supervisor;
    log_write(LOG_ERROR, LOG_CHILD_DIED, "%s %s%s; penstock cannot start", child->name, end->text,
              child->has_served ? "" : " before it was ready");
    give_up(sup, "a process ended before all were ready");
    notify_failed(sup, "a process ended before all were ready; the log says why");
    sup->start_failed = true;                            /* how the others end is no news */
    sup->stopping = stopping_begin(0, sup->loop.now_us); /* nothing is in flight */
}

/* Its successor was started when it was replaced. */
static void
note_retired(struct child *child, const struct end *end)
{
    if (!count_death(child, end->text)) {
        child->restart_at_us =
            UINT64_MAX; /* where the lane rests, it is not this one that is due */
        return;
    }
    log_write(end->was_killed ? LOG_WARNING : LOG_ERROR, LOG_CHILD_DIED,
              "%s, which was replaced, %s; what it had not answered is asked again", child->name,
              end->text);
}

static void
follow(struct child *child, const struct end *end)
{
    switch (life_aftermath(child->supervisor->phase, &end->life)) {
    case LIFE_START_HAS_FAILED:
        fail_start(child, end);
        break;
    case LIFE_BEGINS_AGAIN:
        deaths_restart(child, end->text);
        break;
    case LIFE_RETIRED_IN_ORDER:
        log_write(LOG_INFO, LOG_STOPPING, "%s, which was replaced, has answered and ended",
                  child->name);
        break;
    case LIFE_RETIRED_BY_DEATH:
        note_retired(child, end);
        break;
    case LIFE_DIED_STOPPING:
        if (!child->supervisor->start_failed)
            log_write(LOG_WARNING, LOG_CHILD_DIED, "%s %s while stopping", child->name, end->text);
        break;
    case LIFE_NOTHING_FOLLOWS:
        break;
    }
}

static void
died(struct child *child, int wait_status)
{
    struct supervisor *sup = child->supervisor;
    struct lane *lane = &sup->lanes[child->lane];
    struct end end = {
        .life = {.was_retired = child->is_retired,
                 .is_unneeded = child->is_unneeded,
                 .is_death = child->state != LIFE_DRAINING || wait_status != 0},
        .was_killed = child->state == LIFE_KILLED && wait_status == SIGKILL,
    };
    ending_text(wait_status, end.text);
    orders_take_last(child);
    if (end.life.is_death && !(end.life.was_retired && end.life.is_unneeded))
        audit_events_died(child, wait_status,
                          end.was_killed ? "was killed by penstock: the log says why" : end.text);
    channel_close(child);
    (void)children_step(child, LIFE_HAS_ENDED);
    child->pid = 0;
    sys_close(child->pid_fd);
    child->pid_fd = -1;
    clear_gauges(child->stats);
    rings_forget(child, end.life.is_death);
    child->is_retired = false;
    child->restart_at_us = UINT64_MAX;
    sup->reload_waits = false;
    if (child->role == CHILD_FRONT)
        retire_end(lane);
    follow(child, &end);
    if (child->role == CHILD_FRONT && sup->phase == PHASE_STOPPING)
        tell_to_stop(&lane->children[CHILD_WORKER]); /* nobody asks it any more */
    lanes_end_if_alone(sup);
}

void
deaths_reap(struct supervisor *sup)
{
    for (unsigned i = 0; i < children_count(sup); i++) {
        struct child *child = children_at(sup, i);
        int wait_status = 0;
        if (children_is_alive(child) && spawn_reap(child->pid, false, &wait_status))
            died(child, wait_status);
    }
}
