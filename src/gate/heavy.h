/* heavy.h - which networks come most often, in fixed memory
 * SPDX-License-Identifier: ISC
 *
 * What: a table of HEAVY_PLACES counts. Who has a place is counted; who has none takes the place of
 *       the lowest count and inherits it. Of n things counted: a count is never too low, and too high
 *       by its `error` at most, which is at most n / HEAVY_PLACES; who came more often than that has
 *       a place.
 * Who:  front. Pure.
 * Ref:  Metwally, Agrawal, El Abbadi, Efficient Computation of Frequent and Top-k Elements in Data
 *       Streams, ICDT 2005 (Space-Saving); docs/LIMITS.md "networks".
 */
#pragma once

#include "base/addr.h"

#define HEAVY_PLACES 64

struct heavy {                   /* zeroed: nothing was counted */
    uint64_t tags[HEAVY_PLACES]; /* 0: free */
    uint32_t counts[HEAVY_PLACES], errors[HEAVY_PLACES];
    struct addr addrs[HEAVY_PLACES]; /* one of each network */
    uint32_t total;
};

/** Count one thing of the network `tag`, in which `addr` is. At most 2^32 - 1 between two clearings. */
void heavy_count(struct heavy *heavy, uint64_t tag, const struct addr *addr);

/** The places in use, those with the highest counts first. @return how many, 0..HEAVY_PLACES */
unsigned heavy_order(const struct heavy *heavy, unsigned order[HEAVY_PLACES]);
