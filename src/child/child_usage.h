/* child_usage.h - what this process has used, on its statistics page
 * SPDX-License-Identifier: ISC
 *
 * What: processor time and memory, with a heartbeat: one system call a second.
 * Who:  front, worker.
 * Ref:  os/usage.h, lane/stats.def.
 */
#pragma once

#include "lane/stats.h"
#include "os/usage.h"

struct child_usage { /* zeroed: nothing was told yet */
    uint64_t due_us; /* monotonic: when to look again */
    struct usage told;
};

/** Once in a turn. @param now_us  monotonic */
void child_usage_show(struct child_usage *usage, struct stats_page *stats, uint64_t now_us);
