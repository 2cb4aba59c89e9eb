/* cache_index.h - from a hash to the entries that have it
 * SPDX-License-Identifier: ISC
 *
 * What: a table with linear probing in the caller's memory. The whole hash stands beside each
 *       entry's number, so that looking a miss up touches nothing but the table.
 * Who:  cache. Pure.
 * Ref:  docs/LIMITS.md "cache".
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CACHE_INDEX_NONE 0u

struct cache_slot {
    uint32_t hash;
    uint32_t entry; /* CACHE_INDEX_NONE: free */
};

struct cache_index {
    struct cache_slot *slots; /* borrowed; mask + 1 of them, a power of two, never all used */
    uint32_t mask;
};

/** Slots for so many entries: at most three in four are used then. */
size_t cache_index_slots(size_t entries);

/** @param entry  not in the index, not CACHE_INDEX_NONE; there is a free slot besides its own */
void cache_index_enter(struct cache_index *index, uint32_t hash, uint32_t entry);

/** @param entry  in the index, under `hash` */
void cache_index_leave(struct cache_index *index, uint32_t hash, uint32_t entry);

/**
 * Walk the entries of a hash.
 *
 * @param at  0 at first, then as it was left
 * @return the next entry; CACHE_INDEX_NONE: there is none
 */
uint32_t cache_index_next(const struct cache_index *index, uint32_t hash, uint32_t *at);
