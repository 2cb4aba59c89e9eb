/* test_history.c - tests of history
 * SPDX-License-Identifier: ISC
 */
#include "view/history.h"
#include "view/number.h"

#include <criterion/criterion.h>

#define S UINT64_C(1000000)

static struct history history;
static struct tally tally;

static void
begin(void)
{
    history = (struct history){0};
    tally = (struct tally){.at_us = 1000 * S};
}

/* `count` readings, each `step_us` later and with so many queries more. */
static void
pass(unsigned count, uint64_t step_us, uint64_t queries)
{
    for (unsigned i = 0; i < count; i++) {
        tally.at_us += step_us;
        tally.counts[STAT_UDP_QUERIES] += queries;
        tally.why[WHY_CACHE_HIT] += queries;
        tally.answer_buckets[10] += queries;
        history_add(&history, &tally);
    }
}

Test(history, of_nothing_there_is_nothing)
{
    begin();
    cr_assert_null(history_back(&history, HISTORY_LONG_MS));
    cr_assert_eq(history_begin_us(&history), 0);
    uint64_t values[3];
    history_columns(&history, HISTORY_QUERIES, 3, values);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(values[i], NUMBER_NONE);
}

Test(history, one_reading_has_no_rate)
{
    begin();
    history_add(&history, &tally);
    cr_assert_null(history_back(&history, HISTORY_LONG_MS));
    cr_assert_not(history.has_before);
}

Test(history, two_readings_have_their_true_distance)
{
    begin();
    history_add(&history, &tally);
    pass(1, S / 2, 10);
    const struct tally *back = history_back(&history, HISTORY_LONG_MS);
    cr_assert_not_null(back);
    cr_assert_eq(history.newest.at_us - back->at_us, S / 2);
    cr_assert(history.has_before);
}

Test(history, five_minutes_are_five_minutes_at_any_pace)
{
    static const uint64_t paces[] = {S, 2 * S, 10 * S, 60 * S};
    for (unsigned i = 0; i < 4; i++) {
        begin();
        pass((unsigned)(1000 * S / paces[i]), paces[i], 1);
        uint64_t span = history.newest.at_us - history_back(&history, HISTORY_LONG_MS)->at_us;
        cr_assert_geq(span, 300 * S, "%u", i);
        cr_assert_lt(span, 300 * S + (paces[i] > 10 * S ? paces[i] : 10 * S), "%u", i);
        span = history.newest.at_us - history_back(&history, HISTORY_SHORT_MS)->at_us;
        cr_assert_geq(span, 60 * S, "%u", i);
    }
}

Test(history, what_is_younger_is_taken_whole)
{
    begin();
    pass(10, 10 * S, 1);
    cr_assert_eq(history.newest.at_us - history_back(&history, HISTORY_LONG_MS)->at_us, 90 * S);
}

Test(history, a_restarted_process_is_a_gap)
{
    begin();
    pass(40, 10 * S, 100);
    tally.counts[STAT_UDP_QUERIES] = 3;
    pass(1, 10 * S, 0);
    cr_assert_not(history.has_before);
    cr_assert_null(history_back(&history, HISTORY_LONG_MS));
    pass(2, 10 * S, 100);
    cr_assert_eq(history.newest.at_us - history_back(&history, HISTORY_LONG_MS)->at_us, 20 * S);
    uint64_t values[60];
    history_columns(&history, HISTORY_QUERIES, 60, values);
    for (unsigned i = 0; i < 60; i++)
        cr_assert(values[i] == NUMBER_NONE || values[i] / 100 <= 100, "%u: %llu", i,
                  (unsigned long long)values[i]);
}

Test(history, an_older_reading_changes_nothing)
{
    begin();
    pass(3, 10 * S, 1);
    struct tally late = tally;
    late.at_us -= 5 * S;
    late.counts[STAT_UDP_QUERIES] = 0;
    history_add(&history, &late);
    cr_assert_eq(history.newest.at_us, tally.at_us);
    cr_assert(history.has_before);
}

Test(history, columns_are_rates_of_their_minutes)
{
    begin();
    pass(360, 10 * S, 100); /* an hour at 10 /s */
    pass(6, 10 * S, 500);   /* a minute at 50 /s */
    uint64_t values[60];
    history_columns(&history, HISTORY_QUERIES, 60, values);
    for (unsigned i = 1; i < 59; i++)
        cr_assert(values[i] >= 9990 && values[i] <= 10010, "%u: %llu", i,
                  (unsigned long long)values[i]);
    cr_assert(values[59] >= 49900 && values[59] <= 50010, "%llu", (unsigned long long)values[59]);
    history_columns(&history, HISTORY_CACHED, 60, values);
    cr_assert_eq(values[30], 10000);
    history_columns(&history, HISTORY_HALF, 60, values);
    cr_assert_eq(values[30], stats_bucket_top(10));
    history_columns(&history, HISTORY_FAILED, 60, values);
    cr_assert_eq(values[30], 0, "counted, and none");
    history_columns(&history, HISTORY_UPSTREAM + 3, 60, values);
    cr_assert_eq(values[30], 0);
}

Test(history, columns_begin_where_readings_do)
{
    begin();
    pass(61, 10 * S, 100); /* ten minutes */
    uint64_t values[60];
    history_columns(&history, HISTORY_QUERIES, 60, values);
    for (unsigned i = 0; i < 60; i++)
        cr_assert_eq(values[i] == NUMBER_NONE, i < 50, "%u", i);
}

Test(history, it_is_of_fixed_size)
{
    begin();
    cr_assert_lt(sizeof history, 256 * 1024);
    pass(5000, 10 * S, 1);
    cr_assert_eq(history.points_count, HISTORY_POINTS);
    cr_assert_eq(tally.at_us - history_begin_us(&history), 3600 * S);
}
