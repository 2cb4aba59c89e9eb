/* clock.h - the one place that reads clocks
 * SPDX-License-Identifier: ISC
 *
 * What: both clocks together at the beginning of a turn; processor time where cost is judged.
 * Who:  event loop, once per turn; start-up code; rests and handshakes read what they cost. Nothing
 *       else reads a clock.
 * Ref:  clock_gettime(2).
 */
#pragma once

#include <stdint.h>

struct clock_time {  /* of one moment */
    uint64_t now_us; /* monotonic, since boot; the same in every process of the machine */
    uint32_t wall_s; /* wall clock, since 1970 modulo 2^32; may jump: for cookies (RFC 9018 4.3) */
};

/** Monotonic milliseconds. */
uint64_t clock_ms(const struct clock_time *time);

/** Monotonic seconds. */
uint32_t clock_s(const struct clock_time *time);

/** Both clocks together, so that neither is forgotten. */
struct clock_time clock_read(void);

/** CPU time that this thread has used, in µs; a system call. */
uint64_t clock_cpu_us(void);
