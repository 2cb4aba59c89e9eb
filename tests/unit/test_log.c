/* test_log.c - tests of log
 * SPDX-License-Identifier: ISC
 */
#include "os/chan.h"
#include "os/os.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int pipes[2], pair[2];

/* What was written to stderr since the last call. */
static const char *
lines(void)
{
    static char text[65536];
    ssize_t size = read(pipes[0], text, sizeof text - 1);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

static unsigned
count_lines(const char *text)
{
    unsigned count = 0;
    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

/* A turn begins. */
static void
tick(uint64_t now_ms)
{
    os_used->now_us = now_ms * 1000;
    log_tick();
}

static void
catch_stderr(void)
{
    cr_assert_eq(pipe2(pipes, O_NONBLOCK), 0);
    cr_assert_eq(dup2(pipes[1], STDERR_FILENO), STDERR_FILENO);
    log_open_stderr("front.0", LOG_INFO);
    tick(1000);
}

TestSuite(log, .init = catch_stderr);

Test(log, a_line_has_time_level_process_event_and_text)
{
    regex_t form;
    cr_assert_eq(regcomp(&form,
                         "^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9]"
                         "{3}Z notice  front\\.0 listening: 127\\.0\\.0\\.1:53 udp\n$",
                         REG_EXTENDED | REG_NOSUB),
                 0);
    log_write(LOG_NOTICE, LOG_LISTENING, "%s:%d udp", "127.0.0.1", 53);
    const char *text = lines();
    cr_assert_eq(regexec(&form, text, 0, NULL, 0), 0, "%s", text);
    regfree(&form);
}

Test(log, a_stranger_cannot_begin_a_new_line)
{
    log_write(LOG_NOTICE, LOG_UPSTREAM_UNTRUSTED, "CN=%s", "x\nnotice \x1b[31m\xff");
    const char *text = lines();
    cr_assert_eq(count_lines(text), 1);
    cr_assert_not_null(strstr(text, ": CN=x?notice ?[31m?\n"), "%s", text);
}

Test(log, an_overlong_line_is_cut_and_still_one_line)
{
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_write(LOG_NOTICE, LOG_CONFIG, "%s", text);
    const char *got = lines();
    cr_assert_eq(count_lines(got), 1);
    cr_assert_eq(got[strlen(got) - 1], '\n');
}

Test(log, levels_above_the_chosen_one_are_silent)
{
    log_write(LOG_DEBUG, LOG_STARTED, "x");
    cr_assert_str_empty(lines());
    log_write(LOG_INFO, LOG_STARTED, "x");
    cr_assert_eq(count_lines(lines()), 1);
}

Test(log, repeats_are_limited_and_say_how_many_were_left_out)
{
    for (unsigned i = 0; i < LOG_BURST + 37; i++)
        log_write(LOG_WARNING, LOG_UPSTREAM_DOWN, "again");
    cr_assert_eq(count_lines(lines()), LOG_BURST);
    log_write(LOG_WARNING, LOG_UPSTREAM_UP, "another kind");
    cr_assert_eq(count_lines(lines()), 1);
    tick(1000 + LOG_INTERVAL_MS);
    const char *text = lines();
    cr_assert_eq(count_lines(text), 1);
    cr_assert_not_null(strstr(text, "37 lines of this kind were left out"), "%s", text);
    tick(1000 + 3 * LOG_INTERVAL_MS);
    cr_assert_str_empty(lines());
}

Test(log, under_a_flood_one_line_per_interval_carries_the_number)
{
    uint64_t now = 1000;
    for (unsigned i = 0; i < LOG_BURST; i++)
        log_write(LOG_WARNING, LOG_UPSTREAM_DOWN, "again");
    (void)lines();
    for (unsigned i = 0; i < 5; i++) {
        log_write(LOG_WARNING, LOG_UPSTREAM_DOWN, "again");
        log_write(LOG_WARNING, LOG_UPSTREAM_DOWN, "again");
        tick(now += LOG_INTERVAL_MS);
        const char *text = lines();
        cr_assert_eq(count_lines(text), 1);
        cr_assert_not_null(strstr(text, ": 2 lines of this kind were left out"), "%s", text);
    }
}

Test(log, statistics_that_were_asked_for_are_not_limited)
{
    for (unsigned i = 0; i < 3 * LOG_BURST; i++)
        log_write(LOG_NOTICE, LOG_STATISTICS, "x");
    cr_assert_eq(count_lines(lines()), 3 * LOG_BURST);
}

Test(log, an_error_is_not_silenced_by_notices_of_its_event)
{
    for (unsigned i = 0; i < 3 * LOG_BURST; i++)
        log_write(LOG_NOTICE, LOG_CONFIG, "read again");
    (void)lines();
    log_write(LOG_ERROR, LOG_CONFIG, "refused");
    const char *text = lines();
    cr_assert_eq(count_lines(text), 1);
    cr_assert_not_null(strstr(text, " error   front.0 config: refused\n"), "%s", text);
    for (unsigned i = 0; i < 3 * LOG_BURST; i++)
        log_relay("worker.0", LOG_INFO, LOG_UPSTREAM_DOWN, "idle");
    (void)lines();
    log_relay("worker.0", LOG_WARNING, LOG_UPSTREAM_DOWN, "reset");
    cr_assert_eq(count_lines(lines()), 1);
}

Test(log, lines_left_out_are_told_at_their_own_level)
{
    for (unsigned i = 0; i < LOG_BURST + 3; i++)
        log_write(LOG_ERROR, LOG_CONFIG, "refused");
    (void)lines();
    tick(1000 + LOG_INTERVAL_MS);
    const char *text = lines();
    cr_assert_not_null(strstr(text, " error   front.0 config: 3 lines of this kind"), "%s", text);
}

static void
set_journal(const char *before, const struct stat *status, const char *after)
{
    char value[64];
    snprintf(value, sizeof value, "%s%ju:%ju%s", before, (uintmax_t)status->st_dev,
             (uintmax_t)status->st_ino, after);
    cr_assert_eq(setenv("JOURNAL_STREAM", value, 1), 0);
}

Test(log, the_journal_gets_a_priority_and_no_time)
{
    struct stat status;
    cr_assert_eq(fstat(STDERR_FILENO, &status), 0);
    set_journal("", &status, "");
    cr_assert(log_find_journal());
    log_write(LOG_NOTICE, LOG_LISTENING, "127.0.0.1:53");
    cr_assert_str_eq(lines(), "<5>front.0 listening: 127.0.0.1:53\n");
    log_relay("worker.0", LOG_ERROR, LOG_RING, "broken");
    cr_assert_str_eq(lines(), "<3>worker.0 ring: broken\n");
    log_write(LOG_WARNING, LOG_PIN, "last");
    cr_assert_str_eq(lines(), "<4>front.0 pin: last\n");
    log_write(LOG_INFO, LOG_STARTED, "ready");
    cr_assert_str_eq(lines(), "<6>front.0 started: ready\n");
}

Test(log, another_stream_than_the_journals_is_as_ever)
{
    struct stat status;
    cr_assert_eq(fstat(STDERR_FILENO, &status), 0);
    set_journal("", &status, "1");
    cr_assert_not(log_find_journal());
    set_journal("1", &status, "");
    cr_assert_not(log_find_journal());
    set_journal("", &status, " ");
    cr_assert_not(log_find_journal());
    cr_assert_eq(setenv("JOURNAL_STREAM", "", 1), 0);
    cr_assert_not(log_find_journal());
    cr_assert_eq(unsetenv("JOURNAL_STREAM"), 0);
    cr_assert_not(log_find_journal());
    log_write(LOG_NOTICE, LOG_LISTENING, "x");
    cr_assert_eq(lines()[0], '2');
}

Test(log, one_child_does_not_use_up_the_lines_of_another)
{
    for (unsigned i = 0; i < 3 * LOG_BURST; i++)
        log_relay("worker.0", LOG_WARNING, LOG_UPSTREAM_DOWN, "x");
    cr_assert_eq(count_lines(lines()), LOG_BURST);
    log_relay("worker.1", LOG_WARNING, LOG_UPSTREAM_DOWN, "y");
    const char *text = lines();
    cr_assert_not_null(strstr(text, "worker.1 upstream_down: y\n"), "%s", text);
    log_write(LOG_WARNING, LOG_UPSTREAM_DOWN, "z");
    cr_assert_eq(count_lines(lines()), 1);
}

Test(log, numbers_that_a_child_made_up_are_ignored)
{
    log_relay("worker.0", (enum log_level)0, LOG_RING, "x");
    log_relay("worker.0", (enum log_level)255, LOG_RING, "x");
    log_relay("worker.0", LOG_ERROR, (enum log_event)LOG_EVENTS_COUNT, "x");
    log_relay("worker.0", LOG_ERROR, (enum log_event)255, "x");
    cr_assert_str_empty(lines());
}

Test(log, more_names_than_the_table_holds_share_its_last_place)
{
    char name[16];
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "child.%u", i);
        log_relay(name, LOG_ERROR, LOG_RING, "x");
    }
    cr_assert_lt(count_lines(lines()), 100);
}

