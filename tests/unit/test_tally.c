/* test_tally.c - tests of tally
 * SPDX-License-Identifier: ISC
 */
#include "view/number.h"
#include "view/tally.h"

#include <criterion/criterion.h>

static struct tally from, to;

static void
begin(void)
{
    from = to = (struct tally){.at_us = 1000, .upstreams_id = 5};
    to.at_us = 2000;
}

Test(tally, counts_that_grow_or_stand_still_continue)
{
    begin();
    cr_assert(tally_continues(&from, &to));
    to.counts[STAT_UDP_QUERIES] = 5;
    to.why[WHY_TIMEOUT] = to.answer_buckets[3] = to.upstream_buckets[4] = to.asked[1] = 1;
    cr_assert(tally_continues(&from, &to));
    cr_assert_not(tally_continues(&to, &from), "not backwards in time");
}

Test(tally, levels_may_fall)
{
    begin();
    from.counts[STAT_TCP_CLIENTS] = from.counts[STAT_CACHE_BYTES] = from.drops = 9;
    cr_assert(tally_continues(&from, &to));
    cr_assert_eq(tally_drops(&from, &to), 0);
}

Test(tally, any_count_that_fell_is_a_gap)
{
    uint64_t *const counts[] = {&from.counts[STAT_TURNS],
                                &from.why[WHY_ACL],
                                &from.asked[15],
                                &from.failed[0],
                                &from.answer_buckets[STATS_BUCKETS - 1],
                                &from.upstream_buckets[0]};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        begin();
        *counts[i] = 1;
        cr_assert_not(tally_continues(&from, &to), "%zu", i);
    }
}

Test(tally, other_upstreams_are_a_gap)
{
    begin();
    to.upstreams_id = 6;
    cr_assert_not(tally_continues(&from, &to));
}

Test(tally, reasons_add_up_to_parts_and_groups)
{
    begin();
    uint64_t sum = 0;
    for (unsigned i = 0; i < WHY_COUNT; i++) {
        from.why[i] = 7;
        to.why[i] = 7 + (1U << i % 16);
        sum += 1U << i % 16;
    }
    for (unsigned i = 0; i < WHY_GROUPS; i++)
        sum -= tally_group(&from, &to, (enum why_group)i);
    cr_assert_eq(sum, 0, "each reason is in one group");
    begin();
    to.why[WHY_CACHE_STALE] = 2;
    to.why[WHY_CACHE_HIT] = 5;
    to.why[WHY_ANSWERED] = 3;
    cr_assert_eq(tally_part(&from, &to, WHY_PART_CACHE), 7);
    cr_assert_eq(tally_group(&from, &to, WHY_GROUP_ANSWERED), 10);
    to.counts[STAT_UDP_QUERIES] = 10;
    to.counts[STAT_TCP_QUERIES] = 1;
    cr_assert_eq(tally_queries(&from, &to), 11);
    to.drops = 4;
    cr_assert_eq(tally_drops(&from, &to), 4);
}

Test(tally, percentiles_are_those_of_what_came_between)
{
    begin();
    from.answer_buckets[100] = to.answer_buckets[100] = 1000000; /* long ago */
    to.answer_buckets[1] = 990;
    to.answer_buckets[7] = 10;
    cr_assert_eq(tally_answer_us(&from, &to, 500), 1);
    cr_assert_eq(tally_answer_us(&from, &to, 990), 1);
    cr_assert_eq(tally_answer_us(&from, &to, 991), 7);
    cr_assert_eq(tally_answer_us(&from, &to, 1000), 7);
    cr_assert_eq(tally_upstream_us(&from, &to, 500), NUMBER_NONE);
    to.upstream_buckets[2] = 100;
    cr_assert_eq(tally_upstream_us(&from, &to, 500), 2);
}

Test(tally, fewer_than_a_hundred_answers_have_no_percentile)
{
    begin();
    to.answer_buckets[4] = TALLY_ENOUGH - 1;
    cr_assert_eq(tally_answer_us(&from, &to, 500), NUMBER_NONE);
    to.answer_buckets[4]++;
    cr_assert_eq(tally_answer_us(&from, &to, 500), 4);
}
