/* no_zone.c - static builds only: the time is UTC, and no file tells it otherwise
 * SPDX-License-Identifier: ISC
 *
 * glibc looks for a time zone even in gmtime_r(), which has no use for it. This is the calendar alone.
 */
#include <features.h>
#ifdef __GLIBC__
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <time.h>

#define DAY_S      86400
#define ERA_YEARS  400
#define ERA_DAYS   146097 /* of 400 years, whichever they are */
#define ERA_AT_0   719468 /* days from 1 March of the year 0 to 1 January 1970 */
#define MARCH_DAYS 59     /* before 1 March, in a year that leaps not */

struct tm *__gmtime_r(const time_t *timer, struct tm *tp);

void
tzset(void)
{
}

/* Years begin on 1 March, so that the leap day is the last of its year. */
static void
put_date(struct tm *utc, long days)
{
    long since = days + ERA_AT_0;
    long era = (since >= 0 ? since : since - ERA_DAYS + 1) / ERA_DAYS;
    long of_era = since - era * ERA_DAYS;
    long year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    long of_year = of_era - (365 * year + year / 4 - year / 100);
    long month = (5 * of_year + 2) / 153; /* 0: March */
    int is_next = month >= 10;            /* January and February are the calendar's next year */
    long of_calendar = year + is_next;
    int leaps = of_calendar % 4 == 0 && (of_calendar % 100 != 0 || of_calendar % 400 == 0);
    utc->tm_year = (int)(era * ERA_YEARS + of_calendar - 1900);
    utc->tm_mon = (int)(is_next ? month - 10 : month + 2);
    utc->tm_mday = (int)(of_year - (153 * month + 2) / 5 + 1);
    utc->tm_yday = (int)(is_next ? of_year - 306 : of_year + MARCH_DAYS + leaps);
}

struct tm *
__gmtime_r(const time_t *timer, struct tm *tp)
{
    long second = (long)(*timer % DAY_S), days = (long)(*timer / DAY_S);
    if (second < 0) {
        second += DAY_S;
        days--;
    }
    if (days / 366 > INT_MAX - 2000 || days / 366 < INT_MIN + 2000) {
        errno = EOVERFLOW;
        return NULL;
    }
    *tp = (struct tm){.tm_sec = (int)(second % 60),
                      .tm_min = (int)(second / 60 % 60),
                      .tm_hour = (int)(second / 3600),
                      .tm_wday = (int)(((days + 4) % 7 + 7) % 7), /* 1970 began on a Thursday */
                      .tm_zone = "GMT"};
    put_date(tp, days);
    return tp;
}

struct tm *
gmtime_r(const time_t *timer, struct tm *tp)
{
    return __gmtime_r(timer, tp);
}
#endif
