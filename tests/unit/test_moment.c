/* test_moment.c - tests of moment
 * SPDX-License-Identifier: ISC
 */
#include "prng.h"
#include "view/moment.h"

#include <criterion/criterion.h>
#include <time.h>

static char text[MOMENT_TEXT_MAX];

Test(moment, dates_are_those_of_the_c_library)
{
    struct prng prng = prng_begin("moment");
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t wall_s = prng_next(&prng) % UINT64_C(253402300800); /* up to the year 9999 */
        time_t time = (time_t)wall_s;
        struct tm tm;
        gmtime_r(&time, &tm);
        struct moment m = moment_of(wall_s);
        cr_assert_eq(m.year, (unsigned)tm.tm_year + 1900, "%llu", (unsigned long long)wall_s);
        cr_assert_eq(m.month, (unsigned)tm.tm_mon + 1);
        cr_assert_eq(m.day, (unsigned)tm.tm_mday);
        cr_assert_eq(m.hour, (unsigned)tm.tm_hour);
        cr_assert_eq(m.minute, (unsigned)tm.tm_min);
        cr_assert_eq(m.second, (unsigned)tm.tm_sec);
    }
}

Test(moment, what_is_past_all_years_is_their_last_day)
{
    struct moment m = moment_of(UINT64_MAX);
    cr_assert_eq(m.year, 9999);
    cr_assert_eq(m.month, 12);
    cr_assert_eq(m.day, 31);
}

Test(moment, leap_days_are_days)
{
    cr_assert_str_eq(moment_full(951782400, text), "29 Feb 2000 00:00:00 UTC");
    cr_assert_str_eq(moment_full(1709251199, text), "29 Feb 2024 23:59:59 UTC");
    cr_assert_str_eq(moment_full(0, text), "1 Jan 1970 00:00:00 UTC");
}

#define NOW 1795662760U /* 26 Nov 2026 03:12:40 */

Test(moment, since_is_as_short_as_can_be_told)
{
    cr_assert_str_eq(moment_full(NOW, text), "26 Nov 2026 03:12:40 UTC");
    cr_assert_str_eq(moment_short(NOW, text), "26 Nov 03:12:40");
    cr_assert_str_eq(moment_since(NOW - 31 * 60, NOW, text), "02:41");
    cr_assert_str_eq(moment_since(NOW - 4 * 3600, NOW, text), "25 Nov 23:12");
    cr_assert_str_eq(moment_since(NOW - 365 * 86400, NOW, text), "26 Nov 2025");
    cr_assert_str_eq(moment_since_short(NOW - 31 * 60, NOW, text), "02:41");
    cr_assert_str_eq(moment_since_short(NOW - 4 * 3600, NOW, text), "25 Nov");
    cr_assert_str_eq(moment_since_short(NOW - 365 * 86400, NOW, text), "2025");
    cr_assert_str_eq(moment_day(NOW + 6 * 86400, text), "2 Dec");
}

Test(moment, spans_have_two_units_from_an_hour_on)
{
    cr_assert_str_eq(moment_span(0, text), "0 seconds");
    cr_assert_str_eq(moment_span(1, text), "1 second");
    cr_assert_str_eq(moment_span(59, text), "59 seconds");
    cr_assert_str_eq(moment_span(60, text), "1 minute");
    cr_assert_str_eq(moment_span(31 * 60 + 59, text), "31 minutes");
    cr_assert_str_eq(moment_span(3600, text), "1 hour");
    cr_assert_str_eq(moment_span(3600 + 1200, text), "1 hour 20 minutes");
    cr_assert_str_eq(moment_span(86400 + 59, text), "1 day");
    cr_assert_str_eq(moment_span(8 * 86400 + 18 * 3600, text), "8 days 18 hours");
    cr_assert_str_eq(moment_span_short(12 * 86400 + 4 * 3600, text), "12 d 4 h");
    cr_assert_str_eq(moment_span_short(31 * 60, text), "31 min");
    cr_assert_str_eq(moment_span_short(45, text), "45 s");
}
