/* child_usage.c - see child_usage.h
 * SPDX-License-Identifier: ISC
 */
#include "child/child_usage.h"

#include "lane/heartbeat.h"

void
child_usage_show(struct child_usage *usage, struct stats_page *stats, uint64_t now_us)
{
    struct usage now;
    if (now_us < usage->due_us)
        return;
    usage->due_us = now_us + HEARTBEAT_MS * 1000;
    usage_read(&now);
    stats_add(stats, STAT_CPU_USER_US, now.user_us - usage->told.user_us);
    stats_add(stats, STAT_CPU_SYSTEM_US, now.system_us - usage->told.system_us);
    stats_set(stats, STAT_MEMORY_PEAK_BYTES, now.peak_bytes);
    usage->told = now;
}
