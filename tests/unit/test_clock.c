/* test_clock.c - the parts of a moment
 * SPDX-License-Identifier: ISC
 */
#include "os/clock.h"

#include <criterion/criterion.h>

Test(clock, parts_are_whole_and_never_ahead)
{
    struct clock_time time = {.now_us = 3999999, .wall_s = 7};
    cr_assert_eq(clock_ms(&time), 3999);
    cr_assert_eq(clock_s(&time), 3);
    time.now_us++;
    cr_assert_eq(clock_ms(&time), 4000);
    cr_assert_eq(clock_s(&time), 4);
}
