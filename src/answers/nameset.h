/* nameset.h - a large set of domain names for suffix match
 * SPDX-License-Identifier: ISC
 *
 * What: 64-bit keyed hashes of names in one block without pointers, about ten octets a name, built
 *       once and then only read. A name is in the set if it or a name above it was added. With ten
 *       million names the chance that a name is taken for another is under 10^-11.
 * Who:  supervisor builds it into a sealed memfd, fronts read it. Pure.
 * Ref:  docs/LIMITS.md "lists".
 */
#pragma once

#include "base/hash.h"
#include "dns/dns_name.h"

struct nameset; /* lives in the caller's memory */

/** Octets of memory for `names` names, 0..2^31. */
size_t nameset_bytes(size_t names);

/** Lay an empty set out over nameset_bytes(names) zeroed octets. `key` is copied. */
struct nameset *nameset_init(void *memory, size_t names, const struct hash_key *key);

/** Add a name in lower case. @return STATUS_OK (added, or there already); STATUS_FULL: more names
 * than the set was made for; STATUS_INVALID: the root. */
MUST_CHECK enum status nameset_add(struct nameset *set, const struct dns_name *name);

/** Is a mapped block of `size` octets a whole set? */
bool nameset_is_sound(const void *memory, size_t size);

/**
 * Was the name, or a name above it, added? One pass over the name hashes all of its tails; only
 * those are looked up that have as many labels as some name of the set.
 *
 * @param name     in lower case
 * @param zone_at  written if so: where the shortest such name begins, octets into `name`
 */
bool nameset_find(const struct nameset *set, const struct dns_name *name, size_t *zone_at);

size_t nameset_count(const struct nameset *set);
