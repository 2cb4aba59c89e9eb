/* test_stats.c - tests of stats
 * SPDX-License-Identifier: ISC
 */
#include "lane/stats.h"
#include "prng.h"

#include <criterion/criterion.h>
#include <string.h>

Test(stats, every_counter_has_a_name_and_a_text_of_its_own)
{
    for (unsigned i = 0; i < STATS_COUNT; i++)
        for (unsigned k = 0; k < i; k++) {
            cr_assert_str_neq(stats_name((enum stats_counter)i), stats_name((enum stats_counter)k));
            cr_assert_str_neq(stats_text((enum stats_counter)i), stats_text((enum stats_counter)k));
        }
}

Test(stats, rows_are_counters_or_levels)
{
    cr_assert_str_eq(stats_name(STAT_UDP_QUERIES), "UDP_QUERIES");
    cr_assert_str_eq(stats_text(STAT_UDP_QUERIES), "messages received over UDP");
    cr_assert_not(stats_is_gauge(STAT_UDP_QUERIES));
    cr_assert(stats_is_gauge(STAT_TCP_CLIENTS));
}

Test(stats, counts_and_levels_are_kept_apart)
{
    static struct stats_page page;
    stats_add(&page, STAT_UDP_QUERIES, 3);
    stats_add(&page, STAT_UDP_QUERIES, 2);
    stats_set(&page, STAT_TCP_CLIENTS, 9);
    stats_set(&page, STAT_TCP_CLIENTS, 4);
    stats_why(&page, WHY_TIMEOUT);
    cr_assert_eq(page.counts[STAT_UDP_QUERIES], 5);
    cr_assert_eq(page.counts[STAT_TCP_CLIENTS], 4);
    cr_assert_eq(page.why[WHY_TIMEOUT], 1);
    cr_assert_eq(page.counts[STAT_UDP_ANSWERS], 0);
}

/* --- latencies ------------------------------------------------------------------------------- */

static struct stats_page page;
static struct stats_latency *const latency = &page.stages[STATS_STAGE_ANSWER];

Test(stats, without_a_latency_percentiles_are_zero)
{
    cr_assert_eq(stats_latency_count(latency), 0);
    cr_assert_eq(stats_latency_percentile(latency, 500), 0);
    cr_assert_eq(stats_latency_percentile(latency, 1000), 0);
}

Test(stats, small_values_are_exact)
{
    for (uint64_t value = 0; value < 8; value++) {
        *latency = (struct stats_latency){0};
        stats_latency(&page, STATS_STAGE_ANSWER, value);
        cr_assert_eq(stats_latency_percentile(latency, 500), value);
    }
}

Test(stats, a_value_is_never_told_too_low_nor_25_percent_too_high)
{
    struct prng prng = prng_begin("stats");
    for (unsigned round = 0; round < 100000; round++) {
        uint64_t value = prng_next(&prng) >> (31 + prng_below(&prng, 33)); /* below 2^33 */
        *latency = (struct stats_latency){0};
        stats_latency(&page, STATS_STAGE_ANSWER, value);
        uint64_t told = stats_latency_percentile(latency, 990);
        cr_assert(told >= value && told - value <= value / 4, "%llu told as %llu",
                  (unsigned long long)value, (unsigned long long)told);
    }
}

Test(stats, buckets_follow_each_other_without_gap)
{
    uint64_t last = 0;
    for (uint64_t value = 1; value < 1U << 20; value++) {
        *latency = (struct stats_latency){0};
        stats_latency(&page, STATS_STAGE_ANSWER, value);
        uint64_t told = stats_latency_percentile(latency, 1000);
        cr_assert(told == last || (value == last + 1 && told > last), "%llu",
                  (unsigned long long)value);
        last = told;
    }
}

Test(stats, the_longest_count_in_the_last_bucket)
{
    stats_latency(&page, STATS_STAGE_ANSWER, UINT64_MAX);
    stats_latency(&page, STATS_STAGE_ANSWER, (uint64_t)1 << 40);
    cr_assert_eq(stats_latency_count(latency), 2);
    cr_assert_eq(latency->buckets[STATS_BUCKETS - 1], 2);
    cr_assert_eq(stats_latency_percentile(latency, 500), ((uint64_t)1 << 33) - 1);
}

Test(stats, percentiles_split_as_asked)
{
    for (unsigned i = 0; i < 990; i++)
        stats_latency(&page, STATS_STAGE_ANSWER, 1);
    for (unsigned i = 0; i < 10; i++)
        stats_latency(&page, STATS_STAGE_ANSWER, 7);
    cr_assert_eq(stats_latency_count(latency), 1000);
    cr_assert_eq(stats_latency_percentile(latency, 0), 1);
    cr_assert_eq(stats_latency_percentile(latency, 500), 1);
    cr_assert_eq(stats_latency_percentile(latency, 990), 1);
    cr_assert_eq(stats_latency_percentile(latency, 991), 7);
    cr_assert_eq(stats_latency_percentile(latency, 1000), 7);
}

Test(stats, of_two_latencies_the_larger_is_what_most_take)
{
    stats_latency(&page, STATS_STAGE_ANSWER, 1);
    stats_latency(&page, STATS_STAGE_ANSWER, 7);
    cr_assert_eq(stats_latency_percentile(latency, 500), 1);
    cr_assert_eq(stats_latency_percentile(latency, 501), 7);
    cr_assert_eq(stats_latency_percentile(latency, 990), 7);
}
