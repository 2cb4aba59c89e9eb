/* test_leak.c - tests of leak
 * SPDX-License-Identifier: ISC
 */
#include "base/leak.h"

#include "prng.h"

#include <criterion/criterion.h>

Test(leak, gives_a_burst_then_the_rate)
{
    struct leak t = leak_make(10, 5, 1000);
    for (unsigned i = 0; i < 5; i++)
        cr_assert(leak_take(&t, 1, 1000));
    cr_assert_not(leak_take(&t, 1, 1000));
    cr_assert_not(leak_take(&t, 1, 1099));
    cr_assert(leak_take(&t, 1, 1100));
    cr_assert_not(leak_take(&t, 1, 1100));
}

Test(leak, is_whole_again_after_quiet_time_and_never_more)
{
    struct leak t = leak_make(3, 4, 0);
    cr_assert(leak_take(&t, 4, 0));
    cr_assert_eq(leak_free(&t, 1333), 3);
    cr_assert_eq(leak_free(&t, 1334), 4);
    cr_assert_eq(leak_free(&t, UINT64_MAX), 4);
    cr_assert_not(leak_take(&t, 5, UINT64_MAX));
    cr_assert(leak_take(&t, 4, UINT64_MAX));
}

Test(leak, tells_how_long_to_wait_to_the_millisecond)
{
    struct prng prng = prng_begin("leak");
    for (unsigned i = 0; i < 2000; i++) {
        uint64_t now = prng_below(&prng, 100000);
        struct leak t = leak_make(1 + prng_below(&prng, 5000), 1 + prng_below(&prng, 100), now);
        leak_spend(&t, prng_below(&prng, 200), now);
        uint32_t count = 1 + prng_below(&prng, t.burst);
        uint64_t wait = leak_wait_ms(&t, count, now);
        cr_assert_neq(wait, LEAK_NEVER);
        struct leak before = t, at = t;
        cr_assert(leak_take(&at, count, now + wait));
        if (wait > 0)
            cr_assert_not(leak_take(&before, count, now + wait - 1));
    }
}

Test(leak, never_passes_more_than_rate_and_burst)
{
    struct prng prng = prng_begin("leak");
    struct leak t = leak_make(250, 20, 0);
    uint64_t now = 0, taken = 0;
    for (unsigned i = 0; i < 100000; i++) {
        now += prng_below(&prng, 3);
        uint32_t count = 1 + prng_below(&prng, 3);
        if (leak_take(&t, count, now))
            taken += count;
        cr_assert_leq(taken * 1000, now * 250 + 20 * 1000);
    }
    /* asked for more than there is, so all of it was given, but for less than one request */
    cr_assert_geq(taken * 1000 + 3000, now * 250);
}

Test(leak, earns_a_share_of_other_traffic)
{
    struct leak t = leak_make(0, 10, 0);
    cr_assert(leak_take(&t, 10, 0));
    cr_assert_not(leak_take(&t, 1, 1000000));
    cr_assert_eq(leak_wait_ms(&t, 1, 1000000), LEAK_NEVER);
    for (unsigned i = 0; i < 9; i++)
        leak_earn(&t, 100);
    cr_assert_not(leak_take(&t, 1, 1000000));
    leak_earn(&t, 100);
    cr_assert(leak_take(&t, 1, 1000000));
    leak_earn(&t, UINT32_MAX);
    cr_assert_eq(leak_free(&t, 1000000), 10);
}

Test(leak, change_keeps_what_was_taken)
{
    struct leak t = leak_make(10, 10, 0);
    cr_assert(leak_take(&t, 6, 0));
    leak_change(&t, 100, 8, 0);
    cr_assert_eq(leak_free(&t, 0), 2);
    leak_change(&t, 100, 4, 0);
    cr_assert_eq(leak_free(&t, 0), 0);
    cr_assert_eq(leak_free(&t, 40), 4);
}

