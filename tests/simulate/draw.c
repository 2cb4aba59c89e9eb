/* draw.c - see draw.h
 * SPDX-License-Identifier: ISC
 */
#include "draw.h"

static uint64_t seed_of_all;

/* splitmix64 */
static uint64_t
mix(uint64_t z)
{
    z += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

void
draw_seed(uint64_t seed)
{
    seed_of_all = mix(seed);
}

uint64_t
draw(uint64_t who, uint64_t count, uint64_t below)
{
    return below > 1 ? mix(mix(seed_of_all ^ who) + count * 0xd6e8feb86659fd93U) % below : 0;
}

uint64_t
draw_next(uint64_t *state, uint64_t below)
{
    *state += 0x9e3779b97f4a7c15U;
    uint64_t value = mix(*state);
    return below > 1 ? value % below : 0;
}
