/* test_status.c - every status has a name of its own
 * SPDX-License-Identifier: ISC
 */
#include "base/status.h"

#include <criterion/criterion.h>
#include <string.h>

Test(status, each_has_a_name_of_its_own)
{
    for (int a = STATUS_OK; a <= STATUS_SYSTEM; a++) {
        cr_assert_gt(strlen(status_text((enum status)a)), 0);
        for (int b = STATUS_OK; b < a; b++)
            cr_assert_str_neq(status_text((enum status)a), status_text((enum status)b));
    }
}
