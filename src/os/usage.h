/* usage.h - what this process has used of the machine
 * SPDX-License-Identifier: ISC
 *
 * What: processor time, and the most memory that was resident. Of the memory Linux tells no less than
 *       the process that this one was made of had, so of a child no less than the supervisor's then.
 * Who:  front and worker, by child/child_usage.h; the supervisor.
 * Ref:  getrusage(2).
 */
#pragma once

#include <stdint.h>

struct usage {
    uint64_t user_us, system_us; /* since the process began */
    uint64_t peak_bytes;
};

/** Cannot fail; zeros where the kernel does not tell. */
void usage_read(struct usage *usage);
