/* test_stages.c - tests of stages
 * SPDX-License-Identifier: ISC
 */
#include "view/stages.h"

#include "view/number.h"

#include <criterion/criterion.h>

static struct stats_page pages[3];
static struct service_page_set set;
static struct stages stages;

Test(stages, pages_of_all_processes_are_added_up)
{
    set.stats[0][0] = &pages[0];
    set.stats[0][1] = &pages[1];
    set.stats[SERVICE_PAGE_LANES - 1][SERVICE_PAGE_CHILDREN - 1] = &pages[2];
    stats_latency(&pages[0], STATS_STAGE_QUEUE, 3);
    stats_latency(&pages[1], STATS_STAGE_HANDSHAKE, 3);
    stats_latency(&pages[2], STATS_STAGE_HANDSHAKE, 3000);
    stages_read(&stages, &set);
    cr_expect_eq(stages_count(&stages, STATS_STAGE_QUEUE), 1);
    cr_expect_eq(stages_count(&stages, STATS_STAGE_HANDSHAKE), 2);
    cr_expect_eq(stages_count(&stages, STATS_STAGE_ANSWER), 0);
    cr_expect_eq(stages_us(&stages, STATS_STAGE_HANDSHAKE, 500), 3);
    cr_expect_geq(stages_us(&stages, STATS_STAGE_HANDSHAKE, 990), 3000);
    cr_expect_leq(stages_us(&stages, STATS_STAGE_HANDSHAKE, 990), 3750);
    stages_read(&stages, &set);
    cr_expect_eq(stages_count(&stages, STATS_STAGE_HANDSHAKE), 2, "not twice");
}

Test(stages, what_was_never_measured_has_no_time)
{
    stages_read(&stages, &set);
    for (unsigned i = 0; i < STATS_STAGES; i++)
        cr_expect_eq(stages_us(&stages, (enum stats_stage)i, 500), NUMBER_NONE);
}

Test(stages, the_longest_time_of_all_has_a_bucket)
{
    set.stats[0][1] = &pages[0];
    stats_latency(&pages[0], STATS_STAGE_CONNECT, UINT64_MAX);
    stages_read(&stages, &set);
    cr_expect_eq(stages_us(&stages, STATS_STAGE_CONNECT, 1000),
                 stats_bucket_top(STATS_BUCKETS - 1));
}
