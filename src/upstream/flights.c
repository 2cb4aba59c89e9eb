/* flights.c - see flights.h
 * SPDX-License-Identifier: ISC
 */
#include "upstream/flights.h"

#include <stddef.h>

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
    for (uint16_t slot = 0; slot < FLIGHTS_MAX; slot++) {
        flights->free[slot] = slot;
        flights->full[slot] = slot;
        flights->is_out[slot] = 0;
    }
}

/* --- ids ------------------------------------------------------------------------------------- */

static bool
take_id(struct flights *flights, uint32_t random, uint16_t *id)
{
    *id = 0;
    if (flights->free_count == 0)
        return false;
    /* 26 bits scaled to the count: the bias is below one in 2^16 */
    uint16_t at = (uint16_t)((uint64_t)(random >> 6) * flights->free_count >> 26);
    uint16_t slot = flights->free[at];
    flights->free[at] = flights->free[--flights->free_count];
    flights->is_out[slot] = 1;
    flights->full[slot] = (uint16_t)((random & 63U) << FLIGHTS_BITS | slot);
    *id = flights->full[slot];
    return true;
}

static void
give_slot(struct flights *flights, uint16_t slot)
{
    flights->is_out[slot] = 0;
    flights->free[flights->free_count++] = slot;
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
