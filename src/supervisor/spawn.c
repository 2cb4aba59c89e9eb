/* spawn.c - how a process is made, killed and waited for
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/spawn.h"

#include "os/calls.h"
#include "os/chan.h"
#include "os/memory.h"
#include "supervisor/ending.h"
#include "supervisor/executables.h"
#include "supervisor/inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXEC_FD (MEMORY_STATM_FD + 1) /* in a child, until exec */

_Static_assert(CHAN_FD == INHERITED_NULL_FD, "a child's channel replaces our /dev/null");
_Static_assert(MEMORY_STATM_FD == CHAN_FD + 1 && EXEC_FD < SPACES_FD_LEAST,
               "what a child gets takes the place of no namespace");

/* Builds with sanitizers need their options; a child gets nothing else of our environment. */
static char *const *
child_environment(void)
{
    static char *kept[4];
    size_t count = 0;
#ifdef PENSTOCK_SANITIZED
    static const char *const names[] = {"ASAN_OPTIONS=", "UBSAN_OPTIONS=", "LSAN_OPTIONS="};
    for (char **entry = environ; *entry != NULL; entry++)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            if (count < 3 && strncmp(*entry, names[i], strlen(names[i])) == 0)
                kept[count++] = *entry;
#endif
    kept[count] = NULL;
    return kept;
}

static bool
arrange_descriptors(int exec_fd, int chan_fd)
{
    if (dup2(INHERITED_NULL_FD, STDIN_FILENO) < 0 || dup2(INHERITED_NULL_FD, STDOUT_FILENO) < 0)
        return false;
#ifndef PENSTOCK_SANITIZED
    if (dup2(INHERITED_NULL_FD, STDERR_FILENO) < 0)
        return false;
#endif
    if (dup2(chan_fd, CHAN_FD) < 0)
        return false;
    return exec_fd == EXEC_FD || dup3(exec_fd, EXEC_FD, O_CLOEXEC) >= 0;
}

/* Where no file will be, the one that a child reads about itself is open before (os/memory.c). */
static bool
open_statm(const struct spaces *spaces)
{
    (void)close(MEMORY_STATM_FD);
    return spaces == NULL || (spaces->made >> SPACES_VIEW & 1) == 0 ||
           open("/proc/self/statm", O_RDONLY) == MEMORY_STATM_FD;
}

/* After the fork: only calls that a signal handler may make too. */
static _Noreturn void
become(enum child_role role, int exec_fd, int chan_fd, const struct spaces *spaces)
{
    char *argv[] = {(char *)(uintptr_t)executables_names[role], NULL};
    sigset_t none;
    sigemptyset(&none);
    bool arranged = arrange_descriptors(exec_fd, chan_fd) && open_statm(spaces);
    if (arranged && spaces != NULL && spaces_enter(spaces) != STATUS_OK)
        _exit(ENDING_SPACES);
    if (arranged && calls_close_range(EXEC_FD + 1, ~0U) == 0 &&
        signal(SIGPIPE, SIG_DFL) != SIG_ERR && signal(SIGXFSZ, SIG_DFL) != SIG_ERR &&
        sigprocmask(SIG_SETMASK, &none, NULL) == 0)
        calls_exec(EXEC_FD, argv, child_environment());
    _exit(errno == EPERM ? ENDING_EXEC_DENIED : ENDING_EXEC_FAILED);
}

/*
 * fork(), and a descriptor for the child. A number would let a supervisor that was taken over signal
 * every process of the account; through the descriptor it can reach its own children only. The
 * filter knows this very call (SANDBOX_FORK), so the C library's fork() cannot be used.
 */
static pid_t
fork_with_descriptor(int *pid_fd)
{
    *pid_fd = -1;
    return (pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, pid_fd, NULL, NULL);
}

enum status
spawn_child(enum child_role role, int exec_fd, int chan_fd, const struct spaces *spaces, pid_t *pid,
            int *pid_fd)
{
    *pid = fork_with_descriptor(pid_fd);
    if (*pid == 0)
        become(role, exec_fd, chan_fd, spaces);
    if (*pid > 0)
        return STATUS_OK;
    *pid = 0;
    *pid_fd = -1;
    return STATUS_SYSTEM;
}

bool
spawn_kill(int pid_fd)
{
    return syscall(SYS_pidfd_send_signal, pid_fd, SIGKILL, NULL, 0) == 0;
}

bool
spawn_reap(pid_t pid, bool waits, int *wait_status)
{
    pid_t reaped;
    do
        reaped = waitpid(pid, wait_status, waits ? 0 : WNOHANG);
    while (reaped < 0 && errno == EINTR);
    return reaped == pid;
}
