/* draw.c - see draw.h
 * SPDX-License-Identifier: ISC
 */
#include "draw.h"

#include "base/bytes.h"

static uint64_t seed_of_all;
static struct bytes_reader input; /* of NULL: there is none */

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

void
draw_input(const uint8_t *octets, size_t size)
{
    input = bytes_reader(octets, size);
}

/* One octet as far as it goes, and zero past the end: the least delay, and no fault. */
static uint64_t
draw_of_input(uint64_t below)
{
    uint64_t value = bytes_get_u8(&input);
    for (uint64_t most = 256; most < below && most < UINT64_MAX / 256; most *= 256)
        value = value * 256 + bytes_get_u8(&input);
    return value % below;
}

uint64_t
draw(uint64_t who, uint64_t count, uint64_t below)
{
    if (input.data != NULL && below > 1 && who >> 56 != DRAW_RANDOM)
        return draw_of_input(below);
    return below > 1 ? mix(mix(seed_of_all ^ who) + count * 0xd6e8feb86659fd93U) % below : 0;
}

uint64_t
draw_next(uint64_t *state, uint64_t below)
{
    *state += 0x9e3779b97f4a7c15U;
    uint64_t value = mix(*state);
    return below > 1 ? value % below : 0;
}
