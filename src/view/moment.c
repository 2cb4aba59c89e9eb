/* moment.c - dates and spans of time as text
 * SPDX-License-Identifier: ISC
 */
#include "view/moment.h"

#include <stdbool.h>
#include <stdio.h>

#define DAY_S    86400
#define DAYS_MAX 2932896 /* from 1970 to 31 December 9999 */

static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/*
 * Years are counted from 1 March, so that the leap day is the last of its year, and in eras of 400
 * years, each of which has the same number of days.
 */
struct moment
moment_of(uint64_t wall_s)
{
    uint64_t days = wall_s / DAY_S;
    if (days > DAYS_MAX)
        days = DAYS_MAX;
    uint64_t since_era = days + 719468; /* 1 March of the year 0 */
    unsigned era = (unsigned)(since_era / 146097);
    unsigned of_era = (unsigned)(since_era % 146097);
    unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
    unsigned month = (5 * of_year + 2) / 153; /* 0: March */
    unsigned second = (unsigned)(wall_s % DAY_S);
    return (struct moment){
        .year = era * 400 + year + (month >= 10 ? 1 : 0),
        .month = month < 10 ? month + 3 : month - 9,
        .day = of_year - (153 * month + 2) / 5 + 1,
        .hour = second / 3600,
        .minute = second / 60 % 60,
        .second = second % 60,
    };
}

const char *
moment_full(uint64_t wall_s, char text[MOMENT_TEXT_MAX])
{
    struct moment m = moment_of(wall_s);
    snprintf(text, MOMENT_TEXT_MAX, "%u %s %u %02u:%02u:%02u UTC", m.day, months[m.month - 1],
             m.year, m.hour, m.minute, m.second);
    return text;
}

const char *
moment_short(uint64_t wall_s, char text[MOMENT_TEXT_MAX])
{
    struct moment m = moment_of(wall_s);
    snprintf(text, MOMENT_TEXT_MAX, "%u %s %02u:%02u:%02u", m.day, months[m.month - 1], m.hour,
             m.minute, m.second);
    return text;
}

const char *
moment_since(uint64_t wall_s, uint64_t now_s, char text[MOMENT_TEXT_MAX])
{
    struct moment m = moment_of(wall_s), now = moment_of(now_s);
    if (wall_s / DAY_S == now_s / DAY_S)
        snprintf(text, MOMENT_TEXT_MAX, "%02u:%02u", m.hour, m.minute);
    else if (m.year == now.year)
        snprintf(text, MOMENT_TEXT_MAX, "%u %s %02u:%02u", m.day, months[m.month - 1], m.hour,
                 m.minute);
    else
        snprintf(text, MOMENT_TEXT_MAX, "%u %s %u", m.day, months[m.month - 1], m.year);
    return text;
}

const char *
moment_since_short(uint64_t wall_s, uint64_t now_s, char text[MOMENT_TEXT_MAX])
{
    struct moment m = moment_of(wall_s), now = moment_of(now_s);
    if (wall_s / DAY_S == now_s / DAY_S)
        snprintf(text, MOMENT_TEXT_MAX, "%02u:%02u", m.hour, m.minute);
    else if (m.year == now.year)
        moment_day(wall_s, text);
    else
        snprintf(text, MOMENT_TEXT_MAX, "%u", m.year);
    return text;
}

const char *
moment_day(uint64_t wall_s, char text[MOMENT_TEXT_MAX])
{
    struct moment m = moment_of(wall_s);
    snprintf(text, MOMENT_TEXT_MAX, "%u %s", m.day, months[m.month - 1]);
    return text;
}

struct unit {
    uint64_t seconds;
    const char *word, *sign;
};

static const char *
span(uint64_t seconds, char text[MOMENT_TEXT_MAX], bool is_short)
{
    static const struct unit units[] = {
        {DAY_S, "day", "d"}, {3600, "hour", "h"}, {60, "minute", "min"}, {1, "second", "s"}};
    unsigned i = 0;
    while (i < 3 && seconds < units[i].seconds)
        i++;
    int used = 0;
    for (unsigned last = i < 2 ? i + 1 : i; i <= last; i++) { /* two units from an hour on */
        uint64_t count = seconds / units[i].seconds;
        seconds %= units[i].seconds;
        if (used > 0 && count == 0)
            break;
        used +=
            snprintf(text + used, MOMENT_TEXT_MAX - (size_t)used, "%s%llu %s%s",
                     used > 0 ? " " : "", (unsigned long long)count,
                     is_short ? units[i].sign : units[i].word, is_short || count == 1 ? "" : "s");
    }
    return text;
}

const char *
moment_span(uint64_t seconds, char text[MOMENT_TEXT_MAX])
{
    return span(seconds, text, false);
}

const char *
moment_span_short(uint64_t seconds, char text[MOMENT_TEXT_MAX])
{
    return span(seconds, text, true);
}
