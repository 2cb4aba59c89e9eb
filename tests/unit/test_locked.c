/* test_locked.c - each in a process of its own
 * SPDX-License-Identifier: ISC
 */
#include "os/locked.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096U

static int
run(int (*what)(void))
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(what());
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return status;
}

/* Of /proc/self/status, in KiB. */
static long
locked_kib(void)
{
    static char text[4096];
    FILE *file = fopen("/proc/self/status", "re");
    size_t size = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file != NULL)
        fclose(file);
    text[size] = '\0';
    const char *at = strstr(text, "VmLck:");
    return at != NULL ? strtol(at + 6, NULL, 10) : -1;
}

static void
be_nobody(rlim_t limit)
{
    struct rlimit few = {.rlim_cur = limit, .rlim_max = limit};
    if (setrlimit(RLIMIT_MEMLOCK, &few) != 0 ||
        (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0))
        _exit(9);
}

static int
lock_a_part(void)
{
    char *at = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    be_nobody(64 * PAGE);
    if (locked_part(at + 5, PAGE) != STATUS_OK)
        return 1;
    return locked_kib() == 2 * PAGE / 1024 ? 0 : 2; /* the pages in which it lies */
}

static int
lock_too_much(void)
{
    char text[LOCKED_TEXT_MAX];
    void *at = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    be_nobody(16 * PAGE);
    if (locked_part(at, 64 * PAGE) != STATUS_SYSTEM || locked_kib() != 0)
        return 1;
    return strcmp(locked_why(errno, text), "the limit of locked memory is 64 KiB") == 0 ? 0 : 2;
}

static int
lock_data(void)
{
    be_nobody(8U << 20);
    return locked_data(256U << 10) == STATUS_OK && locked_kib() > 0 ? 0 : 1;
}

static int
lock_data_without_a_right(void)
{
    be_nobody(0);
    return locked_data(PAGE) == STATUS_SYSTEM && errno == EPERM ? 0 : 1;
}

Test(locked, whole_pages_are_locked)
{
    cr_assert_eq(run(lock_a_part), 0);
}

Test(locked, what_is_beyond_the_limit_is_not_and_it_says_why)
{
    cr_assert_eq(run(lock_too_much), 0);
}

Test(locked, variables_and_heap_are_locked)
{
    cr_assert_eq(run(lock_data), 0);
}

Test(locked, without_the_right_nothing_is)
{
    cr_assert_eq(run(lock_data_without_a_right), 0);
}
