/* test_usage.c - tests of usage
 * SPDX-License-Identifier: ISC
 */
#include "os/usage.h"

#include <criterion/criterion.h>
#include <string.h>

Test(usage, what_was_used_only_grows)
{
    static volatile char memory[8 << 20];
    struct usage before, after;
    usage_read(&before);
    do { /* until the kernel has counted some of it */
        memset((void *)(uintptr_t)memory, 1, sizeof memory);
        usage_read(&after);
    } while (after.user_us + after.system_us == before.user_us + before.system_us);
    cr_assert_geq(after.user_us, before.user_us);
    cr_assert_geq(after.system_us, before.system_us);
    cr_assert_geq(after.peak_bytes, sizeof memory);
    cr_assert_lt(after.peak_bytes, UINT64_C(1) << 40);
}