Test(leak, time_that_steps_back_counts_as_the_latest)
{
    struct leak t = leak_make(10, 1, 5000);
    cr_assert(leak_take(&t, 1, 5000));
    cr_assert_not(leak_take(&t, 1, 10));
    cr_assert_not(leak_take(&t, 1, 5099), "the time it stepped back is not counted twice");
    cr_assert(leak_take(&t, 1, 5100));
}

Test(leak, what_is_more_than_the_burst_never_comes)
{
    struct leak t = leak_make(10, 3, 0);
    cr_assert_eq(leak_wait_ms(&t, 4, 0), LEAK_NEVER);
    struct leak none = leak_make(10, 0, 0);
    cr_assert_not(leak_take(&none, 1, 1000000));
}

Test(leak, cuts_numbers_past_its_limits)
{
    struct leak t = leak_make(UINT32_MAX, UINT32_MAX, 0);
    cr_assert_eq(t.rate_per_s, LEAK_RATE_MAX);
    cr_assert_eq(t.burst, LEAK_BURST_MAX);
    leak_spend(&t, UINT32_MAX, 0);
    cr_assert_eq(leak_free(&t, 0), 0);
    cr_assert_eq(leak_free(&t, 1000), LEAK_BURST_MAX);
}

/* --- a rate and burst that are told with each use, as the supervisor's dials and the log's lines --- */

#define BURST      50
#define PER_SECOND 20

static bool
take_told(struct leak *leak, uint32_t burst, uint32_t per_second, uint64_t now_ms)
{
    leak_change(leak, per_second, burst, now_ms);
    return leak_take(leak, 1, now_ms);
}

Test(leak, full_burst_and_no_more_at_one_instant)
{
    struct leak leak = {0};
    for (int i = 0; i < BURST; i++)
        cr_assert(take_told(&leak, BURST, PER_SECOND, 1000), "%d", i);
    for (int i = 0; i < 3; i++)
        cr_assert_not(take_told(&leak, BURST, PER_SECOND, 1000));
}

Test(leak, one_comes_back_after_its_interval)
{
    struct leak leak = {0};
    uint64_t now_ms = 77;
    while (take_told(&leak, BURST, PER_SECOND, now_ms))
        ;
    now_ms += 1000 / PER_SECOND - 1;
    cr_assert_not(take_told(&leak, BURST, PER_SECOND, now_ms));
    now_ms += 1;
    cr_assert(take_told(&leak, BURST, PER_SECOND, now_ms));
    cr_assert_not(take_told(&leak, BURST, PER_SECOND, now_ms));
}

Test(leak, refused_attempts_cost_nothing)
{
    struct leak leak = {0};
    while (take_told(&leak, 1, 1, 0))
        ;
    for (int i = 0; i < 1000; i++)
        cr_assert_not(take_told(&leak, 1, 1, 999));
    cr_assert(take_told(&leak, 1, 1, 1000));
}

Test(leak, idle_time_saves_up_one_burst_only)
{
    struct leak leak = {0};
    cr_assert(take_told(&leak, BURST, PER_SECOND, 0));
    uint64_t now_ms = UINT64_C(3600) * 1000;
    int taken = 0;
    while (take_told(&leak, BURST, PER_SECOND, now_ms))
        taken++;
    cr_assert_eq(taken, BURST);
}

/* whatever the asker does: never more than the burst and what came back meanwhile */
Test(leak, never_exceeds_burst_and_rate_on_random_times)
{
    struct prng prng = prng_begin("leak");
    struct leak leak = {0};
    uint64_t now_ms = 0, taken = 0;
    for (int i = 0; i < 200000; i++) {
        now_ms += prng_below(&prng, 20);
        taken += take_told(&leak, BURST, PER_SECOND, now_ms);
        cr_assert(taken * 1000 <= (uint64_t)BURST * 1000 + now_ms * PER_SECOND);
    }
    /* and a greedy asker does get its rate */
    cr_assert(taken * 1000 + 2000 >= (uint64_t)BURST * 1000 + now_ms * PER_SECOND);
}
