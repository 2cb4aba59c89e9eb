/* deaths.c - see deaths.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/deaths.h"

#include "os/log.h"
#include "supervisor/channel.h"
#include "supervisor/lanes.h"
#include "supervisor/retire.h"
#include "supervisor/rings.h"
#include "supervisor/spawn.h"

#include <inttypes.h>
#include <sys/wait.h>
#include <unistd.h>

/* Counters go on counting in the next process; levels of a dead process are nothing. */
static void
clear_gauges(struct stats_page *page)
{
    static const bool is_gauge[STATS_COUNT] = {
#define COUNTER(name, text) [STAT_##name] = false,
#define GAUGE(name, text)   [STAT_##name] = true,
#include "lane/stats.def"
#undef COUNTER
#undef GAUGE
    };
    for (unsigned i = 0; i < STATS_COUNT; i++)
        if (is_gauge[i])
            stats_set(page, (enum stats_counter)i, 0);
    for (unsigned i = 0; i < STATS_UPSTREAMS; i++)
        atomic_store_explicit(&page->upstreams[i].connections, 0, memory_order_relaxed);
}

static bool
is_any_lane_left(const struct supervisor *sup)
{
    for (unsigned i = 0; i < sup->lanes_count; i++)
        if (!restart_lane_rests(&sup->lanes[i].restart, sup->loop.now_us / 1000))
            return true;
    return false;
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
        lanes_stop(sup, 1);
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

/* One that was replaced has its successor already. */
static void
note_retired(struct child *child, const char *ending, bool is_death)
{
    if (!is_death)
        log_write(LOG_INFO, LOG_STOPPING, "%s, which was replaced, has answered and ended",
                  child->name);
    else if (count_death(child, ending))
        log_write(LOG_ERROR, LOG_CHILD_DIED,
                  "%s, which was replaced, %s; what it had not answered is asked again",
                  child->name, ending);
}

struct end { /* of a process */
    bool was_starting, was_retired, is_death;
    char text[SPAWN_ENDING_MAX];
};

static void
follow(struct child *child, const struct end *end)
{
    struct supervisor *sup = child->supervisor;
    bool is_expected = end->was_retired && child->is_unneeded;
    switch (sup->phase) {
    case PHASE_STARTING:
        log_write(LOG_ERROR, LOG_CHILD_DIED, "%s %s%s; penstock cannot start", child->name,
                  end->text, end->was_starting ? " before it was ready" : "");
        lanes_stop(sup, 1);
        sup->start_failed = true;           /* that was said; how the others end is no news */
        sup->stop_by_us = sup->loop.now_us; /* nobody was served, nothing is in flight */
        break;
    case PHASE_RUNNING:
        if (!end->was_retired)
            deaths_restart(child, end->text);
        else if (!is_expected)
            note_retired(child, end->text, end->is_death);
        break;
    case PHASE_STOPPING:
    case PHASE_ENDED:
        if (end->is_death && !is_expected && !sup->start_failed)
            log_write(LOG_WARNING, LOG_CHILD_DIED, "%s %s while stopping", child->name, end->text);
        if (child->role == CHILD_FRONT) /* nobody asks this worker any more */
            lanes_tell_to_stop(&sup->lanes[child->lane].children[CHILD_WORKER]);
        break;
    }
}

static void
died(struct child *child, int wait_status)
{
    struct supervisor *sup = child->supervisor;
    struct end end = {.was_starting = child->state == CHILD_STARTING,
                      .was_retired = child->is_retired,
                      .is_death = child->state != CHILD_DRAINING || wait_status != 0};
    child->state = CHILD_KILLED; /* its last words are read as a dead one's */
    channel_close(child);
    child->state = CHILD_GONE;
    child->pid = 0;
    close(child->pid_fd);
    child->pid_fd = -1;
    clear_gauges(child->stats);
    rings_forget(child, end.is_death);
    spawn_ending(wait_status, end.text);
    child->is_retired = false;
    child->restart_at_us = UINT64_MAX;
    sup->reload_waits = false;
    if (child->role == CHILD_FRONT)
        retire_end(&sup->lanes[child->lane]);
    follow(child, &end);
    if (sup->phase == PHASE_STOPPING && !lanes_is_anybody_alive(sup))
        sup->phase = PHASE_ENDED;
}

void
deaths_reap(struct supervisor *sup)
{
    for (unsigned i = 0; i < sup->lanes_count * SUPERVISOR_CHILDREN; i++) {
        struct child *child = lanes_child(sup, i);
        int wait_status = 0;
        if (lanes_is_alive(child) && waitpid(child->pid, &wait_status, WNOHANG) == child->pid)
            died(child, wait_status);
    }
}
