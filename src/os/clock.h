/* clock.h - the one place that reads clocks
 * SPDX-License-Identifier: ISC
 *
 * Who:  event loop: once per turn, and what rests are judged by; start-up code; the worker's
 *       handshakes read what they cost. Nothing else reads a clock.
 */
#pragma once

#include <stdint.h>
#include <time.h>

/** Monotonic microseconds since boot; the same in every process of the machine. */
static inline uint64_t
clock_now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000U + (uint64_t)ts.tv_nsec / 1000U;
}

static inline uint64_t
clock_now_ms(void)
{
    return clock_now_us() / 1000U;
}

/** Wall clock, seconds since 1970 modulo 2^32; may jump. For cookies only (RFC 9018 4.3). */
static inline uint32_t
clock_wall_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME_COARSE, &ts); /* a few ms late: no matter */
    return (uint32_t)ts.tv_sec;
}

/** CPU time that this thread has used, in µs; a system call. */
static inline uint64_t
clock_cpu_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (uint64_t)ts.tv_sec * 1000000U + (uint64_t)ts.tv_nsec / 1000U;
}
