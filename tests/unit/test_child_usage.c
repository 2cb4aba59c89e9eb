/* test_child_usage.c - tests of child_usage
 * SPDX-License-Identifier: ISC
 */
#include "child/child_usage.h"

#include "lane/heartbeat.h"

#include <criterion/criterion.h>

void __wrap_usage_read(struct usage *usage);

/* in place of the kernel's */
static struct usage is;
static unsigned looks;

void
__wrap_usage_read(struct usage *usage)
{
    looks++;
    *usage = is;
}

Test(child_usage, is_told_with_a_heartbeat_and_counts_on)
{
    static struct stats_page page;
    struct child_usage usage = {0};
    uint64_t now_us = 5000000;
    stats_add(&page, STAT_CPU_USER_US, 1000); /* of the process before */
    is = (struct usage){.user_us = 30, .system_us = 4, .peak_bytes = 4096};
    child_usage_show(&usage, &page, now_us);
    is.user_us = 50;
    child_usage_show(&usage, &page, now_us + HEARTBEAT_MS * 1000 - 1);
    cr_assert_eq(looks, 1);
    cr_assert_eq(stats_load(&page.counts[STAT_CPU_USER_US]), 1030);
    is.system_us = 9;
    is.peak_bytes = 8192;
    child_usage_show(&usage, &page, now_us + HEARTBEAT_MS * 1000);
    cr_assert_eq(looks, 2);
    cr_assert_eq(stats_load(&page.counts[STAT_CPU_USER_US]), 1050);
    cr_assert_eq(stats_load(&page.counts[STAT_CPU_SYSTEM_US]), 9);
    cr_assert_eq(stats_load(&page.counts[STAT_MEMORY_PEAK_BYTES]), 8192);
}
