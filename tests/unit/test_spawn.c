/* test_spawn.c - how a process is made, killed and waited for
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/spawn.h"

#include "os/chan.h"
#include "supervisor/ending.h"
#include "supervisor/inherited.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t pid;
static int pid_fd;

/* As inherited_open() leaves it: /dev/null where a child's channel goes. */
static void
open_null(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    if (fd == INHERITED_NULL_FD)
        return;
    int moved = fcntl(INHERITED_NULL_FD, F_DUPFD_CLOEXEC, 100); /* the test's own, if it has one */
    (void)moved;
    cr_assert_eq(dup3(fd, INHERITED_NULL_FD, O_CLOEXEC), INHERITED_NULL_FD);
}

static enum status
spawn(const char *path, int chan_fd)
{
    int exec_fd = open(path, O_PATH | O_CLOEXEC);
    cr_assert_geq(exec_fd, 0, "%s", path);
    return spawn_child(CHILD_WORKER, exec_fd, chan_fd, NULL, &pid, &pid_fd);
}

static int
outcome(const char *path)
{
    int pair[2], status = -1;
    cr_assert_eq(chan_pair(pair), STATUS_OK);
    cr_assert_eq(spawn(path, pair[1]), STATUS_OK);
    cr_assert(spawn_reap(pid, true, &status));
    close(pair[0]);
    close(pair[1]);
    return status;
}

/* The test's report has a descriptor that may be the one in question: all happens in a child. */
static void
in_a_child(void (*what)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        open_null();
        what();
        _exit(0);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
}

#define CHECK(condition)                                                                           \
    do                                                                                             \
        if (!(condition))                                                                          \
            _exit(__LINE__ % 200 + 1);                                                             \
    while (0)

static void
run_and_fail(void)
{
    CHECK(outcome("/bin/true") == 0);
    CHECK(outcome("/bin/false") == 1 << 8);
    CHECK(outcome("/") == ENDING_EXEC_FAILED << 8);
}

Test(spawn, an_executable_runs_and_what_is_none_says_so_by_its_status)
{
    in_a_child(run_and_fail);
}

static void
kill_one(void)
{
    int pair[2], status = 0;
    CHECK(chan_pair(pair) == STATUS_OK);
    CHECK(spawn("/usr/bin/yes", pair[1]) == STATUS_OK);
    CHECK(pid_fd >= 0);
    CHECK(!spawn_reap(pid, false, &status));
    CHECK(spawn_kill(pid_fd));
    CHECK(spawn_reap(pid, true, &status));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    CHECK(!spawn_kill(pid_fd));
    CHECK(!spawn_reap(pid, false, &status));
}

Test(spawn, a_process_is_killed_by_its_descriptor)
{
    in_a_child(kill_one);
}

static void
look_inside(void)
{
    int pair[2], status;
    char text[64];
    CHECK(chan_pair(pair) == STATUS_OK);
    CHECK(spawn("/bin/cat", pair[1]) == STATUS_OK); /* reads /dev/null */
    close(pair[1]);
    CHECK(spawn_reap(pid, true, &status));
    CHECK(status == 0);
    CHECK(read(pair[0], text, sizeof text) == 0); /* nobody has the other end any more */
}

Test(spawn, a_child_reads_nothing_and_keeps_nothing_open)
{
    in_a_child(look_inside);
}