Test(log, a_child_sends_its_lines_over_the_channel)
{
    struct ipc_message got;
    int fds[IPC_FDS_MAX];
    cr_assert_eq(chan_pair(pair), STATUS_OK);
    log_open_chan(pair[0], LOG_INFO);
    log_write(LOG_WARNING, LOG_RING, "slot %u", 7U);
    cr_assert_eq(chan_receive(pair[1], IPC_FROM_CHILD, &got, fds), STATUS_OK);
    cr_assert_eq(got.type, IPC_LOG);
    cr_assert_eq(got.level, LOG_WARNING);
    cr_assert_eq(got.event, LOG_RING);
    cr_assert_str_eq(got.text, "slot 7");
    cr_assert_str_empty(lines());
}

Test(log, lines_that_the_supervisor_had_no_room_for_are_told_later)
{
    struct ipc_message got, stop = {.type = IPC_STOP};
    int fds[IPC_FDS_MAX];
    cr_assert_eq(chan_pair(pair), STATUS_OK);
    log_open_chan(pair[0], LOG_INFO);
    while (chan_send(pair[0], &stop, NULL, 0) == STATUS_OK)
        ;
    for (unsigned i = 0; i < 3; i++)
        log_write(LOG_WARNING, LOG_RING, "lost");
    while (chan_receive(pair[1], IPC_FROM_SUPERVISOR, &got, fds) == STATUS_OK)
        ;
    tick(1000 + LOG_INTERVAL_MS);
    cr_assert_eq(chan_receive(pair[1], IPC_FROM_CHILD, &got, fds), STATUS_OK);
    cr_assert_str_eq(got.text, "3 lines of this kind were left out");
}

Test(log, fatal_says_why_and_exits_1)
{
    int ended;
    pid_t pid = fork();
    if (pid == 0)
        log_fatal("no memory for %s", "the table");
    cr_assert_eq(waitpid(pid, &ended, 0), pid);
    cr_assert(WIFEXITED(ended) && WEXITSTATUS(ended) == 1);
    cr_assert_not_null(strstr(lines(), " error   front.0 internal: no memory for the table\n"));
}
