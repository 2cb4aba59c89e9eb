/* test_privs.c - tests of privs
 * SPDX-License-Identifier: ISC
 */
/* Everything is given up in a child, whose /proc/self/status then tells; half of it needs root. */
#include "os/privs.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct privs_account nobody = {.uid = 65534, .gid = 65534};
static const struct privs_limits limits = {.files = 64};

/* @return exit code of `body` in a process of its own */
static int
in_child(int (*body)(void))
{
    int ended;
    pid_t pid = fork();
    if (pid == 0)
        _exit(body());
    cr_assert_eq(waitpid(pid, &ended, 0), pid);
    cr_assert(WIFEXITED(ended), "wait status %#x", (unsigned)ended);
    return WEXITSTATUS(ended);
}

/* A line of /proc/self/status behind its name. "": there is none. */
static const char *
status_line(const char *name)
{
    static char text[8192];
    int fd = open("/proc/self/status", O_RDONLY);
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    text[size > 0 ? size : 0] = '\0';
    char *at = strstr(text, name);
    if (at == NULL)
        return "";
    at += strlen(name) + strspn(at + strlen(name), "\t ");
    at[strcspn(at, "\n")] = '\0';
    return at;
}

static bool
is_zero(const char *name)
{
    return strcmp(status_line(name), "0000000000000000") == 0;
}

static const struct privs_account *
account(void)
{
    return geteuid() == 0 ? &nobody : NULL;
}

#ifndef PENSTOCK_SANITIZED
static int
drop_and_allocate(void)
{
    const char *what = NULL;
    struct privs_limits bounded = {.files = 64, .memory_bytes = (size_t)64 << 20};
    if (privs_drop(account(), &bounded, &what) != STATUS_OK)
        return 1;
    void *volatile small = malloc((size_t)1 << 20), *volatile large = malloc((size_t)65 << 20);
    bool right = small != NULL && large == NULL;
    free(small);
    free(large);
    return right ? 0 : 2;
}
#endif

static int
drop_and_look(void)
{
    const char *what = NULL;
    gid_t group = 4;
    if (account() != NULL && setgroups(1, &group) != 0)
        return 8;
    if (privs_drop(account(), &limits, &what) != STATUS_OK)
        return 1;
    if (!is_zero("CapInh:") || !is_zero("CapPrm:") || !is_zero("CapEff:") || !is_zero("CapAmb:"))
        return 2;
    if (strcmp(status_line("NoNewPrivs:"), "1") != 0)
        return 3;
    if (account() != NULL && !is_zero("CapBnd:"))
        return 4;
    if (account() != NULL && (strcmp(status_line("Uid:"), "65534\t65534\t65534\t65534") != 0 ||
                              strcmp(status_line("Gid:"), "65534\t65534\t65534\t65534") != 0 ||
                              strcmp(status_line("Groups:"), "") != 0))
        return 5;
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur != 64 || files.rlim_max != 64)
        return 6;
    if (!is_zero("CapEff:") || setuid(0) == 0)
        return 7;
    return 0;
}

#ifndef PENSTOCK_SANITIZED /* whose allocator keeps memory of its own */
Test(privs, memory_has_a_bound)
{
    cr_expect_eq(in_child(drop_and_allocate), 0);
}
#endif

Test(privs, after_the_drop_nothing_is_left)
{
    cr_assert_eq(in_child(drop_and_look), 0);
}

/* The kernel sees to it when an account changes, and at no other time. */
static int
drop_what_can_be_dumped(void)
{
    const char *what;
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
        return 1;
    if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
        return 2;
    return privs_drop(NULL, &limits, &what) == STATUS_OK ? 0 : 3;
}

Test(privs, memory_cannot_be_dumped_without_a_change_of_account_either)
{
    cr_assert_eq(in_child(drop_what_can_be_dumped), 0);
}

static int
drop_twice(void)
{
    const char *what;
    if (privs_drop(account(), &limits, &what) != STATUS_OK)
        return 1;
    return privs_drop(NULL, &limits, &what) == STATUS_OK ? 0 : 2;
}

Test(privs, a_child_of_a_dropped_process_drops_again)
{
    cr_assert_eq(in_child(drop_twice), 0);
}

static int
drop_and_fork(void)
{
    const char *what;
    if (privs_drop(account(), &limits, &what) != STATUS_OK)
        return 1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid < 0 && errno == EAGAIN ? 0 : 2;
}

Test(privs, a_child_without_processes_cannot_fork)
{
    cr_assert_eq(in_child(drop_and_fork), 0);
}

static int
drop_as_root(void)
{
    const char *what = NULL;
    if (geteuid() != 0)
        return 0;
    if (privs_drop(NULL, &limits, &what) != STATUS_SYSTEM || what == NULL)
        return 1;
    return 0;
}

static int
become_root(void)
{
    static const struct privs_account root;
    const char *what = NULL;
    return privs_drop(&root, &limits, &what) == STATUS_SYSTEM && what != NULL ? 0 : 1;
}

Test(privs, root_is_not_what_one_can_end_as)
{
    cr_assert_eq(in_child(drop_as_root), 0);
    cr_assert_eq(in_child(become_root), 0);
}

static int
raise_limits(void)
{
    const char *what = NULL;
    struct rlimit low = {.rlim_cur = 16, .rlim_max = 16};
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
        return 1;
    if (setrlimit(RLIMIT_NOFILE, &low) != 0)
        return 2;
    return privs_drop(NULL, &limits, &what) == STATUS_SYSTEM && what != NULL ? 0 : 3;
}

Test(privs, a_limit_that_cannot_be_had_is_a_failure)
{
    cr_assert_eq(in_child(raise_limits), 0);
}

static int
keep_bind(void)
{
    const char *what;
    if (geteuid() != 0)
        return privs_keep_bind_only() == STATUS_OK ? 0 : 1;
    if (privs_keep_bind_only() != STATUS_OK)
        return 2;
    if (strcmp(status_line("CapEff:"), "0000000000000400") != 0 || !is_zero("CapAmb:") ||
        !is_zero("CapInh:"))
        return 3;
    if (setgroups(0, NULL) == 0) /* permitted for later, not effective now */
        return 4;
    if (privs_drop(&nobody, &limits, &what) != STATUS_OK)
        return 5;
    return is_zero("CapPrm:") && is_zero("CapBnd:") ? 0 : 6;
}

Test(privs, the_one_capability_is_kept_and_then_dropped_with_the_rest)
{
    cr_assert_eq(in_child(keep_bind), 0);
}

Test(privs, accounts_are_found_by_name)
{
    struct privs_account found = {.uid = 1, .gid = 1};
    cr_assert_eq(privs_find_account("root", &found), STATUS_OK);
    cr_assert_eq(found.uid, 0);
    cr_assert_eq(privs_find_account("no-such-account", &found), STATUS_NONE);
    cr_assert_eq(privs_find_account("", &found), STATUS_NONE);
}
