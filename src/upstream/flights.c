/* flights.c - see flights.h
 * SPDX-License-Identifier: ISC
 */
#include "upstream/flights.h"

#include <stddef.h>
#include <string.h>

#define NONE FLIGHTS_MAX

static uint16_t
slot_of(uint16_t id)
{
    return (uint16_t)(id & (FLIGHTS_MAX - 1));
}

void
flights_init(struct flights *flights)
{
    flights->oldest = flights->newest = flights->probe = NONE;
    for (unsigned walk = 0; walk < FLIGHTS_WALKS; walk++)
        flights->walk[walk] = NONE;
    flights->count = flights->late = 0;
    flights->free_count = FLIGHTS_MAX;
    memset(flights->free, 0, sizeof flights->free);
    memset(flights->is_out, 0, sizeof flights->is_out);
}

/* --- ids ------------------------------------------------------------------------------------- */

static uint16_t
get_free(const struct flights *flights, uint16_t at)
{
    return flights->free[at] ^ at;
}

static void
set_free(struct flights *flights, uint16_t at, uint16_t slot)
{
    flights->free[at] = slot ^ at;
}

static bool
take_id(struct flights *flights, uint32_t random, uint16_t *id)
{
    *id = 0;
    if (flights->free_count == 0)
        return false;
    /* 26 bits scaled to the count: the bias is below one in 2^16 */
    uint16_t at = (uint16_t)((uint64_t)(random >> 6) * flights->free_count >> 26);
    uint16_t slot = get_free(flights, at);
    set_free(flights, at, get_free(flights, --flights->free_count));
    flights->is_out[slot] = 1;
    flights->full[slot] = (uint16_t)((random & 63U) << FLIGHTS_BITS | slot);
    *id = flights->full[slot];
    return true;
}

static void
give_slot(struct flights *flights, uint16_t slot)
{
    flights->is_out[slot] = 0;
    set_free(flights, flights->free_count++, slot);
}

const struct flight *
flights_find(const struct flights *flights, uint16_t id)
{
    uint16_t slot = slot_of(id);
    bool is_out = flights->is_out[slot] != 0 && flights->full[slot] == id;
    return is_out ? &flights->slots[slot] : NULL;
}

/* --- the order ------------------------------------------------------------------------------- */

static void
join_order(struct flights *flights, uint16_t slot)
{
    if (flights->newest != NONE)
        flights->slots[flights->newest].newer = slot;
    else
        flights->oldest = slot;
    flights->newest = slot;
    for (unsigned walk = 0; walk < FLIGHTS_WALKS; walk++)
        if (flights->walk[walk] == NONE)
            flights->walk[walk] = slot;
    flights->count++;
}

static void
leave_order(struct flights *flights, uint16_t slot)
{
    const struct flight *flight = &flights->slots[slot];
    for (unsigned walk = 0; walk < FLIGHTS_WALKS; walk++)
        if (flights->walk[walk] == slot)
            flights->walk[walk] = flight->newer;
    if (flight->older != NONE)
        flights->slots[flight->older].newer = flight->newer;
    else
        flights->oldest = flight->newer;
    if (flight->newer != NONE)
        flights->slots[flight->newer].older = flight->older;
    else
        flights->newest = flight->older;
    if (flights->probe == slot)
        flights->probe = NONE;
    flights->count--;
}

bool
flights_add(struct flights *flights, uint32_t query, uint32_t random, uint64_t now_us, uint16_t *id)
{
    if (!take_id(flights, random, id))
        return false;
    uint16_t slot = slot_of(*id);
    flights->slots[slot] =
        (struct flight){.query = query, .older = flights->newest, .newer = NONE, .sent_us = now_us};
    join_order(flights, slot);
    if (query == FLIGHTS_PROBE)
        flights->probe = slot;
    return true;
}

