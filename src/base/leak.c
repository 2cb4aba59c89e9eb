/* leak.c - see leak.h
 * SPDX-License-Identifier: ISC
 */
#include "base/leak.h"

static uint64_t
full(const struct leak *leak)
{
    return (uint64_t)leak->burst * LEAK_MILLI;
}

/* The level at `now_ms`: a rate per second is the same number of thousandths per ms. */
static uint64_t
level_at(const struct leak *leak, uint64_t now_ms)
{
    if (now_ms <= leak->last_ms || leak->rate_per_s == 0)
        return leak->level;
    uint64_t passed_ms = now_ms - leak->last_ms;
    if (passed_ms > leak->level / leak->rate_per_s)
        return 0;
    return leak->level - passed_ms * leak->rate_per_s;
}

static void
advance(struct leak *leak, uint64_t now_ms)
{
    leak->level = level_at(leak, now_ms);
    if (now_ms > leak->last_ms)
        leak->last_ms = now_ms;
}

static uint32_t
at_most(uint32_t value, uint32_t most)
{
    return value < most ? value : most;
}

struct leak
leak_make(uint32_t rate_per_s, uint32_t burst, uint64_t now_ms)
{
    return (struct leak){
        .rate_per_s = at_most(rate_per_s, LEAK_RATE_MAX),
        .burst = at_most(burst, LEAK_BURST_MAX),
        .last_ms = now_ms,
    };
}

void
leak_change(struct leak *leak, uint32_t rate_per_s, uint32_t burst, uint64_t now_ms)
{
    advance(leak, now_ms);
    leak->rate_per_s = at_most(rate_per_s, LEAK_RATE_MAX);
    leak->burst = at_most(burst, LEAK_BURST_MAX);
    if (leak->level > full(leak))
        leak->level = full(leak);
}

bool
leak_take(struct leak *leak, uint32_t count, uint64_t now_ms)
{
    advance(leak, now_ms);
    uint64_t wanted = (uint64_t)count * LEAK_MILLI;
    if (wanted > full(leak) - leak->level)
        return false;
    leak->level += wanted;
    return true;
}

void
leak_spend(struct leak *leak, uint32_t count, uint64_t now_ms)
{
    advance(leak, now_ms);
    uint64_t wanted = (uint64_t)count * LEAK_MILLI;
    leak->level = wanted > full(leak) - leak->level ? full(leak) : leak->level + wanted;
}

void
leak_earn(struct leak *leak, uint32_t milli)
{
    leak->level -= milli < leak->level ? milli : leak->level;
}

uint32_t
leak_free(const struct leak *leak, uint64_t now_ms)
{
    return (uint32_t)((full(leak) - level_at(leak, now_ms)) / LEAK_MILLI);
}

uint64_t
leak_wait_ms(const struct leak *leak, uint32_t count, uint64_t now_ms)
{
    uint64_t wanted = (uint64_t)count * LEAK_MILLI;
    if (wanted > full(leak))
        return LEAK_NEVER;
    uint64_t level = level_at(leak, now_ms), room = full(leak) - level;
    if (wanted <= room)
        return 0;
    if (leak->rate_per_s == 0)
        return LEAK_NEVER;
    return (wanted - room + leak->rate_per_s - 1) / leak->rate_per_s;
}
