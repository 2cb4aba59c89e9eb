/* log.h - log lines
 *
 * What: the supervisor writes lines to stderr (time, level, process, text); children send theirs
 *       over their control channel, and have no descriptor to write to. Repeats of an event are
 *       limited (LOG_BURST, then one line per LOG_INTERVAL_MS that says how many were left out).
 * Who:  everybody.
 * Ref:  src/os/log.def (one row per event).
 */
#pragma once

#include <stdint.h>

enum log_level { LOG_ERROR = 1, LOG_WARNING = 2, LOG_NOTICE = 3, LOG_INFO = 4, LOG_DEBUG = 5 };

enum log_event {
#define LOG_EVENT(name, text) LOG_##name,
#include "os/log.def"
#undef LOG_EVENT
    LOG_EVENTS_COUNT
};

/** Write to stderr as `process` ("supervisor", "front.0"); levels above `most` are left out. */
void log_open_stderr(const char *process, enum log_level most);

/** Send to the supervisor over `chan_fd` instead. */
void log_open_chan(int chan_fd, enum log_level most);

/** Tell the limiter the time; once per turn. Monotonic ms. */
void log_tick(uint64_t now_ms);

void log_write(enum log_level level, enum log_event event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Supervisor: write a child's line under its name (already cleaned by ipc_decode). */
void log_relay(const char *process, enum log_level level, enum log_event event, const char *text);

/** Log at LOG_ERROR and exit 1: start-up failures and broken contracts only. */
_Noreturn void log_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));
