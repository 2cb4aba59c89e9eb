/* test_tls_time.c - the time of a certificate as a number
 * SPDX-License-Identifier: ISC
 */
#include "worker/tls_time.h"

#include <criterion/criterion.h>
#include <time.h>

static int64_t
at(int year, int month, int day, int hour, int minute, int second)
{
    mbedtls_x509_time t = {
        .year = year, .mon = month, .day = day, .hour = hour, .min = minute, .sec = second};
    return tls_time_seconds(&t);
}

Test(tls_time, it_is_what_the_c_library_makes_of_it)
{
    for (int year = 1950; year < 2400; year++)
        for (int month = 1; month <= 12; month++) {
            struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = 28};
            cr_assert_eq(at(year, month, 28, 0, 0, 0), (int64_t)timegm(&tm), "%d-%02d", year,
                         month);
        }
    cr_expect_eq(at(1970, 1, 1, 0, 0, 1), 1);
    cr_expect_eq(at(2000, 2, 29, 23, 59, 59), 951868799);
    cr_expect_eq(at(9999, 12, 31, 23, 59, 59), INT64_C(253402300799));
}
