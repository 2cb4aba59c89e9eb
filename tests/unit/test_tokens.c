/* test_tokens.c - tests of tokens
 * SPDX-License-Identifier: ISC
 */
#include "lane/tokens.h"

#include "prng.h"

#include <criterion/criterion.h>

Test(tokens, gives_a_burst_then_the_rate)
{
    struct tokens t = tokens_make(10, 5, 1000);
    for (unsigned i = 0; i < 5; i++)
        cr_assert(tokens_take(&t, 1, 1000));
    cr_assert_not(tokens_take(&t, 1, 1000));
    cr_assert_not(tokens_take(&t, 1, 1099));
    cr_assert(tokens_take(&t, 1, 1100));
    cr_assert_not(tokens_take(&t, 1, 1100));
}

Test(tokens, is_whole_again_after_quiet_time_and_never_more)
{
    struct tokens t = tokens_make(3, 4, 0);
    cr_assert(tokens_take(&t, 4, 0));
    cr_assert_eq(tokens_free(&t, 1333), 3);
    cr_assert_eq(tokens_free(&t, 1334), 4);
    cr_assert_eq(tokens_free(&t, UINT64_MAX), 4);
    cr_assert_not(tokens_take(&t, 5, UINT64_MAX));
    cr_assert(tokens_take(&t, 4, UINT64_MAX));
}

Test(tokens, tells_how_long_to_wait_to_the_millisecond)
{
    struct prng prng = prng_begin("tokens");
    for (unsigned i = 0; i < 2000; i++) {
        uint64_t now = prng_below(&prng, 100000);
        struct tokens t = tokens_make(1 + prng_below(&prng, 5000), 1 + prng_below(&prng, 100), now);
        tokens_spend(&t, prng_below(&prng, 200), now);
        uint32_t count = 1 + prng_below(&prng, t.burst);
        uint64_t wait = tokens_wait_ms(&t, count, now);
        cr_assert_neq(wait, TOKENS_NEVER);
        struct tokens before = t, at = t;
        cr_assert(tokens_take(&at, count, now + wait));
        if (wait > 0)
            cr_assert_not(tokens_take(&before, count, now + wait - 1));
    }
}

Test(tokens, never_passes_more_than_rate_and_burst)
{
    struct prng prng = prng_begin("tokens");
    struct tokens t = tokens_make(250, 20, 0);
    uint64_t now = 0, taken = 0;
    for (unsigned i = 0; i < 100000; i++) {
        now += prng_below(&prng, 3);
        uint32_t count = 1 + prng_below(&prng, 3);
        if (tokens_take(&t, count, now))
            taken += count;
        cr_assert_leq(taken * 1000, now * 250 + 20 * 1000);
    }
    /* asked for more than there is, so all of it was given, but for less than one request */
    cr_assert_geq(taken * 1000 + 3000, now * 250);
}

Test(tokens, earns_a_share_of_other_traffic)
{
    struct tokens t = tokens_make(0, 10, 0);
    cr_assert(tokens_take(&t, 10, 0));
    cr_assert_not(tokens_take(&t, 1, 1000000));
    cr_assert_eq(tokens_wait_ms(&t, 1, 1000000), TOKENS_NEVER);
    for (unsigned i = 0; i < 9; i++)
        tokens_earn(&t, 100);
    cr_assert_not(tokens_take(&t, 1, 1000000));
    tokens_earn(&t, 100);
    cr_assert(tokens_take(&t, 1, 1000000));
    tokens_earn(&t, UINT32_MAX);
    cr_assert_eq(tokens_free(&t, 1000000), 10);
}

Test(tokens, change_keeps_what_was_taken)
{
    struct tokens t = tokens_make(10, 10, 0);
    cr_assert(tokens_take(&t, 6, 0));
    tokens_change(&t, 100, 8, 0);
    cr_assert_eq(tokens_free(&t, 0), 2);
    tokens_change(&t, 100, 4, 0);
    cr_assert_eq(tokens_free(&t, 0), 0);
    cr_assert_eq(tokens_free(&t, 40), 4);
}

Test(tokens, time_that_steps_back_counts_as_the_latest)
{
    struct tokens t = tokens_make(10, 1, 5000);
    cr_assert(tokens_take(&t, 1, 5000));
    cr_assert_not(tokens_take(&t, 1, 10));
    cr_assert(tokens_take(&t, 1, 5100));
}

Test(tokens, what_is_more_than_the_burst_never_comes)
{
    struct tokens t = tokens_make(10, 3, 0);
    cr_assert_eq(tokens_wait_ms(&t, 4, 0), TOKENS_NEVER);
    struct tokens none = tokens_make(10, 0, 0);
    cr_assert_not(tokens_take(&none, 1, 1000000));
}

Test(tokens, cuts_numbers_past_its_limits)
{
    struct tokens t = tokens_make(UINT32_MAX, UINT32_MAX, 0);
    cr_assert_eq(t.rate_per_s, TOKENS_RATE_MAX);
    cr_assert_eq(t.burst, TOKENS_BURST_MAX);
    tokens_spend(&t, UINT32_MAX, 0);
    cr_assert_eq(tokens_free(&t, 0), 0);
    cr_assert_eq(tokens_free(&t, 1000), TOKENS_BURST_MAX);
}
