/* test_histogram.c - percentiles from logarithmic buckets
 * SPDX-License-Identifier: ISC
 */
#include "lane/histogram.h"
#include "prng.h"

#include <criterion/criterion.h>

static struct histogram histogram;

Test(histogram, an_empty_one_says_zero)
{
    cr_assert_eq(histogram_count(&histogram), 0);
    cr_assert_eq(histogram_percentile(&histogram, 500), 0);
    cr_assert_eq(histogram_percentile(&histogram, 1000), 0);
}

Test(histogram, small_values_are_exact)
{
    for (uint64_t value = 0; value < 8; value++) {
        histogram = (struct histogram){0};
        histogram_add(&histogram, value);
        cr_assert_eq(histogram_percentile(&histogram, 500), value);
    }
}

Test(histogram, a_value_is_never_told_too_low_nor_25_percent_too_high)
{
    struct prng prng = prng_begin("histogram");
    for (unsigned round = 0; round < 100000; round++) {
        uint64_t value = prng_next(&prng) >> (31 + prng_below(&prng, 33)); /* below 2^33 */
        histogram = (struct histogram){0};
        histogram_add(&histogram, value);
        uint64_t told = histogram_percentile(&histogram, 990);
        cr_assert(told >= value && told - value <= value / 4, "%llu told as %llu",
                  (unsigned long long)value, (unsigned long long)told);
    }
}

Test(histogram, buckets_follow_each_other_without_gap)
{
    uint64_t last = 0;
    for (uint64_t value = 1; value < 1U << 20; value++) {
        histogram = (struct histogram){0};
        histogram_add(&histogram, value);
        uint64_t told = histogram_percentile(&histogram, 1000);
        cr_assert(told == last || (value == last + 1 && told > last), "%llu",
                  (unsigned long long)value);
        last = told;
    }
}

Test(histogram, the_longest_count_in_the_last_bucket)
{
    histogram_add(&histogram, UINT64_MAX);
    histogram_add(&histogram, (uint64_t)1 << 40);
    cr_assert_eq(histogram_count(&histogram), 2);
    cr_assert_eq(histogram.buckets[HISTOGRAM_BUCKETS - 1], 2);
    cr_assert_eq(histogram_percentile(&histogram, 500), ((uint64_t)1 << 33) - 1);
}

Test(histogram, percentiles_split_as_asked)
{
    for (unsigned i = 0; i < 990; i++)
        histogram_add(&histogram, 1);
    for (unsigned i = 0; i < 10; i++)
        histogram_add(&histogram, 7);
    cr_assert_eq(histogram_count(&histogram), 1000);
    cr_assert_eq(histogram_percentile(&histogram, 0), 1);
    cr_assert_eq(histogram_percentile(&histogram, 500), 1);
    cr_assert_eq(histogram_percentile(&histogram, 990), 1);
    cr_assert_eq(histogram_percentile(&histogram, 991), 7);
    cr_assert_eq(histogram_percentile(&histogram, 1000), 7);
}
