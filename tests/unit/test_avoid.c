/* test_avoid.c - a minute, then longer, up to a quarter of an hour
 * SPDX-License-Identifier: ISC
 */
#include "lane/avoid.h"

#include <criterion/criterion.h>

#define MINUTE (60ULL * 1000000)

Test(avoid, waits_longer_each_time_and_no_longer_than_the_most)
{
    static const unsigned minutes[] = {1, 2, 4, 8, 15, 15};
    struct avoid avoid = {0};
    uint64_t now = 5;
    cr_assert_not(avoid_is_on(&avoid, now));
    for (unsigned i = 0; i < sizeof minutes / sizeof minutes[0]; i++) {
        cr_assert_eq(avoid_for(&avoid, now), minutes[i] * MINUTE);
        cr_assert(avoid_is_on(&avoid, now));
        cr_assert(avoid_is_on(&avoid, now + minutes[i] * MINUTE - 1));
        now += minutes[i] * MINUTE;
        cr_assert_not(avoid_is_on(&avoid, now));
    }
}

Test(avoid, is_forgotten_after_an_hour_without_it)
{
    struct avoid avoid = {0};
    avoid_for(&avoid, 1);
    avoid_for(&avoid, 1 + MINUTE);
    cr_assert_eq(avoid_for(&avoid, 1 + 3 * MINUTE + AVOID_FORGET_US - 1), 4 * MINUTE);
    cr_assert_eq(avoid_for(&avoid, avoid.until_us + AVOID_FORGET_US), MINUTE);
}
