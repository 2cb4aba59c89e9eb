/* events_output.c - see events_output.h
 * SPDX-License-Identifier: ISC
 */
#include "exporter/events_output.h"

#include "os/log.h"
#include "os/sys.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MS_US 1000U

/* What is written next, before the buffer, and written to `word` by the caller. */
static void
set_word(struct events_output *output, size_t size)
{
    output->word_size = size;
    output->word_sent = 0;
}

void
events_output_begin(struct events_output *output, enum events_output_form form,
                    enum events_output_kind kind, const char *name, int dial_fd, int fd)
{
    output->form = form;
    output->kind = kind;
    output->name = name;
    output->dial_fd = dial_fd;
    output->fd = fd;
    if (kind != EVENTS_OUTPUT_STANDARD)
        return;
    output->state = EVENTS_OUTPUT_OPEN;
    if (form == EVENTS_OUTPUT_DNSTAP)
        set_word(output, events_frames_start(output->word));
}

bool
events_output_works(const struct events_output *output)
{
    return output->state == EVENTS_OUTPUT_OPEN && output->trouble[0] == '\0';
}

/* --- trouble --------------------------------------------------------------------------------- */

/* Told once, until there is none or it is another. */
static void __attribute__((format(printf, 2, 3)))
note(struct events_output *output, const char *format, ...)
{
    char trouble[EVENTS_OUTPUT_TROUBLE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(trouble, sizeof trouble, format, args);
    va_end(args);
    if (strcmp(trouble, output->trouble) == 0)
        return;
    memcpy(output->trouble, trouble, sizeof trouble);
    log_write(LOG_WARNING, LOG_CONTROL, "%s: %s", output->name, trouble);
}

static void
note_well(struct events_output *output, const char *what)
{
    output->trouble[0] = '\0';
    log_write(LOG_NOTICE, LOG_CONTROL, "%s: %s", output->name, what);
}

/* The rest of an event whose beginning went where the rest cannot follow. */
static void
drop_cut(struct events_output *output)
{
    size_t whole = output->sent;
    if (output->form == EVENTS_OUTPUT_DNSTAP)
        whole = events_frames_next(output->buffer, output->size, output->sent);
    else
        while (whole > 0 && whole < output->size && output->buffer[whole - 1] != '\n')
            whole++;
    output->cut += whole > output->sent;
    output->is_torn = whole > output->sent || output->word_sent < output->word_size;
    output->size -= whole;
    memmove(output->buffer, output->buffer + whole, output->size);
    output->sent = 0;
    set_word(output, 0);
}

static void
disconnect(struct events_output *output)
{
    drop_cut(output);
    sys_close(output->fd);
    output->fd = -1;
    output->state = EVENTS_OUTPUT_CLOSED;
}

/* It takes nothing more: a connection ends, a file stays open, each is tried again after a pause. */
static void
fail(struct events_output *output, const char *reason)
{
    if (output->kind == EVENTS_OUTPUT_SOCKET)
        disconnect(output);
    output->again_us = output->now_us + EVENTS_OUTPUT_RETRY_MS * MS_US;
    note(output, "%s; events wait, and are lost where there is no room for them", reason);
}

/* --- writing --------------------------------------------------------------------------------- */

/* A pipe that takes anything takes PIPE_BUF octets at once: more would block, and standard output may
 * be shared with others, so that it is not ours to say that it shall not block. */
static ssize_t
write_some(struct events_output *output, const uint8_t *from, size_t size)
{
    struct pollfd ready = {.fd = output->fd, .events = POLLOUT};
    struct iovec part = {.iov_base = (void *)(uintptr_t)from, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    switch (output->kind) {
    case EVENTS_OUTPUT_SOCKET:
        return sys_sendmsg(output->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    case EVENTS_OUTPUT_FILE:
        return sys_write(output->fd, from, size);
    case EVENTS_OUTPUT_STANDARD:
        break;
    }
    if (sys_poll(&ready, 1, 0) == 1 && ready.revents != 0)
        return sys_write(output->fd, from, size < PIPE_BUF ? size : PIPE_BUF);
    errno = EAGAIN;
    return -1;
}

/* @return STATUS_OK: all is written; STATUS_AGAIN; STATUS_SYSTEM */
static enum status
write_all(struct events_output *output, const uint8_t *from, size_t size, size_t *sent)
{
    while (*sent < size) {
        ssize_t n = write_some(output, from + *sent, size - *sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 || errno == EAGAIN ? STATUS_AGAIN : STATUS_SYSTEM;
        *sent += (size_t)n;
        output->moved_us = output->now_us;
    }
    return STATUS_OK;
}

static enum status
write_word(struct events_output *output)
{
    return write_all(output, output->word, output->word_size, &output->word_sent);
}

enum status
events_output_flush(struct events_output *output)
{
    if (output->size == 0 && output->word_sent == output->word_size)
        return STATUS_OK;
    if (output->state != EVENTS_OUTPUT_OPEN || output->now_us < output->again_us)
        return STATUS_AGAIN;
    enum status status = write_word(output);
    if (status == STATUS_OK)
        status = write_all(output, output->buffer, output->size, &output->sent);
    if (status == STATUS_SYSTEM && output->kind != EVENTS_OUTPUT_STANDARD) {
        fail(output, strerror(errno));
        return STATUS_AGAIN;
    }
    if (status != STATUS_OK)
        return status;
    if (output->trouble[0] != '\0')
        note_well(output, "it is written to again");
    output->size = output->sent = 0;
    return STATUS_OK;
}

uint8_t *
events_output_room(struct events_output *output, size_t size)
{
    if (sizeof output->buffer - output->size < size && events_output_flush(output) != STATUS_OK)
        return NULL;
    return output->buffer + output->size;
}

void
events_output_add(struct events_output *output, size_t size)
{
    if (output->size == 0)
        output->moved_us = output->now_us;
    output->size += size;
}

/* --- descriptors ----------------------------------------------------------------------------- */

/* What is in the buffer goes where it began, as far as that takes it. */
static void
leave_file(struct events_output *output)
{
    output->again_us = 0;
    if (events_output_flush(output) == STATUS_OK && output->form == EVENTS_OUTPUT_DNSTAP) {
        set_word(output, events_frames_stop(output->word));
        (void)write_word(output);
    }
    disconnect(output);
}

static void
take_file(struct events_output *output, int fd)
{
    bool is_dnstap = output->form == EVENTS_OUTPUT_DNSTAP;
    (void)write_word(output); /* what is open may be the same file */
    bool is_empty = sys_lseek(fd, 0, SEEK_END) <= 0;
    if (is_dnstap && !is_empty) {
        sys_close(fd);
        note(output, "it holds something, to which no stream can be added: move it away first");
        return;
    }
    if (output->state == EVENTS_OUTPUT_OPEN)
        leave_file(output);
    output->fd = fd;
    output->state = EVENTS_OUTPUT_OPEN;
    output->again_us = 0;
    output->word[0] = '\n'; /* the end of half a line */
    set_word(output, is_dnstap ? events_frames_start(output->word) : output->is_torn && !is_empty);
    output->is_torn = false;
    note_well(output, "opened");
}

static void
take_socket(struct events_output *output, int fd)
{
    output->fd = fd;
    output->state = EVENTS_OUTPUT_GREETS;
    output->until_us = output->now_us + EVENTS_OUTPUT_GREET_MS * MS_US;
    output->again_us = 0;
    output->heard_size = 0;
    set_word(output, events_frames_ready(output->word));
}

void
events_output_take(struct events_output *output, const struct exporter_dial_answer *answer)
{
    bool is_anew = answer->what == EXPORTER_DIAL_ANEW;
    if (is_anew && output->state != EVENTS_OUTPUT_OPEN) { /* it will be asked for, or is */
        if (answer->fd >= 0)
            sys_close(answer->fd);
        return;
    }
    if (!is_anew) {
        output->state = EVENTS_OUTPUT_CLOSED;
        output->again_us = output->now_us + EVENTS_OUTPUT_RETRY_MS * MS_US;
    }
    if (answer->error != 0)
        note(output, is_anew ? "it cannot be opened anew: %s" : "it cannot be opened: %s",
             strerror(answer->error));
    else if (output->kind == EVENTS_OUTPUT_FILE)
        take_file(output, answer->fd);
    else
        take_socket(output, answer->fd);
}

/* --- the other side -------------------------------------------------------------------------- */

static void
listen_to(struct events_output *output, enum events_frames_word word)
{
    switch (word) {
    case EVENTS_FRAMES_MORE:
        return;
    case EVENTS_FRAMES_FINISH:
        output->is_finished = output->is_ending;
        if (!output->is_ending)
            fail(output, "the other side has ended the stream");
        return;
    case EVENTS_FRAMES_BAD:
        fail(output, "the other side speaks no Frame Streams, or takes no dnstap");
        return;
    case EVENTS_FRAMES_ACCEPT:
        break;
    }
    if (output->state != EVENTS_OUTPUT_GREETS) {
        fail(output, "the other side says what was not asked");
        return;
    }
    output->state = EVENTS_OUTPUT_OPEN;
    set_word(output, events_frames_start(output->word));
    output->moved_us = output->now_us;
    note_well(output, "connected");
}

static void
hear(struct events_output *output)
{
    struct iovec part = {.iov_base = output->heard + output->heard_size,
                         .iov_len = sizeof output->heard - output->heard_size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    size_t used;
    ssize_t n = sys_recvmsg(output->fd, &message, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 && output->is_ending) {
        disconnect(output);
        return;
    }
    if (n <= 0) {
        fail(output, n == 0 ? "the other side closed the connection" : strerror(errno));
        return;
    }
    output->heard_size += (size_t)n;
    do {
        listen_to(output, events_frames_read(output->heard, output->heard_size, &used));
        output->heard_size -= used;
        memmove(output->heard, output->heard + used, output->heard_size);
    } while (used > 0 && output->fd >= 0);
}

static void
greet(struct events_output *output)
{
    if (write_word(output) == STATUS_SYSTEM)
        fail(output, strerror(errno));
    else if (output->now_us >= output->until_us)
        fail(output, "the other side does not say in time that it takes dnstap");
}

/* --- turns ----------------------------------------------------------------------------------- */

struct pollfd
events_output_poll(const struct events_output *output)
{
    bool is_socket = output->kind == EVENTS_OUTPUT_SOCKET;
    bool has_some = output->word_sent < output->word_size ||
                    (output->state == EVENTS_OUTPUT_OPEN && output->sent < output->size);
    /* a file is always ready, also one that takes nothing */
    bool is_polled = output->kind != EVENTS_OUTPUT_FILE && (is_socket || has_some);
    short events = (short)((is_socket ? POLLIN : 0) | (has_some ? POLLOUT : 0));
    return (struct pollfd){.fd = is_polled ? output->fd : -1, .events = events};
}

enum status
events_output_turn(struct events_output *output, uint64_t now_us, short revents)
{
    bool is_socket = output->kind == EVENTS_OUTPUT_SOCKET;
    output->now_us = now_us;
    if (output->state == EVENTS_OUTPUT_CLOSED && now_us >= output->again_us) {
        if (exporter_dial_ask(output->dial_fd, EXPORTER_DIAL_OUTPUT) != STATUS_OK)
            return STATUS_CLOSED;
        output->state = EVENTS_OUTPUT_ASKED;
    }
    if (is_socket && output->fd >= 0 && (revents & ~POLLOUT) != 0)
        hear(output);
    if (output->state == EVENTS_OUTPUT_GREETS)
        greet(output);
    if (is_socket && output->state == EVENTS_OUTPUT_OPEN && output->size > 0 &&
        now_us >= output->moved_us + EVENTS_OUTPUT_STALL_MS * MS_US)
        fail(output, "the other side takes nothing");
    return STATUS_OK;
}

enum status
events_output_wait(struct events_output *output, uint64_t until_us)
{
    struct pollfd polls[] = {events_output_poll(output)};
    if (output->now_us >= until_us || !events_output_works(output))
        return STATUS_CLOSED;
    if (sys_poll(polls, 1, (int)((until_us - output->now_us) / MS_US) + 1) < 0)
        polls[0].revents = 0;
    output->now_us = sys_clock_us(CLOCK_MONOTONIC);
    if (output->kind == EVENTS_OUTPUT_SOCKET && (polls[0].revents & ~POLLOUT) != 0)
        hear(output);
    return STATUS_OK;
}

/* @return as events_output_end() */
static enum status
flush_until(struct events_output *output, uint64_t until_us)
{
    enum status status;
    while ((status = events_output_flush(output)) == STATUS_AGAIN)
        if (events_output_wait(output, until_us) != STATUS_OK)
            return STATUS_CLOSED;
    return status;
}

enum status
events_output_end(struct events_output *output, uint64_t until_us)
{
    if (output->form != EVENTS_OUTPUT_DNSTAP || output->state != EVENTS_OUTPUT_OPEN)
        return STATUS_OK;
    enum status status = flush_until(output, until_us); /* START may not be written yet */
    if (status != STATUS_OK)
        return status;
    output->is_ending = true;
    set_word(output, events_frames_stop(output->word));
    status = flush_until(output, until_us);
    /* it has the end, and may have gone: what it says of that is waited for, and does not matter */
    while (status == STATUS_OK && output->kind == EVENTS_OUTPUT_SOCKET && !output->is_finished)
        if (events_output_wait(output, until_us) != STATUS_OK)
            break;
    return status;
}