void
flights_end(struct flights *flights, uint16_t id)
{
    const struct flight *flight = flights_find(flights, id);
    if (flight == NULL)
        return;
    if (flight->query == FLIGHTS_NOBODY)
        flights->late--;
    else
        leave_order(flights, slot_of(id));
    give_slot(flights, slot_of(id));
}

bool
flights_abandon(struct flights *flights, uint16_t id)
{
    const struct flight *flight = flights_find(flights, id);
    if (flight == NULL || flight->query == FLIGHTS_NOBODY)
        return false;
    leave_order(flights, slot_of(id));
    flights->slots[slot_of(id)].query = FLIGHTS_NOBODY;
    flights->late++;
    return true;
}

bool
flights_pop(struct flights *flights, struct flight *flight)
{
    uint16_t slot = flights->oldest;
    if (slot == NONE)
        return false;
    *flight = flights->slots[slot];
    leave_order(flights, slot);
    give_slot(flights, slot);
    return true;
}

uint64_t
flights_oldest_us(const struct flights *flights)
{
    return flights->oldest != NONE ? flights->slots[flights->oldest].sent_us : 0;
}

uint64_t
flights_probe_us(const struct flights *flights)
{
    return flights->probe != NONE ? flights->slots[flights->probe].sent_us : 0;
}

uint16_t
flights_probe_id(const struct flights *flights)
{
    return flights->full[flights->probe];
}

uint32_t
flights_awaited(const struct flights *flights)
{
    return flights->count - (flights->probe != NONE ? 1U : 0U);
}

/* --- walks ----------------------------------------------------------------------------------- */

uint64_t
flights_walk_us(const struct flights *flights, enum flights_walk walk)
{
    uint16_t slot = flights->walk[walk];
    return slot != NONE ? flights->slots[slot].sent_us : 0;
}

bool
flights_walk_is_at(const struct flights *flights, enum flights_walk walk, uint16_t id)
{
    return flights->walk[walk] == slot_of(id);
}

uint32_t
flights_walk_on(struct flights *flights, enum flights_walk walk)
{
    uint16_t slot = flights->walk[walk];
    if (slot == NONE)
        return FLIGHTS_NOBODY;
    flights->walk[walk] = flights->slots[slot].newer;
    return flights->slots[slot].query;
}

void
flights_walk_anew(struct flights *flights, enum flights_walk walk)
{
    flights->walk[walk] = flights->oldest;
}

/* --- silence --------------------------------------------------------------------------------- */

static uint64_t
later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t
sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

struct watch_times
flights_times(const struct health *health, uint32_t query_ms)
{
    return (struct watch_times){.suspect_us = health_suspect_us(health, query_ms),
                                .answer_us = health_answer_us(health, query_ms),
                                .silence_us = health_silence_us(health, query_ms)};
}

struct watch_step
flights_step(enum watch_doubt doubt, enum watch_sign sign)
{
    static const struct watch_step steps[WATCH_DOUBTS][WATCH_SIGNS] = {
        [WATCH_CALM] = {[WATCH_QUIET] = {WATCH_SUSPECT, {.probe = true}},
                        [WATCH_STILL] = {.doubt = WATCH_CALM},
                        [WATCH_HEARD] = {.doubt = WATCH_CALM}},
        [WATCH_SUSPECT] = {[WATCH_QUIET] = {.doubt = WATCH_SUSPECT},
                           [WATCH_STILL] = {WATCH_LEFT, {.leave = true}},
                           [WATCH_HEARD] = {.doubt = WATCH_CALM}},
        [WATCH_LEFT] = {[WATCH_QUIET] = {.doubt = WATCH_LEFT},
                        [WATCH_STILL] = {.doubt = WATCH_LEFT},
                        [WATCH_HEARD] = {.doubt = WATCH_CALM}},
    };
    return steps[doubt][sign];
}

