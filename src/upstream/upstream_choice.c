/* upstream_choice.c - see upstream_choice.h
 * SPDX-License-Identifier: ISC
 */
#include "upstream/upstream_choice.h"

#include <stddef.h>

#define P95_STEPS 16U /* a sample moves the estimate by at most so much of itself */

void
upstream_health_connected(struct upstream_health *health, uint32_t rtt_us)
{
    if (health->srtt_us == 0)
        health->srtt_us = rtt_us > 0 ? rtt_us : 1;
}

/*
 * A quantile without memory of samples: up by 95 parts where one was later, down by 5 where it was
 * not, so it rests where one in twenty is later. It climbs within a few samples and sinks slowly.
 */
static uint32_t
p95_after(uint32_t p95_us, uint32_t rtt_us)
{
    if (p95_us == 0)
        return rtt_us < UINT32_MAX / 2 ? 2 * rtt_us + 1 : UINT32_MAX;
    uint64_t step = (uint64_t)p95_us / P95_STEPS + 1;
    uint64_t next = rtt_us > p95_us ? p95_us + step * 95 / 100 : p95_us - step * 5 / 100;
    /* a step of less than one would never sink */
    if (next == p95_us)
        next = rtt_us > p95_us ? next + 1 : next - (rtt_us % 20 == 0);
    return next > UINT32_MAX ? UINT32_MAX : next > 0 ? (uint32_t)next : 1;
}

/* Not only what is bad throughout: what draws a retry for each second answer is no better. */
static void
note_use(struct upstream_health *health, bool is_sound)
{
    if (!is_sound)
        health->spoilt += UPSTREAM_SPOILT_STEP;
    else if (health->spoilt > 0)
        health->spoilt--;
    if (health->spoilt > UPSTREAM_SPOILT_MOST)
        health->spoilt = UPSTREAM_SPOILT_MOST;
}

/* By two sets of answers, so one that was quick long ago is forgotten. */
static void
note_near(struct upstream_health *health, uint32_t rtt_us)
{
    uint32_t us = rtt_us > 0 ? rtt_us : 1;
    if (health->near_us == 0 || us < health->near_us)
        health->near_us = us;
    if (health->next_us == 0 || us < health->next_us)
        health->next_us = us;
    if (++health->next_count < UPSTREAM_NEAR_ANSWERS)
        return;
    health->near_us = health->next_us;
    health->next_us = health->next_count = 0;
}

void
upstream_health_answered(struct upstream_health *health, uint32_t rtt_us, bool is_sound)
{
    health->failures = 0;
    health->retry_us = 0;
    note_use(health, is_sound);
    uint64_t most = (uint64_t)health->srtt_us * UPSTREAM_SAMPLE_PARTS + UPSTREAM_SAMPLE_MORE_US;
    if (health->srtt_us == 0)
        health->srtt_us = rtt_us;
    else
        health->srtt_us =
            (uint32_t)(((uint64_t)health->srtt_us * 7 + (rtt_us < most ? rtt_us : most)) / 8);
    if (health->srtt_us == 0)
        health->srtt_us = 1;
    health->p95_us = p95_after(health->p95_us, rtt_us);
    note_near(health, rtt_us);
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

uint32_t
upstream_near_us(const struct upstream_health *health)
{
    bool is_measured = health->near_us != 0 && health->near_us < health->srtt_us;
    return is_measured ? health->near_us : health->srtt_us;
}

uint64_t
upstream_silence_us(const struct upstream_health *health, uint32_t query_ms)
{
    uint64_t limit = 4 * (uint64_t)upstream_near_us(health);
    uint64_t most = (uint64_t)query_ms * 1000 / 2;
    if (limit < UPSTREAM_SILENCE_MIN_US)
        limit = UPSTREAM_SILENCE_MIN_US;
    return limit < most ? limit : most;
}

static uint64_t
at_most(uint64_t value, uint64_t most)
{
    return value < most ? value : most;
}

static uint64_t
at_least(uint64_t value, uint64_t least)
{
    return value > least ? value : least;
}

uint64_t
upstream_suspect_us(const struct upstream_health *health, uint32_t query_ms)
{
    uint64_t limit = at_least(4 * (uint64_t)upstream_near_us(health), UPSTREAM_SUSPECT_MIN_US);
    return at_most(limit, upstream_silence_us(health, query_ms));
}

uint64_t
upstream_answer_us(const struct upstream_health *health, uint32_t query_ms)
{
    uint64_t limit = at_least(2 * (uint64_t)upstream_near_us(health), UPSTREAM_ANSWER_MIN_US);
    return at_most(limit, upstream_silence_us(health, query_ms));
}

uint64_t
upstream_hedge_us(enum upstream_strategy strategy, const struct upstream_health *health,
                  unsigned count, unsigned index)
{
    uint64_t after = health[index].p95_us;
    for (unsigned i = 0; i < count && strategy == UPSTREAM_FASTEST; i++)
        if (health[i].failures == 0 && health[i].p95_us != 0)
            after = at_most(after, health[i].p95_us);
    return at_least(after, UPSTREAM_HEDGE_MIN_US);
}

void
upstream_health_hurry(struct upstream_health *health, uint64_t now_us)
{
    if (health->retry_us > now_us + UPSTREAM_BACKOFF_LONE_US)
        health->retry_us = now_us;
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
by_weight(const struct upstream_ask *ask, uint32_t usable)
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

/* `of` less `without`, unless nothing is left then. */
static uint32_t
rather(uint32_t of, uint32_t without)
{
    return (of & ~without) != 0 ? of & ~without : of;
}

int
upstream_choose(const struct upstream_ask *ask, const struct upstream_health *health)
{
    uint32_t usable = ask->count < 32 ? ask->usable & ((1U << ask->count) - 1) : ask->usable;
    if (usable == 0)
        return -1;
    usable = rather(rather(usable, ask->avoid), ask->suspect);
    /* who failed last and has not answered since is asked only where nobody else is left */
    uint32_t failed = 0;
    for (uint32_t rest = usable; rest != 0; rest &= rest - 1)
        if (health[__builtin_ctz(rest)].failures != 0 ||
            health[__builtin_ctz(rest)].spoilt >= UPSTREAM_SPOILT_MANY)
            failed |= rest & -rest;
    if (ask->random % UPSTREAM_EXPLORE_ONE_IN == 0) {
        /* one that came back can prove itself only by an answer, so it must get a query */
        if (failed != 0)
            return at_random(failed, ask->random);
        if (ask->strategy == UPSTREAM_FASTEST)
            return at_random(usable, ask->random);
    }
    usable = rather(usable, failed);
    switch (ask->strategy) {
    case UPSTREAM_SPREAD:
        return by_weight(ask, usable);
    case UPSTREAM_ORDERED:
        return __builtin_ctz(usable);
    case UPSTREAM_FASTEST:
        return fastest(health, usable);
    }
    return -1;
}
