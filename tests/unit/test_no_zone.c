/* test_no_zone.c - tests of no_zone, under another name beside the C library's own
 * SPDX-License-Identifier: ISC
 */
#include <time.h>

#define gmtime_r   our_gmtime_r
#define __gmtime_r our_gmtime_inner
#define tzset      our_tzset
struct tm *our_gmtime_r(const time_t *time, struct tm *utc);
void our_tzset(void);
#include "os/no_zone.c"
#undef gmtime_r

#include "prng.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

static void
assert_as_the_c_library(time_t time)
{
    struct tm ours, theirs;
    cr_assert_eq(gmtime_r(&time, &theirs), &theirs);
    cr_assert_eq(our_gmtime_r(&time, &ours), &ours, "%lld", (long long)time);
    cr_assert_eq(ours.tm_year, theirs.tm_year, "%lld", (long long)time);
    cr_assert_eq(ours.tm_mon, theirs.tm_mon, "%lld", (long long)time);
    cr_assert_eq(ours.tm_mday, theirs.tm_mday, "%lld", (long long)time);
    cr_assert_eq(ours.tm_hour, theirs.tm_hour, "%lld", (long long)time);
    cr_assert_eq(ours.tm_min, theirs.tm_min, "%lld", (long long)time);
    cr_assert_eq(ours.tm_sec, theirs.tm_sec, "%lld", (long long)time);
    cr_assert_eq(ours.tm_wday, theirs.tm_wday, "%lld", (long long)time);
    cr_assert_eq(ours.tm_yday, theirs.tm_yday, "%lld", (long long)time);
    cr_assert_eq(ours.tm_isdst, theirs.tm_isdst);
    cr_assert_eq(ours.tm_gmtoff, theirs.tm_gmtoff);
    cr_assert_str_eq(ours.tm_zone, theirs.tm_zone);
}

Test(no_zone, each_day_of_eight_hundred_years_is_that_of_the_c_library)
{
    for (time_t day = -400 * 366; day < 400 * 366; day++)
        assert_as_the_c_library(day * DAY_S + (day & 1 ? DAY_S - 1 : 0));
}

Test(no_zone, other_times_are_too)
{
    struct prng prng = prng_begin("no_zone");
    for (unsigned i = 0; i < 100000; i++)
        assert_as_the_c_library((time_t)(prng_next(&prng) >> (9 + prng_next(&prng) % 45)) *
                                (i & 1 ? 1 : -1)); /* up to a thousand million years */
}

Test(no_zone, a_year_that_no_int_holds_is_refused)
{
    struct tm utc;
    time_t last = INT64_MAX, first = INT64_MIN;
    errno = 0;
    cr_assert_null(our_gmtime_r(&last, &utc));
    cr_assert_eq(errno, EOVERFLOW);
    cr_assert_null(our_gmtime_r(&first, &utc));
    our_tzset(); /* has no effect */
    cr_assert_eq(our_gmtime_r(&(time_t){0}, &utc)->tm_year, 70);
}
