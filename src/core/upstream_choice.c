/* upstream_choice.c - see upstream_choice.h */
#include "core/upstream_choice.h"

void
upstream_health_connected(struct upstream_health *health, uint32_t rtt_us)
{
    if (health->srtt_us == 0)
        health->srtt_us = rtt_us > 0 ? rtt_us : 1;
}

void
upstream_health_answered(struct upstream_health *health, uint32_t rtt_us)
{
    health->failures = 0;
    health->retry_us = 0;
    if (health->srtt_us == 0)
        health->srtt_us = rtt_us;
    else
        health->srtt_us = (uint32_t)(((uint64_t)health->srtt_us * 7 + rtt_us) / 8);
    if (health->srtt_us == 0)
        health->srtt_us = 1;
}

void
upstream_health_failed(struct upstream_health *health, uint64_t now_us, uint32_t random, bool lone)
{
    if (now_us < health->retry_us)
        return;
    uint64_t most = lone ? UPSTREAM_BACKOFF_LONE_US : UPSTREAM_BACKOFF_MOST_US;
    uint64_t wait = UPSTREAM_BACKOFF_FIRST_US;
    for (uint32_t i = 0; i < health->failures && wait < most; i++)
        wait *= 2;
    if (wait > most)
        wait = most;
    if (health->failures < UINT32_MAX)
        health->failures++;
    /* three quarters, and up to half more */
    health->retry_us = now_us + wait / 4 * 3 + (wait / 2 * (random >> 16) >> 16);
}

uint64_t
upstream_silence_us(const struct upstream_health *health, uint32_t query_ms)
{
    if (health->failures > 0)
        return (uint64_t)query_ms * 1000;
    uint64_t limit = 4 * (uint64_t)health->srtt_us;
    uint64_t most = (uint64_t)query_ms * 1000 / 2;
    if (limit < UPSTREAM_SILENCE_MIN_US)
        limit = UPSTREAM_SILENCE_MIN_US;
    return limit < most ? limit : most;
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
fastest(const struct upstream_health *health, uint32_t usable)
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

int
upstream_choose(enum upstream_strategy strategy, const struct upstream_health *health,
                unsigned count, uint32_t usable, uint32_t random)
{
    if (count < 32)
        usable &= (1U << count) - 1;
    if (usable == 0)
        return -1;
    if ((usable & (usable - 1)) == 0)
        return __builtin_ctz(usable);
    /* who failed last and has not answered since is asked only where nobody else is left */
    uint32_t healthy = 0;
    for (uint32_t rest = usable; rest != 0; rest &= rest - 1)
        if (health[__builtin_ctz(rest)].failures == 0)
            healthy |= rest & -rest;
    uint32_t failed = usable & ~healthy;
    if (random % UPSTREAM_EXPLORE_ONE_IN == 0) {
        /* one that came back can prove itself only by an answer, so it must get a query */
        if (failed != 0)
            return at_random(failed, random);
        if (strategy == UPSTREAM_FASTEST)
            return at_random(usable, random);
    }
    if (healthy != 0)
        usable = healthy;
    switch (strategy) {
    case UPSTREAM_SPREAD:
        return at_random(usable, random);
    case UPSTREAM_ORDERED:
        return __builtin_ctz(usable);
    case UPSTREAM_FASTEST:
        return fastest(health, usable);
    }
    return -1;
}
