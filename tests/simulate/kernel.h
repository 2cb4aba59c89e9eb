/* kernel.h - virtual time and what happens in it
 * SPDX-License-Identifier: ISC
 *
 * What: one queue of events in the order of (time, number), and processes that run in between. A
 *       process runs in no time until it sleeps; what its turn has cost is when it can run next.
 * Who:  tests/simulate: worlds put events in, processes are process.h's.
 * Ref:  docs/SIMULATION.md.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define KERNEL_BEGIN_US                                                                            \
    UINT64_C(1000000000)           /* monotonic, when a world begins that does not say it */
#define KERNEL_WALL_S 1797000000LL /* wall clock at monotonic zero, the same */
#define KERNEL_MS     UINT64_C(1000)
#define KERNEL_S      UINT64_C(1000000)
#define KERNEL_DAY    (86400 * KERNEL_S)

typedef void kernel_event(void *owner, uint64_t number);

/** All as at a machine's start: no event, no process, no descriptor, and it is `begin_us`. The wall clock
 *  says KERNEL_WALL_S more, unless that is set. */
void kernel_begin(uint64_t begin_us);

/** When that was: monotonic. */
uint64_t kernel_began(void);

/** End every process and free all; the counters below stay. */
void kernel_end(void);

/** Monotonic, microseconds. */
uint64_t kernel_now(void);

/** Microseconds since 1970: monotonic plus an offset that a world may set, and make jump. */
int64_t kernel_wall(void);
void kernel_set_wall_offset(int64_t offset_us);

/** At `at_us`, or now if that is past, call event(owner, number); behind what comes at the same time. */
void kernel_at(uint64_t at_us, kernel_event *event, void *owner, uint64_t number);

/** Run until nothing is left to do before `until_us`, then it is `until_us`. */
void kernel_run(uint64_t until_us);

/** kernel_run() returns after what happens now. */
void kernel_stop(void);

struct kernel_counts { /* since kernel_begin() */
    uint64_t events, turns, calls;
};
struct kernel_counts *kernel_counts(void);
