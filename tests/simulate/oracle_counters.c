/* oracle_counters.c - every query has exactly one end, and is counted so
 * SPDX-License-Identifier: ISC
 */
#include "oracle.h"

#include "proxy.h"
#include "world_faults.h"

#include "conf/config.h"
#include "lane/stats.h"

#include <string.h>

static struct {
    /* by lane: what came and had no end when a front died; its page goes on counting */
    uint64_t lost[CONFIG_LANES_MAX];
} counters;

void
oracle_counters_begin(void)
{
    memset(&counters, 0, sizeof counters);
}

static uint64_t
count(const struct stats_page *page, enum stats_counter counter)
{
    return stats_load(&page->counts[counter]);
}

/* What came less what ended. */
static uint64_t
open_queries(const struct stats_page *page)
{
    uint64_t came = count(page, STAT_UDP_QUERIES) + count(page, STAT_TCP_QUERIES), ends = 0;
    for (unsigned i = 0; i < WHY_COUNT; i++)
        ends += stats_load(&page->why[i]);
    return came - ends;
}

void
oracle_counters_turn(const struct process *front)
{
    unsigned lane;
    const struct stats_page *page = proxy_front_statistics(front, &lane);
    if (page == NULL)
        return;
    uint64_t open = open_queries(page) - counters.lost[lane];
    uint64_t here = count(page, STAT_QUERIES_ALIVE) + count(page, STAT_ANSWERS_HELD);
    if (open != here)
        oracle_violation_of("queries and their ends do not balance",
                            ": %lld have no end, %llu are here", (long long)open,
                            (unsigned long long)here);
}

void
oracle_counters_front_ended(const struct process *front)
{
    unsigned lane;
    const struct stats_page *page = proxy_front_statistics(front, &lane);
    if (page != NULL)
        counters.lost[lane] = open_queries(page);
}

/* What the fronts say that they sent is what left. */
void
oracle_counters_end(void)
{
    uint64_t sent = 0;
    const struct stats_page *page;
    for (unsigned lane = 0; (page = proxy_lane_statistics(lane)) != NULL; lane++)
        sent += count(page, STAT_UDP_ANSWERS);
    if (world_faults_front_died_us() == 0 && !world_faults_is_stopped() &&
        sent != world_clients_datagrams())
        oracle_violation_of("datagrams were sent that nobody counted", ": %llu sent, %llu counted",
                            (unsigned long long)world_clients_datagrams(),
                            (unsigned long long)sent);
}
