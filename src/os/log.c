/* log.c - one line, one write
 * SPDX-License-Identifier: ISC
 */
#include "os/log.h"

#include "os/chan.h"
#include "os/os.h"
#include "os/sys.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* May one more line be printed? If so `left_out` is how many were not before it. */
static bool
limit_take(struct log_limit *limit, uint64_t now_ms, uint32_t *left_out)
{
    *left_out = 0;
    leak_change(&limit->leak, 1, LOG_BURST * LOG_INTERVAL_S, now_ms);
    if (!leak_take(&limit->leak, LOG_INTERVAL_S, now_ms)) {
        if (limit->left_out == 0)
            limit->unsaid_ms = now_ms;
        if (limit->left_out < UINT32_MAX)
            limit->left_out++;
        return false;
    }
    *left_out = limit->left_out;
    limit->left_out = 0;
    return true;
}

/* Lines that were left out and not reported for an interval: taken from the limit; 0: none. */
static uint32_t
limit_overdue(struct log_limit *limit, uint64_t now_ms)
{
    uint32_t left_out = 0;
    if (limit->left_out == 0 || now_ms - limit->unsaid_ms < LOG_INTERVAL_MS ||
        !limit_take(limit, now_ms, &left_out))
        return 0;
    return left_out;
}

static uint64_t
now_ms(void)
{
    return os_used->now_us / 1000;
}

static bool
is_wanted(const struct log *log, enum log_level level)
{
    return level <= (log->most != 0 ? log->most : LOG_NOTICE);
}

static void
name_source(struct log_source *source, const char *process)
{
    snprintf(source->process, sizeof source->process, "%s", process);
}

bool
log_find_journal(void)
{
    struct log *log = &os_used->log;
    const char *stream = getenv("JOURNAL_STREAM");
    char own[48];
    struct stat status;
    log->out.form = LOG_AS_TEXT;
    if (stream != NULL && sys_fstat(STDERR_FILENO, &status) == 0) {
        snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
        log->out.form = strcmp(own, stream) == 0 ? LOG_AS_PRIORITY : LOG_AS_TEXT;
    }
    return log->out.form == LOG_AS_PRIORITY;
}

void
log_choose_json(void)
{
    os_used->log.out.form = LOG_AS_JSON;
}

bool
log_choose_journal(void)
{
    return log_out_open_journal(&os_used->log.out);
}

bool
log_has_fields(void)
{
    const struct log_out *out = &os_used->log.out;
    return out->to_journal || out->form == LOG_AS_JSON;
}

void
log_open_stderr(const char *process, enum log_level most)
{
    struct log *log = &os_used->log;
    name_source(&log->own, process);
    log->most = most;
    log->to_chan = false;
}

void
log_open_chan(int chan_fd, enum log_level most)
{
    struct log *log = &os_used->log;
    log->most = most;
    log->chan_fd = chan_fd;
    log->to_chan = true;
}

void
log_set_level(enum log_level most)
{
    os_used->log.most = most;
}

static const char *
name_of(const struct log_source *source)
{
    return source->process[0] != '\0' ? source->process : "penstock";
}

/* @return false: the supervisor does not read just now */
static bool
send_line(int chan_fd, enum log_level level, enum log_event event, const char *text)
{
    struct ipc_message message = {
        .type = IPC_LOG, .level = (uint8_t)level, .event = (uint8_t)event};
    snprintf(message.text, sizeof message.text, "%s", text);
    return chan_send(chan_fd, &message, NULL, 0) != STATUS_AGAIN;
}

static bool
put_line(struct log *log, const struct log_source *source, enum log_level level,
         enum log_event event, const char *text)
{
    if (log->to_chan)
        return send_line(log->chan_fd, level, event, text);
    struct log_line line = {.utc_us = sys_clock_us(CLOCK_REALTIME),
                            .level = level,
                            .event = event,
                            .process = name_of(source),
                            .text = text};
    log_out_write(&log->out, name_of(&log->own), &line);
    return true;
}

static void
put_limited(struct log *log, struct log_source *source, enum log_level level, enum log_event event,
            const char *text)
{
    struct log_limit *limit = &source->limits[level][event];
    uint32_t left_out = 0;
    char longer[IPC_TEXT_MAX];
    if (!limit_take(limit, now_ms(), &left_out)) {
        log->unsaid = true;
        return;
    }
    if (left_out > 0) {
        snprintf(longer, sizeof longer, "(%u" LOG_LINE_ASIDE "%s", left_out, text);
        text = longer;
    }
    if (!put_line(log, source, level, event, text)) {
        limit->left_out = left_out + 1;
        limit->unsaid_ms = now_ms();
        log->unsaid = true;
    }
}

static void
tell_overdue(struct log *log, struct log_source *source)
{
    char text[64];
    for (unsigned i = 0; i < (LOG_DEBUG + 1) * LOG_EVENTS_COUNT; i++) {
        unsigned level = i / LOG_EVENTS_COUNT, event = i % LOG_EVENTS_COUNT;
        struct log_limit *limit = &source->limits[level][event];
        uint32_t left_out = limit_overdue(limit, now_ms());
        if (left_out > 0) {
            snprintf(text, sizeof text, "%u" LOG_LINE_ALONE, left_out);
            if (!put_line(log, source, (enum log_level)level, (enum log_event)event, text))
                limit->left_out = left_out;
        }
        log->unsaid = log->unsaid || limit->left_out > 0;
    }
}

void
log_tick(void)
{
    struct log *log = &os_used->log;
    if (!log->unsaid)
        return;
    log->unsaid = false;
    tell_overdue(log, &log->own);
    for (unsigned i = 0; i < LOG_RELAYS_MAX && log->relays[i].process[0] != '\0'; i++)
        tell_overdue(log, &log->relays[i]);
}

void
log_write(enum log_level level, enum log_event event, const char *format, ...)
{
    struct log *log = &os_used->log;
    if (!is_wanted(log, level))
        return;
    char text[IPC_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (event == LOG_STATISTICS) /* many lines at once, and somebody asked for them */
        (void)put_line(log, &log->own, level, event, text);
    else
        put_limited(log, &log->own, level, event, text);
}

/* When the table is full, all further processes share the last entry. */
static struct log_source *
find_relay(struct log *log, const char *process)
{
    struct log_source *source = log->relays;
    for (unsigned i = 0; i < LOG_RELAYS_MAX; i++) {
        source = &log->relays[i];
        if (source->process[0] == '\0')
            name_source(source, process);
        if (strncmp(source->process, process, LOG_PROCESS_MAX - 1) == 0)
            break;
    }
    return source;
}

void
log_relay(const char *process, enum log_level level, enum log_event event, const char *text)
{
    struct log *log = &os_used->log;
    /* both numbers are a child's word */
    if (level < LOG_ERROR || !is_wanted(log, level) || (unsigned)event >= LOG_EVENTS_COUNT)
        return;
    put_limited(log, find_relay(log, process), level, event, text);
}

void
log_fatal(const char *format, ...)
{
    char text[IPC_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct log *log = &os_used->log;
    (void)put_line(log, &log->own, LOG_ERROR, LOG_INTERNAL, text);
    sys_exit(1);
}
