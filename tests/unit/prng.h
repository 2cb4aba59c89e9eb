/* prng.h - random input for property tests, repeatable from its printed seed
 * SPDX-License-Identifier: ISC
 *
 * PENSTOCK_TEST_SEED=NUMBER repeats a run.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct prng {
    uint64_t seed;
    uint64_t state;
};

static inline uint64_t
prng_next(struct prng *prng)
{
    prng->state += 0x9e3779b97f4a7c15U; /* splitmix64 */
    uint64_t z = prng->state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

static inline struct prng
prng_begin(const char *test)
{
    const char *given = getenv("PENSTOCK_TEST_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)now.tv_nsec;
    printf("%s: seed %llu\n", test, (unsigned long long)seed);
    return (struct prng){.seed = seed, .state = seed};
}

/** 0..bound-1 */
static inline unsigned
prng_below(struct prng *prng, unsigned bound)
{
    return (unsigned)(prng_next(prng) % bound);
}

static inline void
prng_fill(struct prng *prng, void *to, size_t size)
{
    uint8_t *octets = to;
    for (size_t i = 0; i < size; i++)
        octets[i] = (uint8_t)prng_next(prng);
}
