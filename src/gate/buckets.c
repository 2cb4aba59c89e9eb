/* buckets.c - see buckets.h
 * SPDX-License-Identifier: ISC
 */
#include "gate/buckets.h"

#include <string.h>

_Static_assert(sizeof(struct buckets_group) == BUCKETS_GROUP * BUCKETS_ENTRY_BYTES,
               "the documented bytes per bucket are the real ones");

void
buckets_init(struct buckets *b, void *memory, size_t entries, struct hash_key key)
{
    *b = (struct buckets){.groups = memory, .groups_mask = entries / BUCKETS_GROUP - 1, .key = key};
}

struct buckets_ref
buckets_find(const struct buckets *b, uint64_t tag)
{
    struct buckets_group *group = &b->groups[prefix_tag_place(tag) & b->groups_mask];
    unsigned slot = 0;
    while (slot < BUCKETS_GROUP && group->tags[slot] != tag)
        slot++;
    return (struct buckets_ref){.tag = tag, .group = group, .slot = slot};
}

void
buckets_place(struct buckets *b, struct buckets_ref *ref, uint64_t now, uint64_t empty_at)
{
    struct buckets_group *group = ref->group;
    unsigned soonest = 0;
    for (unsigned i = 1; i < BUCKETS_GROUP; i++) {
        if (group->empty_at[i] < group->empty_at[soonest])
            soonest = i;
    }
    if (group->empty_at[soonest] > now) {
        b->replaced++;
        b->forgiven_ticks += group->empty_at[soonest] - now;
        b->forgiven_ms += b->forgiven_ticks / BUCKETS_TICKS_PER_MS;
        b->forgiven_ticks %= BUCKETS_TICKS_PER_MS;
    }
    group->tags[soonest] = ref->tag;
    group->empty_at[soonest] = empty_at;
    ref->slot = soonest;
}
