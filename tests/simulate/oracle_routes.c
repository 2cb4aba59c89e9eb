/* oracle_routes.c - a name is asked of the upstreams of its route, and of no other
 * SPDX-License-Identifier: ISC
 *
 * A reload gives other routes. Questions that were under way are asked by those before until their
 * time is over; what was kept of them is given to no client soon after.
 */
#include "oracle.h"

#include "world_upstreams.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CHANGES_MAX 64
#define TAKEN_UP_US (100 * KERNEL_MS) /* a reload is, with a worker that knows the routes */

static struct {
    unsigned count;
    struct {
        uint64_t sets, at_us;
    } of[CHANGES_MAX];
} changes;

void
oracle_routes_begin(void)
{
    changes.count = 0;
    oracle_routes_change(world.routes);
}

void
oracle_routes_change(uint64_t sets)
{
    if (changes.count > 0 && changes.of[changes.count - 1].sets == sets)
        return;
    if (changes.count == CHANGES_MAX)
        abort();
    changes.of[changes.count].sets = sets;
    changes.of[changes.count++].at_us = kernel_now();
}

static bool
is_in(const char *name, uint16_t type, const char *zone)
{
    size_t size = strlen(name), zone_size = strlen(zone);
    if (size < zone_size || strcasecmp(name + size - zone_size, zone) != 0)
        return false;
    return size == zone_size ? type != MESSAGE_DS : name[size - zone_size - 1] == '.';
}

static bool
is_routed(uint64_t sets, const char *name, uint16_t type)
{
    return ((sets & 0xff) != 0 && is_in(name, type, WORLD_CORP)) ||
           (sets >> 8 != 0 && is_in(name, type, WORLD_LAB));
}

static bool
may_ask(uint64_t sets, unsigned upstream, const char *name, uint16_t type)
{
    uint64_t corp = sets & 0xff, lab = sets >> 8, own = 1U << upstream;
    if (lab != 0 && is_in(name, type, WORLD_LAB))
        return (lab & own) != 0;
    if (corp != 0 && is_in(name, type, WORLD_CORP))
        return (corp & own) != 0;
    return ((corp | lab) & own) == 0;
}

/* The first of those that were in force since then, to the last. */
static unsigned
in_force_since(uint64_t since_us)
{
    unsigned i = changes.count - 1;
    while (i > 0 && changes.of[i].at_us >= since_us)
        i--;
    return i;
}

static bool
might_ask(uint64_t since_us, unsigned upstream, const char *name, uint16_t type)
{
    for (unsigned i = in_force_since(since_us); i < changes.count; i++)
        if (may_ask(changes.of[i].sets, upstream, name, type))
            return true;
    return false;
}

static bool
was_routed(uint64_t since_us, const char *name, uint16_t type)
{
    for (unsigned i = in_force_since(since_us); i < changes.count; i++)
        if (is_routed(changes.of[i].sets, name, type))
            return true;
    return false;
}

void
oracle_routes_asked(unsigned upstream, const struct message_facts *facts)
{
    uint64_t passing_us = TAKEN_UP_US + world.query_ms * KERNEL_MS, now_us = kernel_now();
    if (facts->name[0] != '\0' && !might_ask(now_us > passing_us ? now_us - passing_us : 0,
                                             upstream, facts->name, facts->type))
        oracle_violation_of("an upstream is asked a name of another's route", ": %s, u%u",
                            facts->name, upstream);
}

/* Who asked under other routes may be answered under these. What was kept of a name that no route had
 * since is anybody's. */
void
oracle_routes_answered(const struct world_made *made, const struct ask *ask)
{
    if (was_routed(made->at_us, ask->act->text, ask->type) &&
        !might_ask(ask->arrived_us - TAKEN_UP_US, made->upstream, ask->act->text, ask->type))
        oracle_violation_of("an answer of an upstream of another's route", ": %s, u%u",
                            ask->act->text, made->upstream);
}
