/* log_line.h - one line of the log in each of its forms
 * SPDX-License-Identifier: ISC
 *
 * What: what happened becomes the octets that are written: a line for people, the same with a
 *       priority, a JSON object, or a message to the journal. Whatever octets the text has, none of them ends the line, means
 *       something to a terminal or to a reader of JSON, or makes the line longer than LOG_LINE_MAX.
 * Who:  log.c. No system call, no clock.
 * Ref:  src/os/log.def (one row per event), penstock-log(7); RFC 3339, RFC 8259; sd-daemon(3);
 *       systemd.journal-fields(7), "Journal Native Protocol" of systemd.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define LOG_LINE_MAX 1600 /* octets of any form, with its end */

enum log_level { LOG_ERROR = 1, LOG_WARNING = 2, LOG_NOTICE = 3, LOG_INFO = 4, LOG_DEBUG = 5 };

/* A level as a priority of syslog(3), which the journal takes: 3 error to 7 debug. */
#define LOG_JOURNAL_PRIORITY(level) ((int)(level) + 2)

enum log_event {
#define LOG_EVENT(name, subject, text) LOG_##name,
#include "os/log.def"
#undef LOG_EVENT
    LOG_EVENTS_COUNT
};

/* What a text begins with, or says, when lines of its kind were not written before it: the number,
 * with "(" before the first form, and one of these. */
#define LOG_LINE_ASIDE " lines like this were left out) "
#define LOG_LINE_ALONE " lines of this kind were left out"

enum log_form {
    LOG_AS_TEXT,     /* 2026-11-24T08:00:00.123Z notice  front.0 listening: text */
    LOG_AS_PRIORITY, /* <5>front.0 listening: text */
    LOG_AS_JSON,     /* {"time":"2026-…","level":"notice","event":"listening",…} */
    LOG_AS_JOURNAL,  /* a datagram of fields, PRIORITY=5 and its like */
};

struct log_line {
    uint64_t utc_us; /* microseconds since 1970 */
    enum log_level level;
    enum log_event event;
    const char *process; /* "front.0"; of more than 31 octets the first count */
    const char *text;    /* whatever octets; of more than IPC_TEXT_MAX - 1 the first count */
};

/**
 * Write a line with its newline, or a datagram; no NUL stands behind it.
 * @return octets written, at most LOG_LINE_MAX.
 */
size_t log_line_write(const struct log_line *line, enum log_form form, char to[LOG_LINE_MAX]);
