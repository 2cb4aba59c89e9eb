/* spawn.c - the executables of the children, and how a process is made from one
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/spawn.h"

#include "os/calls.h"
#include "os/chan.h"
#include "supervisor/inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define EXEC_FD     (CHAN_FD + 1) /* in a child, until exec */
#define EXEC_DENIED 126           /* exit status of a child that exec refused with EPERM */
#define EXEC_FAILED 127           /* of one that could not be executed for another reason */

/* How to give the capability: a file with the effective bit cannot be executed where the bounding
 * set does not hold it (capabilities(7), "capability-dumb"), and ours is empty after the jail. */
#define SETCAP_HINT "setcap cap_net_bind_service=p penstock-front"

_Static_assert(CHAN_FD == INHERITED_NULL_FD, "a child's channel replaces our /dev/null");

static const char *const role_names[] = {"penstock-front", "penstock-worker"};
static const char *const role_folders[] = {"front", "worker"};

/* "/usr/sbin/penstock" → "/usr/sbin"; "" if the kernel does not say */
static void
find_own_folder(char *folder, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", folder, size - 1);
    folder[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        *slash = '\0';
}

static int
open_executable(const char *path)
{
    struct stat info;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd >= 0 && (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* Both or none: a front of one version does not speak with a worker of another. */
static enum status
open_pair(const char *folder, bool one_folder_each, int exec_fds[CHILD_ROLES])
{
    char path[CONFIG_PATH_MAX + 64];
    for (int role = 0; role < CHILD_ROLES; role++) {
        if (one_folder_each)
            snprintf(path, sizeof path, "%s/../%s/%s", folder, role_folders[role],
                     role_names[role]);
        else
            snprintf(path, sizeof path, "%s/%s", folder, role_names[role]);
        exec_fds[role] = open_executable(path);
    }
    if (exec_fds[CHILD_FRONT] >= 0 && exec_fds[CHILD_WORKER] >= 0)
        return STATUS_OK;
    for (int role = 0; role < CHILD_ROLES; role++) {
        if (exec_fds[role] >= 0)
            close(exec_fds[role]);
        exec_fds[role] = -1;
    }
    return STATUS_NONE;
}

/* Is there a file capability that is effective by itself, as setcap's "=ep" makes it? */
static bool
is_effective_by_file(int exec_fd)
{
    char path[32];
    uint8_t value[32]; /* struct vfs_ns_cap_data: little-endian flags first */
    snprintf(path, sizeof path, "/proc/self/fd/%d", exec_fd); /* O_PATH knows no attributes */
    ssize_t size = getxattr(path, "security.capability", value, sizeof value);
    return size >= 4 && (value[0] & VFS_CAP_FLAGS_EFFECTIVE) != 0;
}

enum status
spawn_check_root(const int exec_fds[CHILD_ROLES], struct config_error *error)
{
    if (geteuid() != 0 || !is_effective_by_file(exec_fds[CHILD_FRONT]))
        return STATUS_OK;
    snprintf(error->text, sizeof error->text,
             "started as root, and penstock-front has a file capability that is effective by "
             "itself: a front that dies could not be started again; remove it with setcap -r, or "
             "give it as " SETCAP_HINT);
    return STATUS_INVALID;
}

/* Only there each executable has a folder of its own. Beside PREFIX/bin nobody is looked for: who
 * may write a folder PREFIX/front need not be who may write the executables. */
static bool
is_build_folder(const char *folder)
{
    static const char end[] = "/src/supervisor";
    size_t size = strlen(folder);
    return size >= sizeof end - 1 && strcmp(folder + size - (sizeof end - 1), end) == 0;
}

enum status
spawn_open(int exec_fds[CHILD_ROLES], struct config_error *error)
{
    char folder[CONFIG_PATH_MAX];
    find_own_folder(folder, sizeof folder);
    if (folder[0] == '/' && open_pair(folder, false, exec_fds) == STATUS_OK)
        return STATUS_OK;
    if (is_build_folder(folder) && open_pair(folder, true, exec_fds) == STATUS_OK)
        return STATUS_OK;
    if (open_pair(PENSTOCK_LIBEXEC_DIR, false, exec_fds) == STATUS_OK)
        return STATUS_OK;
    snprintf(error->text, sizeof error->text,
             "penstock-front and penstock-worker are neither in %s nor in %.200s",
             PENSTOCK_LIBEXEC_DIR, folder);
    return STATUS_NONE;
}

/* Builds with sanitizers need their options; nothing else of our environment is a child's business.
 */
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
    if (exec_fd != EXEC_FD && dup3(exec_fd, EXEC_FD, O_CLOEXEC) < 0)
        return false;
    return calls_close_range(EXEC_FD + 1, ~0U) == 0;
}

/* After the fork: only calls that a signal handler may make too. */
static _Noreturn void
become(enum child_role role, int exec_fd, int chan_fd)
{
    char *argv[] = {(char *)(uintptr_t)role_names[role], NULL};
    sigset_t none;
    sigemptyset(&none);
    if (arrange_descriptors(exec_fd, chan_fd) && signal(SIGPIPE, SIG_DFL) != SIG_ERR &&
        sigprocmask(SIG_SETMASK, &none, NULL) == 0)
        calls_exec(EXEC_FD, argv, child_environment());
    _exit(errno == EPERM ? EXEC_DENIED : EXEC_FAILED);
}

/*
 * fork(), and a descriptor for the child. A number would let whoever takes this process over signal
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
spawn_child(enum child_role role, int exec_fd, int chan_fd, pid_t *pid, int *pid_fd)
{
    *pid = fork_with_descriptor(pid_fd);
    if (*pid == 0)
        become(role, exec_fd, chan_fd);
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

const char *
spawn_ending(int wait_status, char text[SPAWN_ENDING_MAX])
{
    size_t size = SPAWN_ENDING_MAX;
    if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGSYS)
        snprintf(text, size, "was killed by its syscall filter (SIGSYS)");
    else if (WIFSIGNALED(wait_status))
        snprintf(text, size, "was killed by signal %d (%s)", WTERMSIG(wait_status),
                 strsignal(WTERMSIG(wait_status)));
    else if (WEXITSTATUS(wait_status) == EXEC_DENIED)
        snprintf(text, size, "could not be executed: operation not permitted (%s)", SETCAP_HINT);
    else if (WEXITSTATUS(wait_status) == EXEC_FAILED)
        snprintf(text, size, "could not be executed (status %d)", EXEC_FAILED);
    else
        snprintf(text, size, "ended with status %d", WEXITSTATUS(wait_status));
    return text;
}
