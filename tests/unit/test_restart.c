/* test_restart.c - tests of restart
 * SPDX-License-Identifier: ISC
 */
#include "lane/restart.h"

#include <criterion/criterion.h>
#include <string.h>

Test(restart, first_death_is_answered_at_once)
{
    struct restart r = {0};
    cr_assert_eq(restart_died(&r, 0), 0);
}

Test(restart, row_of_deaths_doubles_up_to_the_longest_wait)
{
    struct restart r = {0};
    static const uint32_t waits[] = {0, 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000};
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
        cr_assert_eq(restart_died(&r, RESTART_STEADY_MS - 1), waits[i], "death %zu", i);
}

Test(restart, steady_life_ends_the_row)
{
    struct restart r = {0};
    for (int i = 0; i < 6; i++)
        (void)restart_died(&r, 10);
    cr_assert_eq(restart_died(&r, RESTART_STEADY_MS), 0);
    cr_assert_eq(restart_died(&r, 10), RESTART_FIRST_MS);
}

Test(restart, ceiling_forgives_ten_deaths_a_minute)
{
    struct restart_ceiling c = {0};
    for (uint64_t i = 0; i < RESTART_DEATHS_MAX; i++)
        cr_assert_not(restart_ceiling_reached(&c, 1000 + i), "death %d", (int)i);
    cr_assert(restart_ceiling_reached(&c, 1000 + RESTART_WINDOW_MS - 1));
}

Test(restart, ceiling_forgets_what_is_older_than_its_window)
{
    struct restart_ceiling c = {0};
    for (uint64_t i = 0; i < RESTART_DEATHS_MAX; i++)
        (void)restart_ceiling_reached(&c, 1000);
    cr_assert_not(restart_ceiling_reached(&c, 1000 + RESTART_WINDOW_MS));
}

Test(restart, slow_deaths_never_reach_the_ceiling)
{
    struct restart_ceiling c = {0};
    for (uint64_t i = 0; i < 1000; i++)
        cr_assert_not(
            restart_ceiling_reached(&c, 5 + i * (RESTART_WINDOW_MS / RESTART_DEATHS_MAX)));
}

/* the definition, spelled out over a list of all deaths */
Test(restart, ceiling_agrees_with_counting_on_random_times)
{
    unsigned seed = 20240717;
    cr_log_info("seed %u", seed);
    static uint64_t deaths[4000];
    struct restart_ceiling c = {0};
    uint64_t now_ms = 0;
    unsigned reached = 0;
    for (size_t i = 0; i < 4000; i++) {
        seed = seed * 1664525U + 1013904223U;
        now_ms += (seed >> 8) % 13000;
        deaths[i] = now_ms;
        unsigned recent = 0;
        for (size_t j = 0; j <= i; j++)
            recent += now_ms - deaths[j] < RESTART_WINDOW_MS;
        bool expected = recent > RESTART_DEATHS_MAX;
        reached += expected;
        cr_assert_eq(restart_ceiling_reached(&c, now_ms), expected, "death %zu", i);
    }
    cr_assert_gt(reached, 100);
    cr_assert_lt(reached, 3900);
}

Test(restart, a_lane_rests_after_one_death_too_many_and_then_after_each)
{
    struct restart_lane lane = {0};
    uint64_t now_ms = 1000000;
    for (unsigned i = 0; i < RESTART_DEATHS_MAX; i++)
        cr_assert_not(restart_lane_must_rest(&lane, 5, now_ms += 100), "death %u", i);
    cr_expect_not(restart_lane_rests(&lane, now_ms));
    cr_assert(restart_lane_must_rest(&lane, 5, now_ms += 100));
    cr_expect(restart_lane_rests(&lane, now_ms));
    cr_expect(restart_lane_rests(&lane, now_ms + RESTART_WINDOW_MS - 1));
    cr_expect_not(restart_lane_rests(&lane, now_ms + RESTART_WINDOW_MS));
    for (unsigned i = 0; i < 20; i++) /* one try a minute */
        cr_assert(restart_lane_must_rest(&lane, 5, now_ms += RESTART_WINDOW_MS + 50), "try %u", i);
}

Test(restart, a_long_life_ends_the_trial)
{
    struct restart_lane lane = {0};
    uint64_t now_ms = 1000000;
    for (unsigned i = 0; i <= RESTART_DEATHS_MAX; i++)
        (void)restart_lane_must_rest(&lane, 5, now_ms);
    now_ms += RESTART_WINDOW_MS + RESTART_STEADY_MS;
    cr_expect_not(restart_lane_must_rest(&lane, RESTART_STEADY_MS, now_ms));
    cr_expect_not(restart_lane_must_rest(&lane, 5, now_ms + 1), "one death is forgiven again");
}
