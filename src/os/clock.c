/* clock.c - see clock.h
 * SPDX-License-Identifier: ISC
 */
#include "os/clock.h"

#include "os/sys.h"

static uint64_t
read_us(clockid_t clock)
{
    struct timespec ts;
    sys_clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * 1000000U + (uint64_t)ts.tv_nsec / 1000U;
}

struct clock_time
clock_read(void)
{
    struct timespec wall;
    sys_clock_gettime(CLOCK_REALTIME_COARSE, &wall); /* a few ms late: no matter */
    return (struct clock_time){.now_us = read_us(CLOCK_MONOTONIC), .wall_s = (uint32_t)wall.tv_sec};
}

uint64_t
clock_cpu_us(void)
{
    return read_us(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t
clock_ms(const struct clock_time *time)
{
    return time->now_us / 1000U;
}

uint32_t
clock_s(const struct clock_time *time)
{
    return (uint32_t)(time->now_us / 1000000U);
}
