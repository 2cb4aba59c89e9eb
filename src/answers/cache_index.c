/* cache_index.c - see cache_index.h
 * SPDX-License-Identifier: ISC
 */
#include "answers/cache_index.h"

#define SLOTS_MIN 64

size_t
cache_index_slots(size_t entries)
{
    size_t slots = SLOTS_MIN;
    while (slots * 3 < entries * 4)
        slots *= 2;
    return slots;
}

void
cache_index_enter(struct cache_index *index, uint32_t hash, uint32_t entry)
{
    uint32_t at = hash & index->mask;
    while (index->slots[at].entry != CACHE_INDEX_NONE)
        at = (at + 1) & index->mask;
    index->slots[at] = (struct cache_slot){hash, entry};
}

/* Closes the gap: what was pushed past it moves up. */
void
cache_index_leave(struct cache_index *index, uint32_t hash, uint32_t entry)
{
    struct cache_slot *slots = index->slots;
    uint32_t mask = index->mask, gap = hash & mask;
    while (slots[gap].entry != entry)
        gap = (gap + 1) & mask;
    for (uint32_t at = (gap + 1) & mask; slots[at].entry != CACHE_INDEX_NONE;
         at = (at + 1) & mask) {
        uint32_t home = slots[at].hash & mask;
        if (((at - home) & mask) < ((at - gap) & mask))
            continue; /* its home lies behind the gap */
        slots[gap] = slots[at];
        gap = at;
    }
    slots[gap] = (struct cache_slot){0, CACHE_INDEX_NONE};
}

uint32_t
cache_index_next(const struct cache_index *index, uint32_t hash, uint32_t *at)
{
    for (;;) {
        const struct cache_slot *slot = &index->slots[(hash + *at) & index->mask];
        if (slot->entry == CACHE_INDEX_NONE)
            return CACHE_INDEX_NONE;
        ++*at;
        if (slot->hash == hash)
            return slot->entry;
    }
}
