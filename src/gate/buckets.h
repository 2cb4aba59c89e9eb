/* buckets.h - a fixed table of leaky buckets, one per client prefix
 * SPDX-License-Identifier: ISC
 *
 * What: maps a prefix to the moment at which its bucket will have leaked empty. Groups of eight;
 *       a newcomer in a full group takes the place of the bucket that is empty soonest, and what
 *       that one still held is counted as forgiven. Never grows, never fails.
 * Who:  limiter, pacer. Pure: no clock, no random source, no allocation.
 * Ref:  docs/LIMITS.md "limiter".
 */
#pragma once

#include "base/prefix.h"

#define BUCKETS_GROUP       8  /* buckets a prefix may live in: one cache line of names */
#define BUCKETS_ENTRY_BYTES 16 /* eight of name, eight of time */
#define BUCKETS_TICKS_PER_MS                                                                       \
    ((uint64_t)1 << 24) /* 60 ps: fine enough for 10^6 queries/s; 2^63 are 17 years */

/* Bytes of memory for `entries` buckets (a power of two, at least BUCKETS_GROUP). */
#define BUCKETS_MEMORY_BYTES(entries) ((size_t)(entries)*BUCKETS_ENTRY_BYTES)

struct buckets_group {                /* names first: a search that fails touches one cache line */
    uint64_t tags[BUCKETS_GROUP];     /* 0: free, and then the time is 0 too */
    uint64_t empty_at[BUCKETS_GROUP]; /* ticks of the caller's clock */
};

struct buckets {
    struct buckets_group *groups; /* borrowed; the caller's memory, 64-byte aligned */
    uint64_t groups_mask;         /* groups - 1 */
    struct hash_key key;          /* secret: nobody outside can aim at a group */
    uint64_t replaced;            /* buckets given up that were not empty yet */
    uint64_t forgiven_ms;         /* sum of the time they would still have needed to leak empty */
    uint64_t forgiven_ticks;      /* what of it is under 1 ms */
};

/** A place in the table; stays good until the next buckets_place() in its group. */
struct buckets_ref {
    uint64_t tag;
    struct buckets_group *group;
    unsigned slot; /* BUCKETS_GROUP: the prefix has no bucket */
};

/**
 * Start with every bucket free.
 *
 * @param memory   borrowed as long as `b` lives; BUCKETS_MEMORY_BYTES(entries), 64-byte aligned,
 *                 zeroed: pages that no bucket uses are never touched
 * @param entries  a power of two, 8..2^26
 */
void buckets_init(struct buckets *b, void *memory, size_t entries, struct hash_key key);

/** Look a prefix up by its prefix_tag() under `b->key`. */
struct buckets_ref buckets_find(const struct buckets *b, uint64_t tag);

/** When the bucket is empty, in ticks; only for a reference that found one. */
static inline uint64_t *
buckets_empty_at(const struct buckets_ref *ref)
{
    return &ref->group->empty_at[ref->slot];
}

/** Make a bucket for a prefix that has none; the one that is empty soonest makes room. */
void buckets_place(struct buckets *b, struct buckets_ref *ref, uint64_t now, uint64_t empty_at);