static uint64_t
quiet_at(const struct watch *watch, uint64_t oldest_us, uint64_t suspect_us)
{
    if (watch->unheard_us != 0)
        return watch->unheard_us + suspect_us;
    if (oldest_us == 0)
        return UINT64_MAX;
    uint64_t waited_us = watch->heard_us > oldest_us ? watch->heard_us - oldest_us : 0;
    return watch->heard_us + later(suspect_us, waited_us);
}

uint64_t
flights_sign_at(const struct watch *watch, const struct flights *flights,
                const struct watch_times *times)
{
    if (watch->is_paused)
        return UINT64_MAX;
    uint64_t probe_us = flights_probe_us(flights);
    switch (watch->doubt) {
    case WATCH_CALM:
        return quiet_at(watch, flights_oldest_us(flights), times->suspect_us);
    case WATCH_SUSPECT:
        /* one that was written before the suspicion is no answer to it */
        return probe_us == 0 ? 0 : later(watch->suspected_us, probe_us) + times->answer_us;
    case WATCH_LEFT:
    case WATCH_DOUBTS:
        break;
    }
    return UINT64_MAX;
}

/* The only place that writes watch->doubt. */
static struct watch_remedies
see(struct watch *watch, enum watch_sign sign)
{
    struct watch_step step = flights_step(watch->doubt, sign);
    watch->doubt = step.doubt;
    return step.remedies;
}

void
flights_calm(struct watch *watch)
{
    (void)see(watch, WATCH_HEARD); /* asks for nothing in any state */
}

void
flights_wrote(struct watch *watch, uint64_t now_us)
{
    if (watch->unheard_us == 0)
        watch->unheard_us = now_us;
}

void
flights_heard(struct watch *watch, uint64_t now_us)
{
    flights_calm(watch);
    watch->heard_us = now_us;
    watch->unheard_us = 0;
}

struct watch_remedies
flights_look(struct watch *watch, const struct flights *flights, const struct watch_times *times,
             uint64_t now_us)
{
    uint64_t sign_us = flights_sign_at(watch, flights, times);
    switch (watch->doubt) {
    case WATCH_CALM:
        if (now_us < sign_us)
            break;
        watch->suspected_us = now_us;
        return see(watch, WATCH_QUIET);
    case WATCH_SUSPECT:
        if (sign_us == 0)
            return (struct watch_remedies){.probe = true};
        if (now_us >= sign_us)
            return see(watch, WATCH_STILL);
        break;
    case WATCH_LEFT:
        return (struct watch_remedies){.leave = true};
    case WATCH_DOUBTS:
        break;
    }
    return (struct watch_remedies){0};
}

uint64_t
flights_late_at(const struct watch *watch, const struct flights *flights, enum flights_walk walk,
                uint64_t age_us)
{
    uint64_t sent_us = flights_walk_us(flights, walk);
    bool is_never = age_us == UINT64_MAX || watch->is_paused || watch->doubt == WATCH_LEFT;
    return is_never || sent_us == 0 ? UINT64_MAX : sent_us + age_us;
}

uint64_t
flights_end_at(const struct watch *watch, const struct flights *flights,
               const struct watch_times *times, bool is_place_needed, uint64_t query_us)
{
    if (watch->doubt != WATCH_LEFT || watch->is_paused)
        return UINT64_MAX;
    if (flights_awaited(flights) == 0)
        return 0;
    return watch->suspected_us + (is_place_needed ? times->silence_us : query_us);
}

uint64_t
flights_next_us(const struct watch *watch, const struct flights *flights,
                const struct watch_times *times, uint64_t now_us)
{
    uint64_t sign_us = flights_sign_at(watch, flights, times), next = UINT64_MAX;
    if (sign_us > 0)
        next = later(sign_us, now_us);
    /* what could have been done already, if there had been room */
    bool is_pending = (watch->doubt == WATCH_SUSPECT && sign_us == 0) ||
                      (watch->doubt == WATCH_LEFT && watch->is_left_over);
    return is_pending ? sooner(next, now_us + WATCH_AGAIN_US) : next;
}
