/* log.h - log lines
 * SPDX-License-Identifier: ISC
 *
 * What: the supervisor writes lines to stderr or the journal; children send theirs over their
 *       control channel, and have no descriptor to write to. Repeats of an event are limited for each
 *       level (LOG_BURST, then one line per LOG_INTERVAL_MS that says how many were left out).
 *       log_line.h has the forms of a line, log_out.h where it goes.
 * Who:  everybody; what is kept of it lies in the process's struct os (os/os.h).
 * Ref:  src/os/log.def (one row per event), penstock-log(7); systemd.exec(5) JOURNAL_STREAM.
 */
#pragma once

#include "base/leak.h"
#include "os/log_line.h"
#include "os/log_out.h"

#include <stdbool.h>
#include <stdint.h>

#define LOG_BURST       20 /* lines of one event and level before their limit is felt */
#define LOG_INTERVAL_S  10 /* after that, one line per interval */
#define LOG_INTERVAL_MS (LOG_INTERVAL_S * 1000)

struct log_limit {      /* of one event and level; all zero is its start */
    struct leak leak;   /* seconds; a line takes an interval */
    uint64_t unsaid_ms; /* when the first line after the last printed one was left out */
    uint32_t left_out;  /* lines since the last printed one */
};

#define LOG_PROCESS_MAX 24 /* "supervisor", "worker.15" with its NUL */
#define LOG_RELAYS_MAX  40 /* children of sixteen lanes, and some to spare */

struct log_source { /* whose lines are limited apart from everybody else's */
    char process[LOG_PROCESS_MAX];
    /* by level and event: what is said often does not silence what is worse */
    struct log_limit limits[LOG_DEBUG + 1][LOG_EVENTS_COUNT];
};

struct log { /* of one process, in its struct os; all zero: to stderr, up to LOG_NOTICE */
    struct log_source own;
    struct log_source relays[LOG_RELAYS_MAX];
    enum log_level most; /* 0: LOG_NOTICE */
    int chan_fd;         /* the supervisor's, if `to_chan` */
    bool to_chan;        /* else to `out` */
    struct log_out out;  /* of what does not go to the supervisor */
    bool unsaid;         /* some limit may hold lines that were not reported */
};

/** Once at the start: is stderr the journal's stream? From then on lines are as it wants them. Reads
 * the environment and looks at descriptor 2. */
bool log_find_journal(void);

/** Supervisor: from now on lines on stderr are JSON objects. */
void log_choose_json(void);

/** Supervisor: from now on lines go to the journal, with fields. @return as log_out_open_journal() */
bool log_choose_journal(void);

/** Do lines have fields? */
bool log_has_fields(void);

/** Write to stderr as `process` ("supervisor", "front.0"); levels above `most` are left out. */
void log_open_stderr(const char *process, enum log_level most);

/** Send to the supervisor over `chan_fd` instead. */
void log_open_chan(int chan_fd, enum log_level most);

/** Levels above `most` are left out from now on. */
void log_set_level(enum log_level most);

/** Once per turn while `unsaid`: lines that were left out are reported when it is time. */
void log_tick(void);

/** Each octet that a terminal could obey becomes '?'. Events are limited, LOG_STATISTICS is not. */
void log_write(enum log_level level, enum log_event event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Supervisor: write a child's line under its name (already cleaned by ipc_decode). */
void log_relay(const char *process, enum log_level level, enum log_event event, const char *text);

/** Log at LOG_ERROR and exit 1: start-up failures and broken contracts only. */
_Noreturn void log_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));
