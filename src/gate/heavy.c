/* heavy.c - see heavy.h
 * SPDX-License-Identifier: ISC
 */
#include "gate/heavy.h"

static unsigned
find(const struct heavy *heavy, uint64_t tag)
{
    unsigned at = 0;
    while (at < HEAVY_PLACES && heavy->tags[at] != tag)
        at++;
    return at;
}

/* A free place has a count of 0. */
static unsigned
lowest(const struct heavy *heavy)
{
    unsigned at = 0;
    for (unsigned i = 1; i < HEAVY_PLACES; i++)
        if (heavy->counts[i] < heavy->counts[at])
            at = i;
    return at;
}

void
heavy_count(struct heavy *heavy, uint64_t tag, const struct addr *addr)
{
    unsigned at = find(heavy, tag);
    if (at == HEAVY_PLACES) {
        at = lowest(heavy);
        heavy->tags[at] = tag;
        heavy->errors[at] = heavy->counts[at];
        heavy->addrs[at] = *addr;
    }
    heavy->counts[at]++;
    heavy->total++;
}

unsigned
heavy_order(const struct heavy *heavy, unsigned order[HEAVY_PLACES])
{
    unsigned count = 0;
    for (unsigned i = 0; i < HEAVY_PLACES; i++) {
        unsigned at = count;
        if (heavy->tags[i] == 0)
            continue;
        for (; at > 0 && heavy->counts[order[at - 1]] < heavy->counts[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
        count++;
    }
    return count;
}
