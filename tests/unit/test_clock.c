/* test_clock.c - tests of clock
 * SPDX-License-Identifier: ISC
 */
#include "os/clock.h"

#include <criterion/criterion.h>
#include <time.h>

Test(clock, both_clocks_are_of_one_moment)
{
    struct timespec monotonic;
    cr_assert_eq(clock_gettime(CLOCK_MONOTONIC, &monotonic), 0);
    uint64_t before_us = (uint64_t)monotonic.tv_sec * 1000000 + (uint64_t)monotonic.tv_nsec / 1000;
    struct clock_time now = clock_read();
    cr_assert_geq(now.now_us, before_us);
    cr_assert_lt(now.now_us - before_us, 60000000);
    cr_assert_lt((uint32_t)time(NULL) - now.wall_s, 60);
    cr_assert_geq(clock_read().now_us, now.now_us);
}

Test(clock, processor_time_passes_with_work_and_not_with_sleep)
{
    struct timespec nap = {.tv_nsec = 20000000};
    uint64_t before_us = clock_cpu_us();
    cr_assert_eq(nanosleep(&nap, NULL), 0);
    uint64_t slept_us = clock_cpu_us() - before_us;
    cr_assert_lt(slept_us, 20000);
    while (clock_cpu_us() < before_us + slept_us + 1000)
        continue;
}
