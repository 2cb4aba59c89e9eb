/* prefix.h - a keyed name for a client's prefix
 * SPDX-License-Identifier: ISC
 *
 * What: 64 bits that stand for (family, length, prefix) in fixed tables. Keyed, so that nobody
 *       outside can aim at a place; wide enough that two prefixes never share a name by chance.
 *       The names of a client at the configured lengths are made once, and carried along with what
 *       it asked.
 * Who:  limiter, pacer, networks. Pure.
 */
#pragma once

#include "base/addr.h"
#include "base/hash.h"

#define PREFIX_TAG_CLASSES 8 /* kinds of entries that may share one table */
#define PREFIX_LENGTHS_MAX 4 /* lengths of a family at which clients are told apart */

/* Of a name: its class, and the part that places it in a table, which does not depend on that. */
#define PREFIX_TAG_CLASS(tag) ((unsigned)((tag) % PREFIX_TAG_CLASSES))
#define PREFIX_TAG_PLACE(tag) ((tag) / PREFIX_TAG_CLASSES)

/* At which lengths clients are told apart, and under which key. */
struct prefix_set {
    struct hash_key key;
    uint32_t mark;                          /* stands for key and lengths, never 0 */
    uint8_t counts[2];                      /* lengths of IPv4, IPv6 */
    uint8_t lengths[2][PREFIX_LENGTHS_MAX]; /* shortest first */
};

/* The names of one client's prefixes; zeroed: none is made. */
struct prefix_keys {
    uint32_t mark;                     /* of the set that they belong to */
    uint64_t tags[PREFIX_LENGTHS_MAX]; /* by place in the set's lengths; 0: not made */
};

/**
 * @param client  IPv4 or IPv6
 * @param length  bits of the address that count, 0..32 or 0..128
 * @param class   0..PREFIX_TAG_CLASSES-1; kept readable in the lowest bits
 * @return the name, never 0
 */
uint64_t prefix_tag(const struct hash_key *key, const struct addr *client, unsigned length,
                    unsigned class);

/** Make `set->mark` once key, counts and lengths are there: equal ones have equal marks. */
void prefix_set_mark(struct prefix_set *set);

/** 0: IPv4; 1: IPv6. */
unsigned prefix_family(const struct addr *client);

/**
 * The name of a client's prefix at one of a set's lengths: the one carried along, or a new one.
 *
 * @param keys  the client's own, changed; those of another set are forgotten
 * @param i     place in the set's lengths of the client's family
 * @return its prefix_tag(), whose class is prefix_family()
 */
uint64_t prefix_keys_at(struct prefix_keys *keys, const struct prefix_set *set,
                        const struct addr *client, unsigned i);
