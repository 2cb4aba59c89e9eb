/* test_number.c - tests of number
 * SPDX-License-Identifier: ISC
 */
#include "view/number.h"

#include <criterion/criterion.h>

static char text[NUMBER_TEXT_MAX];

Test(number, counts_have_commas)
{
    cr_assert_str_eq(number_count(0, text), "0");
    cr_assert_str_eq(number_count(999, text), "999");
    cr_assert_str_eq(number_count(1000, text), "1,000");
    cr_assert_str_eq(number_count(16384, text), "16,384");
    cr_assert_str_eq(number_count(296114823, text), "296,114,823");
    cr_assert_str_eq(number_count(UINT64_MAX - 1, text), "18,446,744,073,709,551,614");
}

Test(number, no_reading_is_not_zero)
{
    cr_assert_str_eq(number_count(NUMBER_NONE, text), "-");
    cr_assert_str_eq(number_rate(NUMBER_NONE, text), "-");
    cr_assert_str_eq(number_rare(NUMBER_NONE, text), "-");
    cr_assert_str_eq(number_ms(NUMBER_NONE, text), "-");
    cr_assert_str_eq(number_share(NUMBER_NONE, text), "-");
    cr_assert_str_eq(number_tenths(NUMBER_NONE, text), "-");
    cr_assert_str_eq(number_percent(NUMBER_NONE, text), "-");
    cr_assert_str_eq(number_mib(NUMBER_NONE, text), "-");
}

Test(number, rates_have_as_many_places_as_say_something)
{
    cr_assert_str_eq(number_rate(0, text), "0.0");
    cr_assert_str_eq(number_rate(3, text), "<0.01");
    cr_assert_str_eq(number_rate(80, text), "0.08");
    cr_assert_str_eq(number_rate(150, text), "0.2");
    cr_assert_str_eq(number_rare(150, text), "0.15");
    cr_assert_str_eq(number_rare(0, text), "0.0");
    cr_assert_str_eq(number_rare(999, text), "1.00");
    cr_assert_str_eq(number_rate(9400, text), "9.4");
    cr_assert_str_eq(number_rate(412500, text), "412.5");
    cr_assert_str_eq(number_rate(999940, text), "999.9");
    cr_assert_str_eq(number_rate(999950, text), "1,000");
    cr_assert_str_eq(number_rate(20112600, text), "20,113");
}

Test(number, times_are_milliseconds)
{
    cr_assert_str_eq(number_ms(0, text), "<0.01");
    cr_assert_str_eq(number_ms(9, text), "<0.01");
    cr_assert_str_eq(number_ms(10, text), "0.01");
    cr_assert_str_eq(number_ms(100, text), "0.10");
    cr_assert_str_eq(number_ms(994, text), "0.99");
    cr_assert_str_eq(number_ms(995, text), "1.0");
    cr_assert_str_eq(number_ms(41000, text), "41.0");
    cr_assert_str_eq(number_ms(99950, text), "100");
    cr_assert_str_eq(number_ms(1250000, text), "1,250");
}

Test(number, shares_are_cut_and_never_rounded_up_to_all)
{
    cr_assert_str_eq(number_share(number_share_of(999999, 1000000), text), "99.99");
    cr_assert_str_eq(number_share(number_share_of(10, 10), text), "100.00");
    cr_assert_eq(number_share_of(0, 0), NUMBER_NONE);
    cr_assert_eq(number_share_of(UINT64_MAX / 2, UINT64_MAX / 2), 10000);
    cr_assert_eq(number_share_of(UINT64_MAX - 1023, 1), 10000, "a count that wrapped");
    cr_assert_eq(number_share_of(3, 2), 10000);
    cr_assert_str_eq(number_tenths(7304, text), "73.0");
    cr_assert_str_eq(number_percent(6160, text), "62");
    cr_assert_str_eq(number_percent(0, text), "0");
    cr_assert_str_eq(number_percent(1, text), "<1");
    cr_assert_str_eq(number_percent(9999, text), ">99");
    cr_assert_str_eq(number_percent(10000, text), "100");
}

Test(number, small_numbers_are_words)
{
    cr_assert_str_eq(number_word(1, text), "one");
    cr_assert_str_eq(number_word(12, text), "twelve");
    cr_assert_str_eq(number_word(13, text), "13");
    cr_assert_str_eq(number_word_first(1, text), "One");
    cr_assert_str_eq(number_word_first(13, text), "13");
}

Test(number, memory_is_mebibytes)
{
    cr_assert_str_eq(number_mib(32 << 20, text), "32");
    cr_assert_str_eq(number_mib(31247565, text), "29.8");
    cr_assert_str_eq(number_mib(UINT64_C(300) << 20, text), "300");
}
