/* test_spark.c - tests of spark
 * SPDX-License-Identifier: ISC
 */
#include "view/spark.h"

#include <criterion/criterion.h>

static char text[NUMBER_TEXT_MAX], line[512];
static struct sheet sheet;

static struct sheet *
begin(bool is_plain)
{
    sheet_begin(&sheet, line, sizeof line, is_plain, false);
    return &sheet;
}

Test(spark, an_axis_ends_with_a_round_number_that_no_value_exceeds)
{
    static const uint64_t wanted[][2] = {{0, 1000},        {1000, 1000},        {1001, 2000},
                                         {6001, 8000},     {8001, 10000},       {412500, 500000},
                                         {600000, 600000}, {20113000, 30000000}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        uint64_t values[] = {NUMBER_NONE, wanted[i][0], 0};
        cr_expect_eq(spark_linear(values, 3, 1000).top, wanted[i][1], "%zu", i);
    }
    uint64_t most[] = {NUMBER_NONE - 1};
    cr_expect_gt(spark_linear(most, 1, 1000).top, 0);
    cr_expect_gt(spark_log(most, 1, 1000).top, 0);
}

Test(spark, labels)
{
    uint64_t some[] = {412500}, half[] = {105}, most[] = {41000}, slow[] = {1200000};
    struct spark_axis axis = spark_linear(some, 1, 1000);
    cr_expect_str_eq(spark_label(&axis, 1000, text), "0-500");
    axis = spark_log(half, 1, 10000);
    cr_expect_str_eq(spark_label(&axis, 1000, text), "0.01-10");
    axis = spark_log(most, 1, 1000000);
    cr_expect_str_eq(spark_label(&axis, 1000, text), "1-1000");
    axis = spark_log(slow, 1, 1000000);
    cr_expect_str_eq(spark_label(&axis, 1000, text), "10-10000");
}

Test(spark, no_reading_is_a_blank_and_none_is_the_lowest_sign)
{
    uint64_t values[] = {NUMBER_NONE, 0, 1, 500, 625, 1000, 5000};
    struct spark_axis axis = {.top = 1000};
    spark_draw(begin(false), &axis, values, 7);
    cr_expect_str_eq(line, " ▁▁▄▅██");
    spark_draw(begin(true), &axis, values, 7);
    cr_expect_str_eq(line, " ..-=**");
}

Test(spark, a_logarithmic_axis_has_steps_of_one_factor)
{
    struct spark_axis axis = {.bottom = 1000, .top = 1000000, .is_log = true};
    cr_expect_eq(spark_level(&axis, 0), 1);
    cr_expect_eq(spark_level(&axis, 2371), 1);
    cr_expect_eq(spark_level(&axis, 2372), 2);
    cr_expect_eq(spark_level(&axis, 41000), 5);
    cr_expect_eq(spark_level(&axis, 999999), 8);
    cr_expect_eq(spark_level(&axis, NUMBER_NONE), 0);
}

Test(spark, a_bar_is_empty_only_of_none)
{
    spark_bar(begin(false), 8, 6100);
    cr_expect_str_eq(line, "████▉···");
    spark_bar(begin(true), 8, 6100);
    cr_expect_str_eq(line, "#####...");
    spark_bar(begin(false), 8, 1);
    cr_expect_str_eq(line, "▏·······");
    spark_bar(begin(false), 8, 0);
    cr_expect_str_eq(line, "········");
    spark_bar(begin(false), 8, NUMBER_NONE);
    cr_expect_str_eq(line, "········");
    spark_bar(begin(false), 8, 20000);
    cr_expect_str_eq(line, "████████");
}

Test(spark, columns_of_times_follow_each_other)
{
    cr_expect_eq(spark_column_of(0), 0);
    cr_expect_eq(spark_column_of(11), 0);
    cr_expect_eq(spark_column_of(12), 1);
    cr_expect_eq(spark_column_of(16), 2);
    cr_expect_eq(spark_column_of(1000), 13);
    cr_expect_eq(spark_column_of(8388607), SPARK_COLUMNS - 1);
    cr_expect_eq(spark_column_of(UINT64_MAX), SPARK_COLUMNS - 1);
    for (uint64_t us = 1; us < 20000000; us += 1 + us / 64)
        cr_assert_leq(spark_column_of(us), spark_column_of(us + us / 64 + 1));
}

Test(spark, a_column_stands_in_several_rows)
{
    spark_column(begin(false), 11, 0);
    spark_column(&sheet, 11, 1);
    spark_column(&sheet, 11, 2);
    cr_expect_str_eq(line, "█▃ ");
}
