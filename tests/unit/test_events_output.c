/* test_events_output.c - outputs that take all, some or nothing, and come and go
 * SPDX-License-Identifier: ISC
 */
#include "exporter/events_output.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MS UINT64_C(1000)

#define READY_SIZE 42U
#define ACCEPT     "\0\0\0\0\0\0\0\4\0\0\0\1"
#define FINISH     "\0\0\0\0\0\0\0\4\0\0\0\5"
#define STOP       "\0\0\0\0\0\0\0\4\0\0\0\3"

static struct events_output output;
static int dial[2], line[2];
static uint64_t now_us = 1000 * MS;
static uint8_t got[100000];

static void
begin(enum events_output_form form, enum events_output_kind kind, int fd)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, dial), 0);
    events_output_begin(&output, form, kind, "it", dial[0], fd);
}

static void
turn(unsigned ms)
{
    struct pollfd ready = events_output_poll(&output);
    now_us += ms * MS;
    if (poll(&ready, 1, 0) < 1)
        ready.revents = 0;
    cr_assert_eq(events_output_turn(&output, now_us, ready.revents), STATUS_OK);
}

/* @return how often a descriptor was asked for */
static unsigned
asked(void)
{
    uint8_t byte;
    unsigned count = 0;
    while (recv(dial[1], &byte, 1, MSG_DONTWAIT) == 1) {
        cr_expect_eq(byte, EXPORTER_DIAL_OUTPUT);
        count++;
    }
    return count;
}

static void
give(enum exporter_dial_what what, int fd, int error)
{
    events_output_take(&output,
                       &(struct exporter_dial_answer){.what = what, .fd = fd, .error = error});
}

static void
put(const char *octets, size_t size)
{
    uint8_t *to = events_output_room(&output, size);
    cr_assert_not_null(to);
    memcpy(to, octets, size);
    events_output_add(&output, size);
}
#define PUT(octets) put(octets, sizeof(octets) - 1)

static size_t
read_line(void)
{
    ssize_t n = recv(line[1], got, sizeof got, MSG_DONTWAIT);
    return n > 0 ? (size_t)n : 0;
}

static void
say(const char *octets, size_t size)
{
    cr_assert_eq(send(line[1], octets, size, 0), (ssize_t)size);
    turn(1);
}
#define SAY(octets) say(octets, sizeof(octets) - 1)

static void
connect_it(void)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, line), 0);
    turn(EVENTS_OUTPUT_RETRY_MS);
    cr_assert_eq(asked(), 1);
    give(EXPORTER_DIAL_OUTPUT, line[0], 0);
    turn(1);
    cr_assert_eq(read_line(), READY_SIZE);
    cr_expect_eq(got[11], 4, "READY");
    SAY(ACCEPT);
    cr_assert(events_output_works(&output));
    cr_assert_eq(events_output_flush(&output), STATUS_OK);
}

Test(events_output, both_sides_agree_before_anything_is_told)
{
    begin(EVENTS_OUTPUT_DNSTAP, EVENTS_OUTPUT_SOCKET, -1);
    PUT("\0\0\0\1a");
    cr_expect_eq(events_output_flush(&output), STATUS_AGAIN);
    connect_it();
    cr_assert_eq(read_line(), READY_SIZE + 5);
    cr_expect_eq(got[11], 2, "START");
    cr_expect_eq(got[READY_SIZE + 4], 'a');
    PUT("\0\0\0\1b");
    cr_expect_eq(events_output_flush(&output), STATUS_OK);
    cr_assert_eq(send(line[1], FINISH, sizeof FINISH - 1, 0), (ssize_t)sizeof FINISH - 1);
    cr_expect_eq(events_output_end(&output, UINT64_MAX), STATUS_OK);
    cr_expect(output.is_finished);
    cr_assert_eq(read_line(), 5 + sizeof STOP - 1);
    cr_expect_eq(memcmp(got + 5, STOP, sizeof STOP - 1), 0);
}

Test(events_output, who_does_not_agree_is_left_and_tried_again)
{
    static const struct {
        const char *octets;
        size_t size;
    } wrong[] = {{"HTTP/1.1 400 Bad Request\r\n", 26}, {FINISH, sizeof FINISH - 1}, {NULL, 0}};
    begin(EVENTS_OUTPUT_DNSTAP, EVENTS_OUTPUT_SOCKET, -1);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, line), 0);
        turn(EVENTS_OUTPUT_RETRY_MS);
        cr_assert_eq(asked(), 1);
        give(EXPORTER_DIAL_OUTPUT, line[0], 0);
        turn(1);
        if (wrong[i].octets != NULL)
            say(wrong[i].octets, wrong[i].size);
        else
            turn(EVENTS_OUTPUT_GREET_MS);
        cr_expect_not(events_output_works(&output));
        turn(1);
        cr_expect_eq(asked(), 0, "there is a pause");
        close(line[1]);
    }
    connect_it();
}

