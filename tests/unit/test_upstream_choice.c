/* test_upstream_choice.c - health, back-off and the pick */
#include "core/upstream_choice.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>

static uint32_t seed;

static uint32_t
next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

static void
start_random(void)
{
    seed = (uint32_t)time(NULL) | 1;
    printf("seed %u\n", seed);
}

Test(upstream_choice, back_off_grows_to_its_ceiling_with_jitter)
{
    start_random();
    struct upstream_health h = {0};
    uint64_t now = 1000000, expected = UPSTREAM_BACKOFF_FIRST_US;
    for (unsigned i = 0; i < 40; i++) {
        upstream_health_failed(&h, now, next_random(), false);
        uint64_t wait = h.retry_us - now;
        cr_assert(wait >= expected * 3 / 4 && wait <= expected * 5 / 4, "%lu of %lu",
                  (unsigned long)wait, (unsigned long)expected);
        cr_assert_not(upstream_health_may_dial(&h, h.retry_us - 1));
        cr_assert(upstream_health_may_dial(&h, h.retry_us));
        now = h.retry_us;
        expected =
            expected * 2 < UPSTREAM_BACKOFF_MOST_US ? expected * 2 : UPSTREAM_BACKOFF_MOST_US;
    }
}

Test(upstream_choice, a_lone_upstream_is_tried_again_within_a_second)
{
    start_random();
    struct upstream_health h = {0};
    uint64_t now = 5;
    for (unsigned i = 0; i < 1000; i++) {
        upstream_health_failed(&h, now, next_random(), true);
        cr_assert(h.retry_us - now < 1000000);
        now = h.retry_us;
    }
}

Test(upstream_choice, failures_within_one_back_off_count_once)
{
    struct upstream_health h = {0};
    upstream_health_failed(&h, 1000, 7, false);
    uint64_t retry = h.retry_us;
    for (unsigned i = 0; i < 30; i++)
        upstream_health_failed(&h, 1000 + i, 7, false);
    cr_assert_eq(h.failures, 1);
    cr_assert_eq(h.retry_us, retry);
}

Test(upstream_choice, only_an_answer_clears_failures)
{
    struct upstream_health h = {0};
    upstream_health_failed(&h, 1000, 7, false);
    upstream_health_connected(&h, 20000);
    cr_assert_eq(h.failures, 1);
    upstream_health_answered(&h, 20000);
    cr_assert_eq(h.failures, 0);
    cr_assert(upstream_health_may_dial(&h, 0));
}

Test(upstream_choice, round_trip_is_smoothed)
{
    struct upstream_health h = {0};
    upstream_health_connected(&h, 30000);
    cr_assert_eq(h.srtt_us, 30000);
    for (unsigned i = 0; i < 100; i++)
        upstream_health_answered(&h, 10000);
    cr_assert(h.srtt_us >= 10000 && h.srtt_us < 10100);
    upstream_health_answered(&h, 90000);
    cr_assert(h.srtt_us > 19000 && h.srtt_us < 21000);
}

Test(upstream_choice, silence_follows_the_round_trip_within_bounds)
{
    struct upstream_health h = {.srtt_us = 1000};
    cr_assert_eq(upstream_silence_us(&h, 4000), UPSTREAM_SILENCE_MIN_US);
    h.srtt_us = 400000;
    cr_assert_eq(upstream_silence_us(&h, 4000), 1600000);
    h.srtt_us = 4000000;
    cr_assert_eq(upstream_silence_us(&h, 4000), 2000000);
    cr_assert_eq(upstream_silence_us(&h, 1000), 500000);
    h.failures = 1;
    cr_assert_eq(upstream_silence_us(&h, 4000), 4000000);
}

Test(upstream_choice, never_picks_what_is_not_usable)
{
    start_random();
    struct upstream_health h[32];
    for (unsigned round = 0; round < 200000; round++) {
        unsigned count = 1 + next_random() % 32;
        for (unsigned i = 0; i < count; i++)
            h[i] = (struct upstream_health){.srtt_us = next_random() % 100000,
                                            .failures = next_random() % 3};
        uint32_t usable = next_random() & next_random();
        uint32_t seen = count < 32 ? usable & ((1U << count) - 1) : usable;
        int pick = upstream_choose(next_random() % 3, h, count, usable, next_random());
        if (seen == 0)
            cr_assert_eq(pick, -1);
        else
            cr_assert(pick >= 0 && (seen >> pick & 1) == 1);
    }
}

Test(upstream_choice, fastest_takes_the_least_round_trip)
{
    struct upstream_health h[3] = {{.srtt_us = 30000}, {.srtt_us = 10000}, {.srtt_us = 9500}};
    /* the third is not a tenth better than the second */
    cr_assert_eq(upstream_choose(UPSTREAM_FASTEST, h, 3, 7, 1), 1);
    h[2].srtt_us = 5000;
    cr_assert_eq(upstream_choose(UPSTREAM_FASTEST, h, 3, 7, 1), 2);
    h[2].failures = 1;
    cr_assert_eq(upstream_choose(UPSTREAM_FASTEST, h, 3, 7, 1), 1);
    cr_assert_eq(upstream_choose(UPSTREAM_FASTEST, h, 3, 4, 1), 2);
}

Test(upstream_choice, ordered_takes_the_first_that_is_healthy)
{
    struct upstream_health h[3] = {{.srtt_us = 90000}, {.srtt_us = 10}, {.srtt_us = 10}};
    cr_assert_eq(upstream_choose(UPSTREAM_ORDERED, h, 3, 7, 1), 0);
    h[0].failures = 1;
    cr_assert_eq(upstream_choose(UPSTREAM_ORDERED, h, 3, 7, 1), 1);
    h[1].failures = h[2].failures = 1;
    cr_assert_eq(upstream_choose(UPSTREAM_ORDERED, h, 3, 7, 1), 0);
}

Test(upstream_choice, one_that_comes_back_gets_queries_to_prove_itself)
{
    start_random();
    struct upstream_health h[3] = {
        {.srtt_us = 10, .failures = 2}, {.srtt_us = 10}, {.srtt_us = 10}};
    for (unsigned strategy = 0; strategy < 3; strategy++) {
        unsigned given = 0;
        for (unsigned i = 0; i < 20000; i++)
            given += upstream_choose(strategy, h, 3, 7, next_random()) == 0;
        cr_assert(given > 60 && given < 400, "strategy %u gave %u", strategy, given);
    }
}

Test(upstream_choice, spread_reaches_all_alike)
{
    start_random();
    struct upstream_health h[4] = {0};
    unsigned seen[4] = {0};
    for (unsigned i = 0; i < 40000; i++)
        seen[upstream_choose(UPSTREAM_SPREAD, h, 4, 15, next_random())]++;
    for (unsigned i = 0; i < 4; i++)
        cr_assert(seen[i] > 9000 && seen[i] < 11000);
}
