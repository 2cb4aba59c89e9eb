/* moment.h - dates and spans of time as text
 * SPDX-License-Identifier: ISC
 *
 * What: seconds since 1970 become a date in UTC, and lengths of time become words. As short as it
 *       can be without being mistaken: of today the time alone, of this year no year.
 * Who:  whoever shows times. Pure: no clock and no time zone.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include <stdint.h>

#define MOMENT_TEXT_MAX 64

struct moment {            /* UTC, Gregorian */
    unsigned year;         /* 1970 and on */
    unsigned month, day;   /* 1 to 12, 1 to 31 */
    unsigned hour, minute; /* 0 to 23, 0 to 59 */
    unsigned second;       /* 0 to 59 */
};

/** @param wall_s  seconds since 1970, up to the year 9999 (what is later counts as that) */
struct moment moment_of(uint64_t wall_s);

/** "26 Nov 2026 03:12:40 UTC". @return `text` */
const char *moment_full(uint64_t wall_s, char text[MOMENT_TEXT_MAX]);

/** "26 Nov 03:12:40", as above without the year. @return `text` */
const char *moment_short(uint64_t wall_s, char text[MOMENT_TEXT_MAX]);

/** "02:41" of the day of `now_s`, "24 Nov 14:05" of its year, else "24 Nov 2025". @return `text` */
const char *moment_since(uint64_t wall_s, uint64_t now_s, char text[MOMENT_TEXT_MAX]);

/** The same in no more than six characters: "02:41", "24 Nov", "2025". @return `text` */
const char *moment_since_short(uint64_t wall_s, uint64_t now_s, char text[MOMENT_TEXT_MAX]);

/** "2 Dec". @return `text` */
const char *moment_day(uint64_t wall_s, char text[MOMENT_TEXT_MAX]);

/** "12 days 4 hours", "1 hour 20 minutes", "31 minutes", "1 second". @return `text` */
const char *moment_span(uint64_t seconds, char text[MOMENT_TEXT_MAX]);

/** "12 d 4 h", "1 h 20 min", "31 min", "1 s". @return `text` */
const char *moment_span_short(uint64_t seconds, char text[MOMENT_TEXT_MAX]);
