/* tls_time.c - see tls_time.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/tls_time.h"

int64_t
tls_time_seconds(const mbedtls_x509_time *t)
{
    int64_t year = t->mon > 2 ? t->year : t->year - 1;
    int64_t month = t->mon > 2 ? t->mon - 3 : t->mon + 9; /* from March, so February is last */
    int64_t days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 +
                   t->day - 1 - 719468;
    return ((days * 24 + t->hour) * 60 + t->min) * 60 + t->sec;
}
