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

struct clock_time {  /* of one moment; evloop_time_at() makes it */
    uint64_t now_us; /* monotonic, since boot; the same in every process of the machine */
    uint64_t now_ms; /* the same, */
    uint32_t now_s;  /* and the same */
    uint32_t wall_s; /* wall clock, since 1970 modulo 2^32; may jump: for cookies (RFC 9018 4.3) */
};
