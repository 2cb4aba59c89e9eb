/* stages.c - how long the stages of a query took since the start
 * SPDX-License-Identifier: ISC
 */
#include "view/stages.h"

#include "view/number.h"

#include <string.h>

static void
add(struct stages *stages, const struct stats_page *page)
{
    for (unsigned stage = 0; stage < STATS_STAGES; stage++)
        for (unsigned i = 0; i < STATS_BUCKETS; i++)
            stages->buckets[stage][i] += stats_load(&page->stages[stage].buckets[i]);
}

void
stages_read(struct stages *stages, const struct service_page_set *pages)
{
    memset(stages, 0, sizeof *stages);
    for (unsigned lane = 0; lane < SERVICE_PAGE_LANES; lane++)
        for (unsigned place = 0; place < SERVICE_PAGE_CHILDREN; place++)
            if (pages->stats[lane][place] != NULL)
                add(stages, pages->stats[lane][place]);
}

uint64_t
stages_count(const struct stages *stages, enum stats_stage stage)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < STATS_BUCKETS; i++)
        sum += stages->buckets[stage][i];
    return sum;
}

uint64_t
stages_us(const struct stages *stages, enum stats_stage stage, unsigned per_mille)
{
    uint64_t total = stages_count(stages, stage), sum = 0;
    if (total == 0)
        return NUMBER_NONE;
    uint64_t wanted = total / 1000 * per_mille + (total % 1000 * per_mille + 999) / 1000;
    unsigned i = 0;
    for (; i + 1 < STATS_BUCKETS; i++) {
        sum += stages->buckets[stage][i];
        if (sum >= wanted)
            break;
    }
    return stats_bucket_top(i);
}
