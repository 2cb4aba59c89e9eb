/* attest_service.c - the processes of a service, as the kernel sees them
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_service.h"

#include "attest/attest_family.h"
#include "attest/attest_process.h"
#include "os/landlock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define HOLDERS_MOST    8
#define DIAG_ANSWER_MAX 512 /* octets: one attribute is asked for */

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* headers before Linux 6.5 */
#endif

/* --- who serves ------------------------------------------------------------------------------ */

/*
 * The number of the socket at the other end of ours, from the kernel's sock_diag(7). Texts like
 * /proc/net/unix hold names that any account may choose.
 * @return 0: the kernel does not tell
 */
static uint32_t
inode_of_peer(int socket_fd)
{
    struct stat own;
    struct {
        struct nlmsghdr head;
        struct unix_diag_req body;
    } request = {.head = {.nlmsg_len = sizeof request,
                          .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                          .nlmsg_flags = NLM_F_REQUEST},
                 .body = {.sdiag_family = AF_UNIX,
                          .udiag_states = UINT32_MAX,
                          .udiag_show = UDIAG_SHOW_PEER,
                          .udiag_cookie = {UINT32_MAX, UINT32_MAX}}};
    union {
        struct nlmsghdr head;
        uint8_t bytes[DIAG_ANSWER_MAX];
    } answer;
    uint32_t inode = 0;
    if (fstat(socket_fd, &own) != 0)
        return 0;
    request.body.udiag_ino = (uint32_t)own.st_ino;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd < 0)
        return 0;
    ssize_t size = -1;
    if (send(fd, &request, sizeof request, 0) == (ssize_t)sizeof request)
        size = recv(fd, &answer, sizeof answer, 0); /* written before send() returns */
    close(fd);
    if (size < (ssize_t)NLMSG_SPACE(sizeof(struct unix_diag_msg)) ||
        answer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return 0;
    const struct unix_diag_msg *told = NLMSG_DATA(&answer.head);
    size_t left = (size_t)size - NLMSG_SPACE(sizeof *told);
    const struct rtattr *at = (const void *)((const uint8_t *)told + NLMSG_ALIGN(sizeof *told));
    for (; RTA_OK(at, left); at = RTA_NEXT(at, left))
        if (at->rta_type == UNIX_DIAG_PEER && RTA_PAYLOAD(at) == sizeof inode)
            memcpy(&inode, RTA_DATA(at), sizeof inode);
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
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
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

static pid_t
parent_of(pid_t pid)
{
    struct attest_proc proc;
    uint64_t number = 0;
    if (attest_proc_open(&proc, pid) != STATUS_OK)
        return 0;
    char *status = attest_proc_read(&proc, "status", NULL);
    if (status == NULL || attest_proc_numbers(status, "PPid", 10, &number, 1) != 1)
        number = 0;
    free(status);
    attest_proc_close(&proc);
    return (pid_t)number;
}

/* A child that is being started has its parent's descriptors until it executes what it is. */
static pid_t
oldest(const pid_t holders[], size_t count)
{
    pid_t found = 0;
    for (size_t i = 0; i < count; i++) {
        pid_t parent = parent_of(holders[i]);
        bool is_child = false;
        for (size_t j = 0; j < count; j++)
            is_child = is_child || holders[j] == parent;
        if (is_child)
            continue;
        if (found != 0)
            return 0; /* two that are not related: neither is believed */
        found = holders[i];
    }
    return found;
}

/* Who called listen(), as far as it is there still: after a take-over it is another that serves, and
 * its number may be a stranger's. Root asks for proof of that (Linux 6.5). */
static pid_t
listener(int socket_fd)
{
    struct ucred who;
    socklen_t size = sizeof who;
    int pidfd = -1;
    if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0)
        return 0;
    size = sizeof pidfd;
    if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) != 0 || pidfd < 0)
        return geteuid() == 0 ? 0 : who.pid;
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};
    bool is_there = poll(&ended, 1, 0) == 0;
    close(pidfd);
    return is_there ? who.pid : 0;
}

pid_t
attest_service_find(int socket_fd)
{
    char wanted[64];
    pid_t holders[HOLDERS_MOST];
    uint32_t inode = inode_of_peer(socket_fd);
    snprintf(wanted, sizeof wanted, "socket:[%" PRIu32 "]", inode);
    size_t count = inode == 0 ? 0 : collect(holds_socket, wanted, holders, HOLDERS_MOST);
    return count > 0 ? oldest(holders, count) : listener(socket_fd);
}

/* --- what they are --------------------------------------------------------------------------- */

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
add(json_t *processes, const struct attest_proc *supervisor, const struct attest_family_member *of,
    int landlock, unsigned counts[ATTEST_ROLES + 1])
{
    struct attest_proc proc;
    char name[32];
    if (attest_proc_open(&proc, of->pid) != STATUS_OK)
        return;
    enum attest_role role =
        of->kin == ATTEST_FAMILY_ITSELF ? ATTEST_SUPERVISOR : attest_process_role(&proc);
    /* it starts no other of its kind, and nobody else starts any */
    if (of->kin > ATTEST_FAMILY_CHILD ||
        (role == ATTEST_SUPERVISOR && of->kin != ATTEST_FAMILY_ITSELF))
        role = ATTEST_ROLES;
    json_t *process = attest_process_read(&proc, supervisor, role, landlock);
    if (role == ATTEST_SUPERVISOR)
        snprintf(name, sizeof name, "%s", attest_role_name(role));
    else
        snprintf(name, sizeof name, "%s-%u", attest_role_name(role), counts[role]);
    if (process != NULL) {
        json_object_set_new(process, "belongs_as", json_string(attest_family_name(of->kin)));
        json_object_set_new(processes, name, process);
        counts[role]++;
    }
    attest_proc_close(&proc);
}

json_t *
attest_service_read(pid_t supervisor)
{
    static struct attest_family family;
    struct attest_proc proc;
    unsigned counts[ATTEST_ROLES + 1] = {0};
    long version = landlock_version();
    int landlock = version < 0 ? 0 : (int)version;
    if (attest_proc_open(&proc, supervisor) != STATUS_OK)
        return NULL;
    attest_family_find(supervisor, &family);
    json_t *processes = json_object();
    json_t *not_read = json_object();
    if (family.is_cut)
        json_object_set_new(not_read, "processes: the rest",
                            json_string("more processes belong to it than are read"));
    for (size_t i = 0; i < family.count; i++)
        add(processes, &proc, &family.of[i], landlock, counts);
    attest_proc_close(&proc);
    return json_pack("{s:o, s:o, s:o}", "kernel", kernel(landlock), "processes", processes,
                     "not_read", not_read);
}
