/* notify.c - see notify.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/notify.h"

#include "os/sys.h"
#include "supervisor/children.h"
#include "supervisor/inherited.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_MAX (SUPERVISOR_STATUS_MAX + 64)

static void __attribute__((format(printf, 2, 3)))
tell(const struct supervisor *sup, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    inherited_notify(sup->notify_fd, message);
}

/* --- the sentence ---------------------------------------------------------------------------- */

static unsigned
count_lanes(const struct supervisor *sup)
{
    unsigned count = 0;
    for (unsigned i = 0; i < sup->lanes_count; i++) {
        const struct lane *lane = &sup->lanes[i];
        count +=
            lane->children[CHILD_FRONT].state == LIFE_READY &&
            (lane->children[CHILD_WORKER].state == LIFE_READY || children_is_retired_serving(lane));
    }
    return count;
}

/* By some worker that serves. */
static bool
is_in_state(const struct supervisor *sup, uint32_t upstream, enum stats_upstream_state state)
{
    for (unsigned i = 0; i < sup->lanes_count * SUPERVISOR_CHILDREN; i++) {
        const struct child *worker =
            &sup->lanes[i / SUPERVISOR_CHILDREN].children[i % SUPERVISOR_CHILDREN];
        if (worker->role == CHILD_WORKER && worker->state == LIFE_READY &&
            stats_load(&worker->stats->upstreams[upstream].state) == (uint64_t)state)
            return true;
    }
    return false;
}

/* A bit for each upstream that could be asked, or has not been tried yet. */
static uint32_t
find_usable(const struct supervisor *sup, unsigned *usable, unsigned *unasked)
{
    uint32_t found = 0;
    *usable = *unasked = 0;
    for (uint32_t i = 0; i < sup->config.upstreams_count; i++) {
        bool is_usable = is_in_state(sup, i, STATS_UPSTREAM_USABLE);
        bool is_failed = !is_usable && (is_in_state(sup, i, STATS_UPSTREAM_REFUSED) ||
                                        is_in_state(sup, i, STATS_UPSTREAM_DOWN));
        *usable += is_usable;
        *unasked += !is_usable && !is_failed;
        found |= is_failed ? 0 : 1U << i;
    }
    return found;
}

/* ", none for names of corp.example and 2 more groups": whose upstreams all failed, if others did not. */
static int
describe_routes(const struct supervisor *sup, uint32_t usable, char *text, size_t size)
{
    struct routes_sets sets;
    const char *name = "";
    unsigned down = 0;
    int used = 0;
    if (sup->config.routes_count == 0 || usable == 0)
        return 0;
    routes_sets_make(&sets, &sup->config);
    for (uint32_t i = ROUTES_REST + 1; i < sets.count; i++)
        if ((sets.of_group[i] & usable) == 0 && down++ == 0)
            (void)routes_sets_names(&sets, &sup->config, i, &name);
    if ((sets.of_group[ROUTES_REST] & usable) == 0)
        used = snprintf(text, size, ", NONE for names outside of routes");
    if (down > 0)
        used += snprintf(text + used, size - (size_t)used, ", none for %.64s", name);
    if (down > 1)
        used += snprintf(text + used, size - (size_t)used, " and %u more", down - 1);
    return used;
}

static void
describe(const struct supervisor *sup, char text[SUPERVISOR_STATUS_MAX])
{
    const struct reload_news *news = &sup->reload_news;
    unsigned usable, unasked, count = sup->config.upstreams_count;
    uint32_t found = find_usable(sup, &usable, &unasked);
    int used =
        snprintf(text, SUPERVISOR_STATUS_MAX, "Serving: %u of %u %s, %u of %u %s can be asked",
                 count_lanes(sup), sup->lanes_count, sup->lanes_count == 1 ? "lane" : "lanes",
                 usable, count, count == 1 ? "upstream" : "upstreams");
    if (unasked > 0)
        used += snprintf(text + used, (size_t)(SUPERVISOR_STATUS_MAX - used), ", %u not tried yet",
                         unasked);
    used += describe_routes(sup, found, text + used, (size_t)(SUPERVISOR_STATUS_MAX - used));
    if (news->text[0] != '\0' && !news->is_in_force)
        snprintf(text + used, (size_t)(SUPERVISOR_STATUS_MAX - used),
                 "; the last reload was refused: %.400s", news->text);
}

/* --- the states ------------------------------------------------------------------------------ */

void
notify_starting(const struct supervisor *sup)
{
    tell(sup, "STATUS=Starting\n");
}

void
notify_failed(const struct supervisor *sup, const char *why)
{
    tell(sup, "STATUS=It cannot start: %s\n", why);
}

void
notify_ready(struct supervisor *sup)
{
    describe(sup, sup->status);
    sup->reload_told = false;
    tell(sup, "READY=1\nSTATUS=%s\n", sup->status);
}

void
notify_reloading(struct supervisor *sup)
{
    if (sup->reload_told)
        return;
    sup->reload_told = true;
    /* not the turn's time: a signal may have come since, and systemd believes nothing older than its order */
    tell(sup, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=Reading the configuration again\n",
         sys_clock_us(CLOCK_MONOTONIC));
}

void
notify_stopping(const struct supervisor *sup)
{
    if (sup->handover.state == HANDOVER_DONE) /* the service goes on, by another process */
        tell(sup, "MAINPID=%d\n", sup->handover.pid);
    else
        tell(sup, "STOPPING=1\nSTATUS=Answering what is in flight\n");
}

void
notify_tick(struct supervisor *sup)
{
    char text[SUPERVISOR_STATUS_MAX];
    if (sup->notify_fd < 0 || sup->phase != PHASE_RUNNING || sup->reload_told ||
        sup->loop.now_us < sup->status_us)
        return;
    sup->status_us = sup->loop.now_us + (uint64_t)NOTIFY_LOOK_MS * 1000;
    describe(sup, text);
    if (strcmp(text, sup->status) == 0)
        return;
    memcpy(sup->status, text, sizeof sup->status);
    tell(sup, "STATUS=%s\n", text);
}
