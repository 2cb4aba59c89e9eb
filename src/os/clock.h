/* clock.h - the one place that reads clocks
 * SPDX-License-Identifier: ISC
 *
 * Who:  event loop: once per turn, and what rests are judged by; start-up code; the worker's
 *       handshakes read what they cost. Nothing else reads a clock.
 */
#pragma once

#include <stdint.h>

/** Monotonic microseconds since boot; the same in every process of the machine. */
uint64_t clock_now_us(void);

/** The same in milliseconds. */
uint64_t clock_now_ms(void);

/** Wall clock, seconds since 1970 modulo 2^32; may jump. For cookies only (RFC 9018 4.3). */
uint32_t clock_wall_s(void);

/** CPU time that this thread has used, in µs; a system call. */
uint64_t clock_cpu_us(void);
