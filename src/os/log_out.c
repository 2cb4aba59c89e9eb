/* log_out.c - see log_out.h
 * SPDX-License-Identifier: ISC
 */
#include "os/log_out.h"

#include "os/sys.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define NEWS_MAX 128

bool
log_out_open_journal(struct log_out *out)
{
    static const struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = LOG_OUT_JOURNAL};
    int fd = sys_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    if (sys_connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
        int saved = errno;
        sys_close(fd);
        errno = saved;
        return false;
    }
    out->journal_fd = fd;
    out->to_journal = true;
    return true;
}

/* @return false: it was not taken, as errno says */
static bool
put_journal(const struct log_out *out, const struct log_line *line)
{
    char to[LOG_LINE_MAX];
    size_t size = log_line_write(line, LOG_AS_JOURNAL, to);
    return sys_send(out->journal_fd, to, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size;
}

/* As put_journal(). A descriptor that is ready takes a line at once: it is shorter than PIPE_BUF. */
static bool
put_stderr(const struct log_out *out, const struct log_line *line)
{
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
    char to[LOG_LINE_MAX];
    size_t size = log_line_write(line, out->form, to);
    if (sys_poll(&ready, 1, out->unwritten > 0 ? 0 : LOG_OUT_WAIT_MS) == 0)
        return false;
    return sys_write(STDERR_FILENO, to, size) == (ssize_t)size;
}

/* News of the log itself. `about`: all of the line but its text. @return as `put` */
static bool __attribute__((format(printf, 4, 5)))
tell(const struct log_out *out, bool (*put)(const struct log_out *out, const struct log_line *line),
     const struct log_line *about, const char *format, ...)
{
    char text[NEWS_MAX];
    struct log_line news = *about;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    news.text = text;
    return put(out, &news);
}

static void
count_one(uint32_t *count)
{
    if (*count < UINT32_MAX)
        ++*count;
}

/* @return false: the journal does not take it, and whoever reads standard error knows */
static bool
write_journal(struct log_out *out, const struct log_line *about, const struct log_line *line)
{
    if (out->refused > 0 &&
        tell(out, put_journal, about,
             "%" PRIu32 " lines went to standard error instead of the journal", out->refused))
        out->refused = 0;
    if (put_journal(out, line))
        return true;
    if (out->refused == 0)
        (void)tell(out, put_stderr, about, "the journal takes no lines: %s; they are written here",
                   strerror(errno));
    count_one(&out->refused);
    return false;
}

void
log_out_write(struct log_out *out, const char *process, const struct log_line *line)
{
    const struct log_line about = {
        .utc_us = line->utc_us, .level = LOG_WARNING, .event = LOG_LOG, .process = process};
    if (out->to_journal && write_journal(out, &about, line))
        return;
    if (out->unwritten > 0 &&
        tell(out, put_stderr, &about, "%" PRIu32 " lines could not be written", out->unwritten))
        out->unwritten = 0;
    if (!put_stderr(out, line))
        count_one(&out->unwritten);
}
