/* refusals.h - why a client was refused last
 * SPDX-License-Identifier: ISC
 *
 * What: a place for each of some networks of the longest length, the last refusal by a limit in it; a
 *       newcomer takes the place. It is written where a query is refused, and nowhere else.
 * Who:  front; read for `penstockctl limits`.
 * Ref:  docs/LIMITS.md "limiter".
 */
#pragma once

#include "base/addr.h"
#include "lane/why.h"

#define REFUSALS_PLACES 1024

struct refusal {
    uint64_t tag;  /* of the network; 0: none yet */
    uint32_t at_s; /* monotonic */
    uint32_t why;  /* enum why */
};

struct refusals { /* zeroed: none yet */
    struct refusal places[REFUSALS_PLACES];
};

/** @param tag  addr_keys_at() of the longest length */
static inline void
refusals_note(struct refusals *refusals, uint64_t tag, enum why why, uint32_t now_s)
{
    refusals->places[ADDR_TAG_PLACE(tag) % REFUSALS_PLACES] =
        (struct refusal){tag, now_s, (uint32_t)why};
}

/** @return the last one of this network; NULL: none is remembered */
static inline const struct refusal *
refusals_find(const struct refusals *refusals, uint64_t tag)
{
    const struct refusal *place = &refusals->places[ADDR_TAG_PLACE(tag) % REFUSALS_PLACES];
    return place->tag == tag ? place : NULL;
}
