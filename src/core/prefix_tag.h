/* prefix_tag.h - a keyed name for a client's prefix
 *
 * What: 64 bits that stand for (family, length, prefix) in fixed tables. Keyed, so that nobody
 *       outside can aim at a place; wide enough that two prefixes never share a name by chance.
 * Who:  limiter, pacer, fair queue, connection counts. Pure.
 */
#pragma once

#include "base/addr.h"
#include "base/hash.h"

#define PREFIX_TAG_CLASSES 8 /* kinds of entries that may share one table */

/**
 * @param client  IPv4 or IPv6
 * @param length  bits of the address that count, 0..32 or 0..128
 * @param class   0..PREFIX_TAG_CLASSES-1; kept readable in the lowest bits
 * @return the name, never 0
 */
uint64_t prefix_tag(const struct hash_key *key, const struct addr *client, unsigned length,
                    unsigned class);

static inline unsigned
prefix_tag_class(uint64_t tag)
{
    return (unsigned)(tag % PREFIX_TAG_CLASSES);
}

/** The part of the name that places it in a table: does not depend on the class bits. */
static inline uint64_t
prefix_tag_place(uint64_t tag)
{
    return tag / PREFIX_TAG_CLASSES;
}
