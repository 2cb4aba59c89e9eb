/* attest_service.c - the processes of a service, as the kernel sees them
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_service.h"

#include "attest/attest_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define CHILDREN_MOST 128

/* --- who serves ------------------------------------------------------------------------------ */

/* The number of the socket that listens at a path: "Num RefCount Protocol Flags Type St Inode Path". */
static unsigned long long
listening_inode(const char *path)
{
    struct attest_proc self;
    unsigned long long inode = 0;
    if (attest_proc_open(&self, getpid()) != STATUS_OK)
        return 0;
    char *table = attest_proc_read(&self, "net/unix", NULL), *rest = table;
    for (char *line = table == NULL ? NULL : strsep(&rest, "\n"); line != NULL;
         line = strsep(&rest, "\n")) {
        unsigned long flags;
        unsigned long long found;
        int name = 0;
        if (sscanf(line, "%*s %*s %*s %lx %*s %*s %llu %n", &flags, &found, &name) == 2 &&
            name != 0 && (flags & 0x10000) != 0 &&
            strcmp(line + name, path) == 0) /* SO_ACCEPTCON */
            inode = found;
    }
    free(table);
    attest_proc_close(&self);
    return inode;
}

static bool
holds(pid_t pid, const char *socket)
{
    struct attest_proc proc;
    char target[64];
    bool found = false;
    if (attest_proc_open(&proc, pid) != STATUS_OK)
        return false;
    int folder = openat(proc.folder, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = folder < 0 ? NULL : fdopendir(folder);
    for (const struct dirent *entry;
         entries != NULL && (entry = readdir(entries)) != NULL && !found;) {
        ssize_t size = readlinkat(folder, entry->d_name, target, sizeof target - 1);
        target[size < 0 ? 0 : size] = '\0';
        found = size > 0 && strcmp(target, socket) == 0;
    }
    if (entries != NULL)
        closedir(entries);
    attest_proc_close(&proc);
    return found;
}

/* Each process that is there, for which `is_wanted` holds. @return how many were written */
static size_t
collect(bool (*is_wanted)(pid_t pid, const void *what), const void *what, pid_t found[],
        size_t most)
{
    DIR *all = opendir("/proc");
    size_t count = 0;
    for (const struct dirent *entry;
         all != NULL && (entry = readdir(all)) != NULL && count < most;) {
        pid_t pid = (pid_t)atol(entry->d_name);
        if (pid > 0 && is_wanted(pid, what))
            found[count++] = pid;
    }
    if (all != NULL)
        closedir(all);
    return count;
}

static bool
holds_socket(pid_t pid, const void *what)
{
    return holds(pid, what);
}

pid_t
attest_service_find(const char *path, int socket)
{
    struct ucred who;
    socklen_t size = sizeof who;
    char wanted[64];
    pid_t found = 0;
    unsigned long long inode = listening_inode(path);
    snprintf(wanted, sizeof wanted, "socket:[%llu]", inode);
    if (inode != 0 && collect(holds_socket, wanted, &found, 1) == 1)
        return found;
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 ? who.pid : 0;
}

/* --- what they are --------------------------------------------------------------------------- */

static bool
is_child(pid_t pid, const void *what)
{
    const pid_t *parent = what;
    struct attest_proc proc;
    uint64_t number = 0;
    if (attest_proc_open(&proc, pid) != STATUS_OK)
        return false;
    char *status = attest_proc_read(&proc, "status", NULL);
    bool is_one = status != NULL && attest_proc_numbers(status, "PPid", 10, &number, 1) == 1 &&
                  number == (uint64_t)*parent;
    /* one that has ended and was not waited for yet */
    const char *state = is_one ? attest_proc_field(status, "State") : NULL;
    is_one = state != NULL && *state != 'Z' && *state != 'X';
    free(status);
    attest_proc_close(&proc);
    return is_one;
}

static int
by_number(const void *a, const void *b)
{
    const pid_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int
landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : (int)version;
}

static json_t *
kernel(int landlock)
{
    struct utsname name;
    if (uname(&name) != 0)
        return json_null();
    return json_pack("{s:s, s:s, s:i}", "release", name.release, "machine", name.machine,
                     "landlock_version", landlock);
}

static void
add(json_t *processes, const struct attest_proc *supervisor, pid_t pid, int landlock,
    unsigned counts[ATTEST_ROLES + 1])
{
    struct attest_proc proc;
    char name[32];
    if (attest_proc_open(&proc, pid) != STATUS_OK)
        return;
    enum attest_role role = pid == supervisor->pid ? ATTEST_SUPERVISOR : attest_process_role(&proc);
    if (role == ATTEST_SUPERVISOR && pid != supervisor->pid)
        role = ATTEST_ROLES; /* it starts no other of its kind */
    json_t *process = attest_process_read(&proc, supervisor, role, landlock);
    if (role == ATTEST_SUPERVISOR)
        snprintf(name, sizeof name, "%s", attest_role_name(role));
    else
        snprintf(name, sizeof name, "%s-%u", attest_role_name(role), counts[role]);
    if (process != NULL) {
        json_object_set_new(processes, name, process);
        counts[role]++;
    }
    attest_proc_close(&proc);
}

json_t *
attest_service_read(pid_t supervisor)
{
    struct attest_proc proc;
    pid_t children[CHILDREN_MOST];
    unsigned counts[ATTEST_ROLES + 1] = {0};
    int landlock = landlock_version();
    if (attest_proc_open(&proc, supervisor) != STATUS_OK)
        return NULL;
    json_t *processes = json_object();
    add(processes, &proc, supervisor, landlock, counts);
    size_t count = collect(is_child, &supervisor, children, CHILDREN_MOST);
    qsort(children, count, sizeof children[0], by_number);
    for (size_t i = 0; i < count; i++)
        add(processes, &proc, children[i], landlock, counts);
    attest_proc_close(&proc);
    return json_pack("{s:o, s:o}", "kernel", kernel(landlock), "processes", processes);
}
