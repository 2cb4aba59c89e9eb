/* test_attest_family.c - tests of attest_family
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_family.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t parent, session;

Test(attest_family, parent_and_session_stand_behind_a_name_that_may_hold_anything)
{
    cr_assert(attest_family_stat("12 (penstock) S 1 12 13 0 -1", &parent, &session));
    cr_assert(parent == 1 && session == 13);
    cr_assert(attest_family_stat("12 (a) S 9 9 9) R 7 8 9 0", &parent, &session));
    cr_assert(parent == 7 && session == 9);
    cr_assert_not(attest_family_stat("12 (penstock) Z 1 12 13 0", &parent, &session));
    cr_assert_not(attest_family_stat("12 (penstock) S 1", &parent, &session));
    cr_assert_not(attest_family_stat("", &parent, &session));
}

static const char *
group(const char *text)
{
    static char found[ATTEST_PROC_PATH_MAX];
    attest_family_group(text, found);
    return found;
}

Test(attest_family, a_group_counts_where_a_service_manager_made_it_for_one_service)
{
    cr_expect_str_eq(group("0::/system.slice/penstock.service\n"),
                     "/system.slice/penstock.service");
    cr_expect_str_eq(group("12:cpu:/\n1:name=systemd:/system.slice/penstock.service\n"),
                     "/system.slice/penstock.service");
    cr_expect_str_eq(group("0::/\n"), "");
    cr_expect_str_eq(group("0::/user.slice/user-0.slice/session-1.scope\n"), "");
    cr_expect_str_eq(group("7:cpu:/penstock.service\n0::/\n"), "", "of another hierarchy");
    cr_expect_str_eq(group(".service\n0::.service"), "");
    cr_expect_str_eq(group(""), "");
}

/* A child that is waited for until it ends, after it has said that it is there. */
static pid_t
begin(void (*act)(int))
{
    int pipes[2];
    char byte;
    cr_assert_eq(pipe(pipes), 0);
    pid_t pid = fork();
    if (pid == 0) {
        act(pipes[1]);
        for (;;)
            pause();
    }
    close(pipes[1]);
    cr_assert_eq(read(pipes[0], &byte, 1), 1);
    close(pipes[0]);
    return pid;
}

static void
say(int fd)
{
    if (write(fd, "x", 1) != 1)
        _exit(1);
}

/* One below it, and one whose parent ends at once: it stays in the session. */
static void
lead(int fd)
{
    setsid();
    pid_t below = fork();
    if (below != 0) {
        pid_t orphan = fork();
        if (orphan == 0) {
            pid_t between = getpid();
            if (fork() != 0)
                _exit(0);
            while (getppid() == between)
                usleep(100);
            say(fd);
        } else {
            waitpid(orphan, NULL, 0);
        }
    }
    for (;;)
        pause();
}

Test(attest_family, who_is_below_or_of_the_session_belongs_to_it)
{
    static struct attest_family family;
    unsigned kins[ATTEST_FAMILY_KINDS] = {0};
    pid_t leader = begin(lead);
    attest_family_find(leader, &family);
    for (size_t i = 0; i < family.count; i++) {
        kins[family.of[i].kin]++;
        cr_expect(i < 2 || family.of[i].pid > family.of[i - 1].pid, "by their numbers");
    }
    cr_expect_eq(family.of[0].pid, leader);
    cr_expect(kins[ATTEST_FAMILY_ITSELF] == 1 && kins[ATTEST_FAMILY_CHILD] == 1 &&
              kins[ATTEST_FAMILY_SESSION] == 1 && family.count == 3);
    attest_family_find(getpid(), &family);
    unsigned below = 0;
    for (size_t i = 0; i < family.count; i++)
        below += family.of[i].kin == ATTEST_FAMILY_BELOW;
    cr_expect_geq(below, 1, "a child of the leader is below us");
    kill(-leader, SIGKILL);
    waitpid(leader, NULL, 0);
}
