/* clock.h - one moment by both clocks
 * SPDX-License-Identifier: ISC
 *
 * What: both clocks together, as the event loop reads them at the beginning of a turn; whoever needs
 *       the time is handed it.
 * Who:  front, worker, supervisor.
 * Ref:  clock_gettime(2).
 */
#pragma once

#include <stdint.h>

struct clock_time {  /* of one moment */
    uint64_t now_us; /* monotonic, since boot; the same in every process of the machine */
    uint32_t wall_s; /* wall clock, since 1970 modulo 2^32; may jump: for cookies (RFC 9018 4.3) */
};

/** Monotonic milliseconds. */
static inline uint64_t
clock_ms(const struct clock_time *time)
{
    return time->now_us / 1000U;
}

/** Monotonic seconds. */
static inline uint32_t
clock_s(const struct clock_time *time)
{
    return (uint32_t)(time->now_us / 1000000U);
}
