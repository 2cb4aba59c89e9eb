/* test_budget.c - tests of budget
 * SPDX-License-Identifier: ISC
 */
#include "lane/budget.h"

#include <criterion/criterion.h>

#define BURST      50
#define PER_SECOND 20

Test(budget, full_burst_and_no_more_at_one_instant)
{
    struct budget b = {0};
    for (int i = 0; i < BURST; i++)
        cr_assert(budget_take(&b, BURST, PER_SECOND, 1000), "%d", i);
    for (int i = 0; i < 3; i++)
        cr_assert_not(budget_take(&b, BURST, PER_SECOND, 1000));
}

Test(budget, one_comes_back_after_its_interval)
{
    struct budget b = {0};
    uint64_t now_us = 77;
    while (budget_take(&b, BURST, PER_SECOND, now_us))
        ;
    now_us += 1000000 / PER_SECOND - 1;
    cr_assert_not(budget_take(&b, BURST, PER_SECOND, now_us));
    now_us += 1;
    cr_assert(budget_take(&b, BURST, PER_SECOND, now_us));
    cr_assert_not(budget_take(&b, BURST, PER_SECOND, now_us));
}

Test(budget, refused_attempts_cost_nothing)
{
    struct budget b = {0};
    while (budget_take(&b, 1, 1, 0))
        ;
    for (int i = 0; i < 1000; i++)
        cr_assert_not(budget_take(&b, 1, 1, 999999));
    cr_assert(budget_take(&b, 1, 1, 1000000));
}

Test(budget, idle_time_saves_up_one_burst_only)
{
    struct budget b = {0};
    cr_assert(budget_take(&b, BURST, PER_SECOND, 0));
    uint64_t now_us = UINT64_C(3600) * 1000000;
    int taken = 0;
    while (budget_take(&b, BURST, PER_SECOND, now_us))
        taken++;
    cr_assert_eq(taken, BURST);
}

/* whatever the asker does: never more than the burst and what came back meanwhile */
Test(budget, never_exceeds_burst_and_rate_on_random_times)
{
    unsigned seed = 4711;
    cr_log_info("seed %u", seed);
    struct budget b = {0};
    uint64_t now_us = 0, taken = 0;
    for (int i = 0; i < 200000; i++) {
        seed = seed * 1664525U + 1013904223U;
        now_us += (seed >> 8) % 20000;
        taken += budget_take(&b, BURST, PER_SECOND, now_us);
        cr_assert(taken * 1000000 <= (uint64_t)BURST * 1000000 + now_us * PER_SECOND);
    }
    /* and a greedy asker does get its rate */
    cr_assert(taken * 1000000 + 2000000 >= (uint64_t)BURST * 1000000 + now_us * PER_SECOND);
}
