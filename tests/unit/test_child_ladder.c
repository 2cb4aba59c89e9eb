/* test_child_ladder.c - each step in a process of its own, whose descriptor 3 is a channel to us
 * SPDX-License-Identifier: ISC
 */
#include "child/child_ladder.h"
#include "os/chan.h"
#include "os/log.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct evloop loop;
static struct child_inbox inbox;
static int chan[2];

/* Run `step` behind child_ladder_begin() in a child. @return its wait status */
static int
run(void (*step)(void))
{
    static struct os os;
    int status = 0;
    cr_assert_eq(chan_pair(chan), STATUS_OK);
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        if (dup2(chan[1], CHAN_FD) != CHAN_FD)
            _exit(99);
        child_ladder_begin(&os, &loop);
        step();
        _exit(0);
    }
    close(chan[1]);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return status;
}

/* The first message that the child sent. */
static const struct ipc_message *
message(void)
{
    static struct ipc_message first;
    int fds[IPC_FDS_MAX];
    cr_assert_eq(chan_receive(chan[0], IPC_FROM_CHILD, &first, fds), STATUS_OK);
    return &first;
}

static void
get_signals(void)
{
    static const int ignored[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        raise(ignored[i]);
}

Test(child_ladder, signals_of_the_group_do_not_end_a_child)
{
    cr_assert_eq(run(get_signals), 0);
}

static void
say_something(void)
{
    log_write(LOG_NOTICE, LOG_STARTED, "on its way");
    log_write(LOG_INFO, LOG_STARTED, "not yet asked for");
}

Test(child_ladder, lines_go_to_the_supervisor_from_the_beginning)
{
    cr_assert_eq(run(say_something), 0);
    cr_assert_str_eq(message()->text, "on its way");
    struct ipc_message more;
    int fds[IPC_FDS_MAX];
    cr_assert_eq(chan_receive(chan[0], IPC_FROM_CHILD, &more, fds), STATUS_CLOSED);
}

static void
drop(size_t files, const char *user)
{
    struct child_needs needs = {.filter = &sandbox_front,
                                .user = user,
                                .files = files,
                                .for_what = "its clients",
                                .memory_bytes = (size_t)1 << 26};
    child_ladder_drop(&needs);
}

static void
drop_and_open_a_socket(void)
{
    drop(32, "nobody");
    (void)!socket(AF_INET, SOCK_STREAM, 0);
}

Test(child_ladder, behind_the_drop_the_filter_is_on)
{
    int status = run(drop_and_open_a_socket);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "0x%x", (unsigned)status);
}

static void
drop_with_too_few_files(void)
{
    struct rlimit few = {.rlim_cur = 40, .rlim_max = 40};
    if (setrlimit(RLIMIT_NOFILE, &few) != 0)
        _exit(98);
    drop(1000, "nobody");
    log_write(LOG_NOTICE, LOG_STARTED, "it goes on");
}

Test(child_ladder, too_low_a_limit_of_files_is_told_and_served_with)
{
    cr_assert_eq(run(drop_with_too_few_files), 0);
    cr_assert_str_eq(message()->text,
                     "the limit of 40 open files is too low for its clients, which take 1000");
    cr_assert_str_eq(message()->text, "it goes on");
}

static void
drop_to_nobody_there(void)
{
    drop(32, "no-such-account");
}

Test(child_ladder, root_without_an_account_to_become_does_not_serve)
{
    int status = run(drop_to_nobody_there);
    if (geteuid() != 0)
        return; /* an account is only looked for by root */
    cr_assert_eq(WEXITSTATUS(status), 1);
    cr_assert(strstr(message()->text, "no account \"no-such-account\" to become") != NULL);
}

static void
get_ready(void)
{
    child_inbox_init(&inbox, CHAN_FD, NULL, 0, NULL);
    child_ladder_ready(&inbox, &loop, &(struct ipc_message){.type = IPC_READY, .text = "TLS 1.0"});
}

Test(child_ladder, ready_is_said_in_the_process_own_words)
{
    cr_assert_eq(run(get_ready), 0);
    cr_assert_eq(message()->type, IPC_READY);
}

static void
get_ready_late(void)
{
    usleep(2000);
    uint64_t now_us = evloop_read_clocks().now_us;
    get_ready();
    if (loop.now_us < now_us)
        log_fatal("the time is that of the beginning");
}

Test(child_ladder, what_begins_when_it_is_ready_begins_then)
{
    cr_assert_eq(run(get_ready_late), 0);
}
