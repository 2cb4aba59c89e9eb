/* tally.h - how many of something each client prefix holds right now
 *
 * What: exact counts per prefix in a fixed table: waiting queries, TCP connections. A slot exists
 *       only while its count is above zero, so a table with as many slots as there can be things
 *       is never full.
 * Who:  front; the fair queue uses its slots as sub-queues. Pure, no allocation.
 * Ref:  docs/LIMITS.md "fairqueue".
 */
#pragma once

#include "core/prefix_tag.h"

#include <stddef.h>

#define TALLY_NONE       UINT32_MAX
#define TALLY_SLOTS_MAX  (1u << 20)
#define TALLY_SLOT_BYTES 16

struct tally_slot {
    uint64_t tag;   /* prefix_tag(); 0: free */
    uint32_t count; /* things held, 0: free */
    uint32_t next;  /* in its chain or in the free list, TALLY_NONE at the end */
};

struct tally {
    struct tally_slot *slots; /* borrowed memory */
    uint32_t *chains;         /* behind the slots; first slot of each chain */
    uint32_t slots_count;
    uint32_t chains_mask;
    uint32_t free_first; /* TALLY_NONE: no slot free */
    uint8_t ipv4_length, ipv6_length;
    struct hash_key key;
};

/** Bytes of memory for `slots` (1..TALLY_SLOTS_MAX): 16 each, and 4 for each of a power of two. */
size_t tally_memory_bytes(uint32_t slots);

/**
 * @param memory  borrowed as long as `t` lives; tally_memory_bytes(slots), aligned to 8 bytes
 * @param slots   prefixes at once, 1..TALLY_SLOTS_MAX
 * @param ipv4_length, ipv6_length  prefix lengths counted by, 0..32 and 0..128
 */
void tally_init(struct tally *t, void *memory, uint32_t slots, uint8_t ipv4_length,
                uint8_t ipv6_length, struct hash_key key);

/**
 * Count one more for the client's prefix, unless it holds `most` already.
 *
 * @return the prefix's slot, the same for all its things until they are all given back;
 *         TALLY_NONE: it holds `most`, or no slot is free. Nothing was counted.
 */
uint32_t tally_take(struct tally *t, const struct addr *client, uint32_t most);

/** Count one less. @param slot from tally_take() */
void tally_give(struct tally *t, uint32_t slot);

/** The slot of the client's prefix, or TALLY_NONE if it holds nothing. */
uint32_t tally_find(const struct tally *t, const struct addr *client);

/** @param slot of tally_take() or tally_find(), not TALLY_NONE. @return things held, at least 1 */
static inline uint32_t
tally_count(const struct tally *t, uint32_t slot)
{
    return t->slots[slot].count;
}
