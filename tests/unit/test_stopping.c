/* test_stopping.c - how long a stop may take
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/stopping.h"

#include <criterion/criterion.h>

#define MS 1000ULL

Test(stopping, everybody_has_the_time_to_answer_then_is_killed_then_waited_for_once_more)
{
    uint64_t now = 5000 * MS;
    struct stopping s = stopping_begin(3000, now);
    cr_assert_eq(s.by_us, now + 3000 * MS);
    cr_assert_eq(stopping_tick(&s, now + 3000 * MS - 1), STOPPING_WAIT);
    cr_assert_eq(stopping_tick(&s, now + 3000 * MS), STOPPING_KILL);
    now += 3000 * MS;
    cr_assert_eq(s.by_us, now + STOPPING_MARGIN_MS * MS);
    cr_assert_eq(stopping_tick(&s, s.by_us - 1), STOPPING_WAIT);
    cr_assert_eq(stopping_tick(&s, s.by_us), STOPPING_GIVE_UP);
}

Test(stopping, where_nothing_is_in_flight_they_are_killed_at_once)
{
    struct stopping s = stopping_begin(0, 7);
    cr_assert_eq(stopping_tick(&s, 7), STOPPING_KILL);
}

Test(stopping, a_second_wish_right_after_the_first_is_the_same_one)
{
    struct stopping s = stopping_begin(3000, 0);
    stopping_again(&s, STOPPING_ONCE_MS * MS - 1);
    cr_assert_eq(stopping_tick(&s, STOPPING_ONCE_MS * MS), STOPPING_WAIT);
    cr_assert_eq(s.by_us, 3000 * MS);
}

Test(stopping, a_second_wish_later_kills_at_once_and_a_third_waits_for_nobody)
{
    struct stopping s = stopping_begin(3000, 0);
    stopping_again(&s, STOPPING_ONCE_MS * MS);
    cr_assert_eq(stopping_tick(&s, STOPPING_ONCE_MS * MS), STOPPING_KILL);
    stopping_again(&s, STOPPING_ONCE_MS * MS + 1);
    cr_assert_eq(stopping_tick(&s, STOPPING_ONCE_MS * MS + 1), STOPPING_GIVE_UP);
}
