/* oracle_crowd.c - who is served alone is served in a crowd (F5)
 * SPDX-License-Identifier: ISC
 *
 * A world is played twice with the same draws, without its floods and with them. No model of the
 * queue is needed: the same query, answered alone, must be answered among the others, and later by
 * no more than a fair turn costs.
 */
#include "oracle.h"

#include <string.h>
#include <sys/mman.h>

#define ENDS_MAX  32768
#define SETTLE_US (20 * KERNEL_MS) /* to wait for a free slot beside what the turn costs */

struct end { /* of one query */
    uint32_t took_us;
    bool is_answered;
};

static struct {
    struct end ends[ENDS_MAX]; /* by the index of the act */
} * alone;

bool
oracle_crowd_begin(void)
{
    alone = mmap(NULL, sizeof *alone, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return alone != MAP_FAILED;
}

static struct end *
end_of(const struct ask *ask)
{
    size_t i = (size_t)(ask->act - world.acts);
    return i < ENDS_MAX ? &alone->ends[i] : NULL;
}

static bool
is_answered(const struct ask *ask)
{
    return ask->responses > 0 && ask->facts.rcode == 0 && ask->facts.answers > 0;
}

void
oracle_crowd_note(void)
{
    const struct ask *ask;
    memset(alone, 0, sizeof *alone);
    for (size_t i = 0; (ask = world_clients_at(i)) != NULL; i++) {
        struct end *end = end_of(ask);
        if (!ask->is_flood && !is_answered(ask))
            oracle_violation_of("a query has no answer without the floods (F5)", ": %s",
                                ask->act->text);
        else if (end != NULL && !ask->is_flood)
            *end = (struct end){.took_us = (uint32_t)(ask->ended_us - ask->arrived_us),
                                .is_answered = true};
    }
}

/* Does a flood come from the same network, of the shortest length that has a share (rates: /20)? It
 * has a place in the table then, but no turn of its own before its neighbours. */
static bool
has_flood_beside(const struct ask *ask)
{
    for (size_t i = 0; i < world.acts_count; i++)
        if (world.acts[i].kind == ACT_FLOOD && world.acts[i].who >> 12 == ask->act->who >> 12)
            return true;
    return false;
}

/* Does an earlier query of the same client wait? Then it may have as many in progress as each of its
 * neighbours, and is the one that gives way. */
static bool
waits_already(const struct ask *ask)
{
    const struct ask *other;
    for (size_t i = 0; (other = world_clients_at(i)) != NULL && other != ask; i++)
        if (other->act->who == ask->act->who && other->arrived_us != 0 &&
            (other->responses == 0 || other->ended_us > ask->arrived_us))
            return true;
    return false;
}

static void
judge(const struct ask *ask, const struct end *end)
{
    uint64_t turn_us = world.turn_us + SETTLE_US, took_us = ask->ended_us - ask->arrived_us;
    bool is_beside = has_flood_beside(ask);
    bool shares_places = is_beside && world.routes == 0; /* else the floods are a route's */
    if (shares_places &&
        took_us * 2 > world.query_ms * KERNEL_MS) /* it had its place, and waited */
        return;
    if (!is_answered(ask) && is_beside && waits_already(ask))
        return;
    if (!is_answered(ask))
        oracle_violation_of("a flood costs another its answer (F5)",
                            ": %s of %.3f s, RCODE %u after %u ms, %u alone", ask->act->text,
                            (double)(ask->arrived_us - kernel_began()) / 1e6, ask->facts.rcode,
                            (unsigned)(took_us / 1000), end->took_us / 1000);
    else if (!shares_places && took_us > end->took_us + turn_us)
        oracle_violation_of("a flood makes another wait (F5)",
                            ": %s of %.3f s, %llu ms, %u ms alone", ask->act->text,
                            (double)(ask->arrived_us - kernel_began()) / 1e6,
                            (unsigned long long)took_us / 1000, end->took_us / 1000);
}

void
oracle_crowd_end(void)
{
    const struct ask *ask;
    for (size_t i = 0; (ask = world_clients_at(i)) != NULL; i++) {
        const struct end *end = end_of(ask);
        if (!ask->is_flood && end != NULL && end->is_answered)
            judge(ask, end);
    }
}
