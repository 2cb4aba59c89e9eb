/* tokens.c - see tokens.h
 * SPDX-License-Identifier: ISC
 */
#include "lane/tokens.h"

static uint64_t
full(const struct tokens *t)
{
    return (uint64_t)t->burst * TOKENS_MILLI;
}

/* The level at `now_ms`: a rate in tokens per second is the same number of thousandths per ms. */
static uint64_t
level_at(const struct tokens *t, uint64_t now_ms)
{
    if (now_ms <= t->last_ms || t->rate_per_s == 0)
        return t->level;
    uint64_t passed_ms = now_ms - t->last_ms;
    if (passed_ms > t->level / t->rate_per_s)
        return 0;
    return t->level - passed_ms * t->rate_per_s;
}

static void
advance(struct tokens *t, uint64_t now_ms)
{
    t->level = level_at(t, now_ms);
    if (now_ms > t->last_ms)
        t->last_ms = now_ms;
}

static uint32_t
at_most(uint32_t value, uint32_t most)
{
    return value < most ? value : most;
}

struct tokens
tokens_make(uint32_t rate_per_s, uint32_t burst, uint64_t now_ms)
{
    return (struct tokens){
        .rate_per_s = at_most(rate_per_s, TOKENS_RATE_MAX),
        .burst = at_most(burst, TOKENS_BURST_MAX),
        .last_ms = now_ms,
    };
}

void
tokens_change(struct tokens *t, uint32_t rate_per_s, uint32_t burst, uint64_t now_ms)
{
    advance(t, now_ms);
    t->rate_per_s = at_most(rate_per_s, TOKENS_RATE_MAX);
    t->burst = at_most(burst, TOKENS_BURST_MAX);
    if (t->level > full(t))
        t->level = full(t);
}

bool
tokens_take(struct tokens *t, uint32_t count, uint64_t now_ms)
{
    advance(t, now_ms);
    uint64_t wanted = (uint64_t)count * TOKENS_MILLI;
    if (wanted > full(t) - t->level)
        return false;
    t->level += wanted;
    return true;
}

void
tokens_spend(struct tokens *t, uint32_t count, uint64_t now_ms)
{
    advance(t, now_ms);
    uint64_t wanted = (uint64_t)count * TOKENS_MILLI;
    t->level = wanted > full(t) - t->level ? full(t) : t->level + wanted;
}

void
tokens_earn(struct tokens *t, uint32_t milli)
{
    t->level -= milli < t->level ? milli : t->level;
}

uint32_t
tokens_free(const struct tokens *t, uint64_t now_ms)
{
    return (uint32_t)((full(t) - level_at(t, now_ms)) / TOKENS_MILLI);
}

uint64_t
tokens_wait_ms(const struct tokens *t, uint32_t count, uint64_t now_ms)
{
    uint64_t wanted = (uint64_t)count * TOKENS_MILLI;
    if (wanted > full(t))
        return TOKENS_NEVER;
    uint64_t level = level_at(t, now_ms), room = full(t) - level;
    if (wanted <= room)
        return 0;
    if (t->rate_per_s == 0)
        return TOKENS_NEVER;
    return (wanted - room + t->rate_per_s - 1) / t->rate_per_s;
}