Test(events_output, what_is_said_in_one_breath_is_heard)
{
    begin(EVENTS_OUTPUT_DNSTAP, EVENTS_OUTPUT_SOCKET, -1);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, line), 0);
    turn(0);
    give(EXPORTER_DIAL_OUTPUT, line[0], 0);
    turn(1);
    SAY(ACCEPT FINISH);
    cr_expect_not(events_output_works(&output));
    cr_expect_not_null(strstr(output.trouble, "has ended the stream"), "%s", output.trouble);
}

Test(events_output, what_waits_is_told_to_the_next_connection_and_half_a_frame_is_lost)
{
    static char frame[8004] = "\0\0\x1f\x40";
    int small = 1;
    begin(EVENTS_OUTPUT_DNSTAP, EVENTS_OUTPUT_SOCKET, -1);
    connect_it();
    read_line();
    cr_assert_eq(setsockopt(line[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    for (unsigned i = 0; i < 8; i++)
        put(frame, sizeof frame);
    cr_assert_eq(events_output_flush(&output), STATUS_AGAIN);
    cr_expect_null(events_output_room(&output, 4096), "nobody waits");
    size_t sent = output.sent, whole = 8 - (sent + sizeof frame - 1) / sizeof frame;
    close(line[1]);
    turn(1);
    cr_expect_eq(output.cut, sent % sizeof frame != 0);
    cr_expect_eq(output.size, whole * sizeof frame);
    connect_it();
    cr_expect_eq(read_line(), READY_SIZE + whole * sizeof frame);
}

Test(events_output, a_connection_that_takes_nothing_is_closed)
{
    static char frame[8004] = "\0\0\x1f\x40";
    int small = 1;
    begin(EVENTS_OUTPUT_DNSTAP, EVENTS_OUTPUT_SOCKET, -1);
    connect_it();
    cr_assert_eq(setsockopt(line[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    for (unsigned i = 0; i < 8; i++)
        put(frame, sizeof frame);
    cr_assert_eq(events_output_flush(&output), STATUS_AGAIN);
    turn(EVENTS_OUTPUT_STALL_MS - 1);
    cr_expect(events_output_works(&output));
    turn(1);
    cr_expect_not(events_output_works(&output));
}

Test(events_output, one_that_cannot_be_had_is_asked_for_again)
{
    begin(EVENTS_OUTPUT_DNSTAP, EVENTS_OUTPUT_SOCKET, -1);
    turn(0);
    cr_expect_eq(asked(), 1);
    turn(60000);
    cr_expect_eq(asked(), 0, "it was not answered");
    give(EXPORTER_DIAL_OUTPUT, -1, ECONNREFUSED);
    turn(EVENTS_OUTPUT_RETRY_MS - 1);
    cr_expect_eq(asked(), 0);
    turn(1);
    cr_expect_eq(asked(), 1);
    close(dial[1]);
    give(EXPORTER_DIAL_OUTPUT, -1, ECONNREFUSED);
    cr_expect_eq(events_output_turn(&output, now_us + 60000 * MS, 0), STATUS_CLOSED);
}

/* --- files ----------------------------------------------------------------------------------- */

static int
file(void)
{
    char name[] = "/tmp/test_events_output.XXXXXX";
    int fd = mkstemp(name);
    cr_assert_geq(fd, 0);
    unlink(name);
    return fd;
}

static size_t
read_file(int fd)
{
    ssize_t n = pread(fd, got, sizeof got, 0);
    return n > 0 ? (size_t)n : 0;
}

Test(events_output, a_file_is_left_whole_and_the_next_one_begins)
{
    int first = file(), second = file();
    begin(EVENTS_OUTPUT_DNSTAP, EVENTS_OUTPUT_FILE, -1);
    turn(0);
    cr_assert_eq(asked(), 1);
    give(EXPORTER_DIAL_OUTPUT, dup(first), 0);
    PUT("\0\0\0\1a");
    give(EXPORTER_DIAL_ANEW, dup(first), 0);
    cr_expect_not(events_output_works(&output), "it was not moved away");
    PUT("\0\0\0\1b");
    give(EXPORTER_DIAL_ANEW, dup(second), 0);
    PUT("\0\0\0\1c");
    cr_expect_eq(events_output_flush(&output), STATUS_OK);
    cr_expect_eq(events_output_end(&output, UINT64_MAX), STATUS_OK);
    cr_assert_eq(read_file(first), READY_SIZE + 10 + sizeof STOP - 1);
    cr_expect_eq(memcmp(got + READY_SIZE + 10, STOP, sizeof STOP - 1), 0);
    cr_assert_eq(read_file(second), READY_SIZE + 5 + sizeof STOP - 1);
    cr_expect_eq(got[READY_SIZE + 4], 'c');
}

Test(events_output, a_full_disk_is_told_once_and_tried_again)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC), good = file();
    begin(EVENTS_OUTPUT_JSON, EVENTS_OUTPUT_FILE, -1);
    turn(0);
    give(EXPORTER_DIAL_OUTPUT, full, 0);
    PUT("one\n");
    cr_expect_eq(events_output_flush(&output), STATUS_AGAIN);
    cr_expect_not_null(strstr(output.trouble, "No space left on device"));
    cr_expect_eq(events_output_poll(&output).fd, -1, "it would always be ready");
    cr_assert_eq(dup2(good, full), full);
    cr_expect_eq(events_output_flush(&output), STATUS_AGAIN, "not at once");
    turn(EVENTS_OUTPUT_RETRY_MS);
    PUT("two\n");
    cr_expect_eq(events_output_flush(&output), STATUS_OK);
    cr_expect(events_output_works(&output));
    cr_assert_eq(read_file(good), 8);
    cr_expect_eq(memcmp(got, "one\ntwo\n", 8), 0);
    cr_expect_eq(output.cut, 0);
}

Test(events_output, half_a_line_is_left_where_it_began)
{
    int good = file();
    begin(EVENTS_OUTPUT_JSON, EVENTS_OUTPUT_FILE, -1);
    turn(0);
    give(EXPORTER_DIAL_OUTPUT, open("/dev/full", O_WRONLY | O_CLOEXEC), 0);
    PUT("one\n");
    PUT("two\n");
    output.sent = 2; /* as a disk leaves it that has room for two octets */
    give(EXPORTER_DIAL_ANEW, dup(good), 0);
    cr_expect_eq(events_output_flush(&output), STATUS_OK);
    cr_assert_eq(read_file(good), 4);
    cr_expect_eq(memcmp(got, "two\n", 4), 0);
    cr_expect_eq(output.cut, 1);
}

Test(events_output, half_a_line_is_ended_where_more_follows_it)
{
    int same = file();
    begin(EVENTS_OUTPUT_JSON, EVENTS_OUTPUT_FILE, -1);
    turn(0);
    cr_assert_eq(write(same, "on", 2), 2);
    give(EXPORTER_DIAL_OUTPUT, open("/dev/full", O_WRONLY | O_CLOEXEC), 0);
    PUT("one\n");
    PUT("two\n");
    output.sent = 2; /* as a disk leaves it that has room for two octets */
    give(EXPORTER_DIAL_ANEW, dup(same), 0);
    cr_expect_eq(events_output_flush(&output), STATUS_OK);
    cr_assert_eq(read_file(same), 7);
    cr_expect_eq(memcmp(got, "on\ntwo\n", 7), 0);
    give(EXPORTER_DIAL_ANEW, dup(same), 0);
    PUT("three\n");
    cr_expect_eq(events_output_flush(&output), STATUS_OK);
    cr_assert_eq(read_file(same), 13, "whole lines need no end");
}

Test(events_output, a_stream_that_began_late_is_ended)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC), first = file(), second = file();
    begin(EVENTS_OUTPUT_DNSTAP, EVENTS_OUTPUT_FILE, -1);
    turn(0);
    give(EXPORTER_DIAL_OUTPUT, full, 0);
    cr_expect_eq(events_output_flush(&output), STATUS_AGAIN);
    cr_assert_eq(dup2(first, full), full); /* there is room again */
    give(EXPORTER_DIAL_ANEW, dup(second), 0);
    cr_assert_eq(read_file(first), READY_SIZE + sizeof STOP - 1);
    cr_expect_eq(memcmp(got + READY_SIZE, STOP, sizeof STOP - 1), 0);
    cr_expect_eq(events_output_end(&output, UINT64_MAX), STATUS_OK);
    cr_assert_eq(read_file(second), READY_SIZE + sizeof STOP - 1, "START and STOP");
    cr_expect_eq(got[11], 2, "START");
}

Test(events_output, a_file_that_cannot_be_opened_anew_is_written_to_as_before)
{
    int good = file();
    begin(EVENTS_OUTPUT_JSON, EVENTS_OUTPUT_FILE, -1);
    turn(0);
    give(EXPORTER_DIAL_ANEW, dup(good), 0);
    cr_expect_neq((int)output.state, (int)EVENTS_OUTPUT_OPEN, "what was asked for comes yet");
    give(EXPORTER_DIAL_OUTPUT, dup(good), 0);
    give(EXPORTER_DIAL_ANEW, -1, EACCES);
    PUT("one\n");
    cr_expect_eq(events_output_flush(&output), STATUS_OK);
    cr_expect_eq(read_file(good), 4);
}

/* --- standard output ------------------------------------------------------------------------- */

Test(events_output, a_pipe_that_is_full_is_not_waited_for)
{
    static char text[4096];
    int pipe_fds[2];
    cr_assert_eq(pipe(pipe_fds), 0);
    begin(EVENTS_OUTPUT_JSON, EVENTS_OUTPUT_STANDARD, pipe_fds[1]);
    for (unsigned i = 0; i < 100 && events_output_room(&output, sizeof text) != NULL; i++)
        put(text, sizeof text);
    cr_expect_eq(events_output_flush(&output), STATUS_AGAIN);
    struct pollfd ready = events_output_poll(&output);
    cr_expect_eq(poll(&ready, 1, 0), 0);
    cr_assert_gt(read(pipe_fds[0], got, sizeof got), 0);
    cr_expect_eq(poll(&ready, 1, 0), 1);
    close(pipe_fds[0]);
    cr_expect_neq(signal(SIGPIPE, SIG_IGN), SIG_ERR);
    cr_expect_eq(events_output_flush(&output), STATUS_SYSTEM);
}
