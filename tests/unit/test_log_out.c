/* test_log_out.c - tests of log_out
 * SPDX-License-Identifier: ISC
 */
#include "os/log_out.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int journal[2], pipes[2];
static struct log_out out;

/* The journal is the other end of a pair, and standard error a pipe. */
static void
open_both(void)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, journal), 0);
    cr_assert_eq(pipe2(pipes, O_NONBLOCK), 0);
    cr_assert_eq(dup2(pipes[1], STDERR_FILENO), STDERR_FILENO);
    out = (struct log_out){.form = LOG_AS_PRIORITY, .to_journal = true, .journal_fd = journal[0]};
}

TestSuite(log_out, .init = open_both);

static void
write_line(const char *text)
{
    struct log_line line = {
        .level = LOG_NOTICE, .event = LOG_CONFIG, .process = "front.0", .text = text};
    log_out_write(&out, "supervisor", &line);
}

/* What came since the last call: in the journal the messages alone, one a line. */
static const char *
on_stderr(void)
{
    static char text[65536];
    ssize_t size = read(pipes[0], text, sizeof text - 1);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

static const char *
in_journal(void)
{
    static char text[8192];
    char octets[LOG_LINE_MAX + 1];
    size_t used = 0;
    ssize_t size;
    text[0] = '\0';
    while ((size = recv(journal[1], octets, sizeof octets, 0)) > 0) {
        const char *at = memmem(octets, (size_t)size, "\nMESSAGE\n", 9);
        cr_assert_not_null(at);
        at += 9 + 8;
        size_t length = (size_t)(octets + size - at);
        cr_assert_lt(used + length, sizeof text);
        memcpy(text + used, at, length);
        text[used += length] = '\0';
    }
    return text;
}

/* @return how many lines, "x" each, it took to fill the journal and to have one refused */
static unsigned
fill_journal(void)
{
    unsigned count = 0;
    while (out.refused == 0 && count < 100000) {
        write_line("x");
        count++;
    }
    return count;
}

Test(log_out, what_the_journal_takes_stands_nowhere_else)
{
    write_line("one");
    write_line("two");
    cr_assert_str_eq(in_journal(), "front.0 config: one\nfront.0 config: two\n");
    cr_assert_str_empty(on_stderr());
}

Test(log_out, what_a_full_journal_does_not_take_goes_to_stderr_and_is_counted)
{
    cr_assert_gt(fill_journal(), 1);
    write_line("second");
    cr_expect_str_eq(on_stderr(), "<4>supervisor log: the journal takes no lines: Resource "
                                  "temporarily unavailable; they are written here\n"
                                  "<5>front.0 config: x\n<5>front.0 config: second\n");
    cr_expect_not_null(strstr(in_journal(), "front.0 config: x\n"));
    write_line("third");
    cr_expect_str_eq(in_journal(), "supervisor log: 2 lines went to standard error instead of the "
                                   "journal\nfront.0 config: third\n");
    write_line("fourth");
    cr_expect_str_eq(in_journal(), "front.0 config: fourth\n");
    cr_expect_str_empty(on_stderr());
}

Test(log_out, a_journal_that_is_gone_is_told_of_once)
{
    close(journal[1]);
    write_line("one");
    const char *text = on_stderr();
    cr_expect_not_null(strstr(text, "<4>supervisor log: the journal takes no lines: "), "%s", text);
    cr_expect_not_null(strstr(text, "\n<5>front.0 config: one\n"), "%s", text);
    write_line("two");
    cr_expect_str_eq(on_stderr(), "<5>front.0 config: two\n");
    cr_expect_eq(out.refused, 2);
}

Test(log_out, stderr_that_nobody_reads_is_not_waited_for, .timeout = 60)
{
    unsigned written = 0, lost = 2000;
    cr_assert_eq(fcntl(pipes[1], F_SETFL, 0), 0); /* to write to it would wait for ever */
    out = (struct log_out){.form = LOG_AS_TEXT};
    for (; out.unwritten == 0 && written < 100000; written++)
        write_line("x");
    while (out.unwritten < lost) /* had each of them waited, these were minutes */
        write_line("x");
    const char *text = on_stderr();
    cr_assert_not_null(strstr(text, " notice  front.0 config: x\n"));
    write_line("y");
    text = on_stderr();
    cr_expect_not_null(strstr(text, " warning supervisor log: 2000 lines could not be written\n"),
                       "%s", text);
    cr_expect_not_null(strstr(text, " notice  front.0 config: y\n"), "%s", text);
    cr_expect_eq(out.unwritten, 0);
}

Test(log_out, a_pipe_whose_reader_is_gone_loses_lines_and_no_more)
{
    signal(SIGPIPE, SIG_IGN);
    out = (struct log_out){.form = LOG_AS_TEXT};
    close(pipes[0]);
    write_line("x");
    cr_expect_eq(out.unwritten, 1);
}

Test(log_out, a_journal_that_is_not_there_changes_nothing)
{
    if (access(LOG_OUT_JOURNAL, F_OK) == 0)
        return;
    out = (struct log_out){.form = LOG_AS_TEXT};
    cr_assert_not(log_out_open_journal(&out));
    cr_assert_not(out.to_journal);
    write_line("x");
    cr_expect_not_null(strstr(on_stderr(), "front.0 config: x\n"));
}
