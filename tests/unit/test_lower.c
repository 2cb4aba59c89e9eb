/* test_lower.c - tests of lower
 * SPDX-License-Identifier: ISC
 */
#include "base/lower.h"

#include <criterion/criterion.h>

Test(lower, capitals_become_small_and_all_else_stays)
{
    char text[LOWER_ROOM];
    cr_assert_str_eq(lower_name("CPU_USER_US2-az@[", text, sizeof text), "cpu_user_us2-az@[");
    cr_assert_str_eq(lower_name("", text, sizeof text), "");
}

Test(lower, what_has_no_room_is_left_out)
{
    char text[4] = "xxx";
    cr_assert_str_eq(lower_name("ABCDEF", text, sizeof text), "abc");
    cr_assert_str_eq(lower_name("ABC", text, 1), "");
}
