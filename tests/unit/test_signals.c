/* test_signals.c - the signals that the supervisor obeys
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/signals.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>

Test(signals, they_wait_to_be_read)
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGUSR1, SIGTERM, SIGCHLD};
    uint32_t number;
    int fd;
    cr_assert_eq(signals_open(&fd), STATUS_OK);
    cr_assert_not(signals_next(fd, &number));
    for (size_t i = 0; i < 5; i++)
        cr_assert_eq(kill(getpid(), numbers[i]), 0);
    for (size_t i = 0; i < 5; i++) {
        cr_assert(signals_next(fd, &number));
        cr_assert_eq(number, (uint32_t)numbers[i], "the lowest first");
    }
    cr_assert_not(signals_next(fd, &number));
    close(fd);
}

Test(signals, one_that_was_ignored_before_is_obeyed)
{
    uint32_t number;
    int fd;
    signal(SIGHUP, SIG_IGN);
    cr_assert_eq(signals_open(&fd), STATUS_OK);
    cr_assert_eq(kill(getpid(), SIGHUP), 0);
    cr_assert(signals_next(fd, &number));
    cr_assert_eq(number, SIGHUP);
}

Test(signals, a_pipe_that_breaks_is_no_signal)
{
    int fd, pair[2];
    cr_assert_eq(signals_open(&fd), STATUS_OK);
    cr_assert_eq(pipe(pair), 0);
    close(pair[0]);
    cr_assert_eq(write(pair[1], "x", 1), -1);
}

Test(signals, nothing_waits_for_long_while_we_hurry)
{
    int fd, pipes[2];
    char byte;
    cr_assert_eq(signals_open(&fd), STATUS_OK);
    cr_assert_eq(pipe(pipes), 0);
    for (int i = 0; i < 3; i++) {
        signals_hurry(true);
        cr_assert_eq(read(pipes[0], &byte, 1), -1);
        cr_assert_eq(errno, EINTR);
        signals_hurry(false);
    }
}
