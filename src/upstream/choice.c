/* choice.c - see choice.h
 * SPDX-License-Identifier: ISC
 */
#include "upstream/choice.h"

#include <stddef.h>

uint64_t
choice_hedge_us(enum choice_strategy strategy, const struct health *health, uint32_t peers,
                unsigned index)
{
    uint64_t after = health[index].p95_us;
    for (; peers != 0 && strategy == CHOICE_FASTEST; peers &= peers - 1) {
        const struct health *peer = &health[__builtin_ctz(peers)];
        if (peer->failures == 0 && peer->p95_us != 0)
            after = after < peer->p95_us ? after : peer->p95_us;
    }
    return after > UPSTREAM_HEDGE_MIN_US ? after : UPSTREAM_HEDGE_MIN_US;
}

/* The index of the n-th set bit; n is below the number of set bits. */
static int
nth_bit(uint32_t bits, unsigned n)
{
    while (n-- > 0)
        bits &= bits - 1;
    return __builtin_ctz(bits);
}

static int
at_random(uint32_t bits, uint32_t random)
{
    unsigned count = (unsigned)__builtin_popcount(bits);
    return nth_bit(bits, (unsigned)((uint64_t)random * count >> 32));
}

static int
by_weight(const struct choice *ask, uint32_t usable)
{
    if (ask->weights == NULL)
        return at_random(usable, ask->random);
    uint64_t sum = 0;
    for (uint32_t rest = usable; rest != 0; rest &= rest - 1)
        sum += ask->weights[__builtin_ctz(rest)];
    uint64_t at = (uint64_t)ask->random * sum >> 32;
    for (uint32_t rest = usable; rest != 0; rest &= rest - 1) {
        int i = __builtin_ctz(rest);
        if (at < ask->weights[i])
            return i;
        at -= ask->weights[i];
    }
    return __builtin_ctz(usable); /* all weights were 0 */
}

static int
fastest(const struct health *health, uint32_t usable)
{
    int best = -1;
    for (uint32_t rest = usable; rest != 0; rest &= rest - 1) {
        int i = __builtin_ctz(rest);
        /* a tenth better is no reason to change over: small differences are noise */
        if (best < 0 || (uint64_t)health[i].srtt_us * 10 < (uint64_t)health[best].srtt_us * 9)
            best = i;
    }
    return best;
}

/* `of` less `without`, unless nothing is left then. */
static uint32_t
rather(uint32_t of, uint32_t without)
{
    return (of & ~without) != 0 ? of & ~without : of;
}

int
choice_make(const struct choice *ask, const struct health *health)
{
    uint32_t usable = ask->count < 32 ? ask->usable & ((1U << ask->count) - 1) : ask->usable;
    if (usable == 0)
        return -1;
    usable = rather(rather(usable, ask->avoid), ask->suspect);
    /* one that failed and has not answered since is asked only where no other is left */
    uint32_t failed = 0;
    for (uint32_t rest = usable; rest != 0; rest &= rest - 1)
        if (health[__builtin_ctz(rest)].failures != 0 ||
            health[__builtin_ctz(rest)].spoilt >= UPSTREAM_SPOILT_MANY)
            failed |= rest & -rest;
    if (ask->random % UPSTREAM_EXPLORE_ONE_IN == 0) {
        /* one that came back can prove itself only by an answer, so it must get a query */
        if (failed != 0)
            return at_random(failed, ask->random);
        if (ask->strategy == CHOICE_FASTEST)
            return at_random(usable, ask->random);
    }
    usable = rather(usable, failed);
    switch (ask->strategy) {
    case CHOICE_SPREAD:
        return by_weight(ask, usable);
    case CHOICE_ORDERED:
        return __builtin_ctz(usable);
    case CHOICE_FASTEST:
        return fastest(health, usable);
    }
    return -1;
}
