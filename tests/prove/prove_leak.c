/* prove_leak.c - the arithmetic of one leaky bucket
 * SPDX-License-Identifier: ISC
 *
 * One step from any state that keeps the invariant, and the invariant again.
 */
#include "base/leak.h"
#include "prove.h"

/* Rates and bursts that are followed; tools/prove says up to which. */
#ifndef RATE_MOST
#define RATE_MOST LEAK_RATE_MAX
#endif

static bool
is_leak(const struct leak *leak)
{
    return leak->rate_per_s <= LEAK_RATE_MAX && leak->burst <= LEAK_BURST_MAX &&
           leak->level <= (uint64_t)leak->burst * LEAK_MILLI;
}

static struct leak
any_leak(void)
{
    struct leak leak = {nondet_u32(), nondet_u32(), nondet_u64(), nondet_u64()};
    ASSUME(is_leak(&leak));
    ASSUME(leak.rate_per_s <= RATE_MOST && leak.burst <= RATE_MOST);
    return leak;
}

void
prove_leak_begin(void)
{
    uint64_t now_ms = nondet_u64();
    struct leak leak = leak_make(nondet_u32(), nondet_u32(), now_ms);
    CLAIM(is_leak(&leak) && leak.level == 0, "a new bucket is empty, its numbers are cut");
    CLAIM(leak_free(&leak, now_ms) == leak.burst, "all of the burst is free");
    REACHED();
}

void
prove_leak_take(void)
{
    struct leak leak = any_leak(), before = leak;
    uint32_t count = nondet_u32();
    uint64_t now_ms = nondet_u64();
    bool is_taken = leak_take(&leak, count, now_ms);
    CLAIM(is_leak(&leak), "the level is within the burst");
    CLAIM(leak.last_ms >= before.last_ms, "time does not go back");
    CLAIM(!is_taken || count <= leak.burst, "no more is taken than the burst");
    CLAIM(!is_taken || leak.level >= (uint64_t)count * LEAK_MILLI, "what is taken is counted");
    CLAIM(is_taken || leak.level <= before.level, "what is refused is not poured");
    REACHED();
}

void
prove_leak_change(void)
{
    struct leak leak = any_leak(), before = leak;
    uint64_t now_ms = nondet_u64();
    uint8_t what = nondet_u8();
    if (what == 0)
        leak_change(&leak, nondet_u32(), nondet_u32(), now_ms);
    else if (what == 1)
        leak_spend(&leak, nondet_u32(), now_ms);
    else
        leak_earn(&leak, nondet_u32());
    CLAIM(is_leak(&leak), "the level is within the burst");
    CLAIM(leak.last_ms >= before.last_ms, "time does not go back");
    CLAIM(what <= 1 || leak.level <= before.level, "what is given back is not poured");
    REACHED();
}

void
prove_leak_free(void)
{
    const struct leak leak = any_leak();
    uint32_t count = nondet_u32();
    uint64_t now_ms = nondet_u64();
    CLAIM(leak_free(&leak, now_ms) <= leak.burst, "no more is free than the burst");
    struct leak other = leak;
    uint64_t wait_ms = leak_wait_ms(&leak, count, now_ms);
    CLAIM((wait_ms == 0) == leak_take(&other, count, now_ms), "who need not wait may take");
    CLAIM((wait_ms == LEAK_NEVER) == (count > leak.burst || (leak.rate_per_s == 0 && wait_ms != 0)),
          "never, exactly where waiting does not help");
    REACHED();
}
