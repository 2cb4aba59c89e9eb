/* attest_descriptors.c - the open descriptors of a process, by their kinds
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#define ANY          UINT64_MAX
#define KIND_MAX     64
#define ANONYMOUS    "anon_inode:"
#define LOCAL_STREAM "local stream"

static const struct row {
    const char *kind;
    uint64_t most, each_lane;
    enum attest_role role;
    bool varies;
} rows[] = {
#define DESCRIPTORS(role_, kind_, most_, each_lane_, varies_, reason_)                             \
    {.role = ATTEST_##role_,                                                                       \
     .kind = kind_,                                                                                \
     .most = most_,                                                                                \
     .each_lane = each_lane_,                                                                      \
     .varies = varies_},
#include "attest/attest_descriptors.def"
};

static const struct row *
find(enum attest_role role, const char *kind)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].role == role && strcmp(rows[i].kind, kind) == 0)
            return &rows[i];
    return NULL;
}

uint64_t
attest_descriptors_most(enum attest_role role, const char *kind, unsigned lanes)
{
    const struct row *row = find(role, kind);
    if (row == NULL)
        return 0;
    return row->most == ANY ? ANY : row->most + row->each_lane * lanes;
}

bool
attest_descriptors_vary(enum attest_role role, const char *kind)
{
    const struct row *row = find(role, kind);
    return row != NULL && row->varies;
}

static int
option(int fd, int name)
{
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

/* A socket with a name of its own was listened on, or came from one that is; a channel is half of a pair. */
static const char *
kind_of_local(int fd)
{
    struct sockaddr_un own, other;
    socklen_t own_size = sizeof own, other_size = sizeof other;
    bool is_named = getsockname(fd, (struct sockaddr *)&own, &own_size) == 0 &&
                    own_size > offsetof(struct sockaddr_un, sun_path);
    bool has_peer = getpeername(fd, (struct sockaddr *)&other, &other_size) == 0;
    int type = option(fd, SO_TYPE);
    if (type == SOCK_DGRAM)
        return "notify";
    if (type != SOCK_SEQPACKET)
        return LOCAL_STREAM;
    if (option(fd, SO_ACCEPTCONN) == 1)
        return "control listening";
    return is_named ? "control client" : has_peer ? "channel" : "local socket";
}

static void
name_socket(int fd, char kind[KIND_MAX])
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    int family = option(fd, SO_DOMAIN), protocol = option(fd, SO_PROTOCOL);
    bool is_internet = family == AF_INET || family == AF_INET6;
    bool has_peer = getpeername(fd, (struct sockaddr *)&peer, &size) == 0;
    if (family == AF_UNIX)
        snprintf(kind, KIND_MAX, "%s", kind_of_local(fd));
    else if (is_internet && protocol == IPPROTO_TCP)
        snprintf(kind, KIND_MAX, "tcp %s",
                 option(fd, SO_ACCEPTCONN) == 1 ? "listening" : "connected");
    else if (is_internet && protocol == IPPROTO_UDP)
        snprintf(kind, KIND_MAX, "udp %s", has_peer ? "connected" : "listening");
    else
        snprintf(kind, KIND_MAX, "socket of family %d, protocol %d", family, protocol);
}

/* Of the first three only a stream of this machine, which a service manager hands out, is as it should be. */
static void
name_standard_socket(int number, char kind[KIND_MAX])
{
    char what[32];
    snprintf(what, sizeof what, "%.30s", kind);
    if (number != STDIN_FILENO && strcmp(what, LOCAL_STREAM) == 0)
        snprintf(kind, KIND_MAX, "output");
    else
        snprintf(kind, KIND_MAX, "%.30s as descriptor %d", what, number);
}

static void
ask_socket(int pidfd, int number, char kind[KIND_MAX])
{
    int fd = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
    if (fd < 0) {
        snprintf(kind, KIND_MAX, "socket of a kind that was not readable");
        return;
    }
    name_socket(fd, kind);
    close(fd);
    if (number <= STDERR_FILENO)
        name_standard_socket(number, kind);
}

static bool
is_null(const struct stat *status)
{
    return S_ISCHR(status->st_mode) && status->st_rdev == makedev(1, 3);
}

/* Where standard output and error go is what the start gave: a pipe, a terminal, or a file that
 * cannot be read through it. */
static bool
is_output(const struct stat *status, int number, bool is_readable)
{
    bool can_be = S_ISFIFO(status->st_mode) || S_ISCHR(status->st_mode) ||
                  (S_ISREG(status->st_mode) && !is_readable);
    return can_be && (number == STDOUT_FILENO || number == STDERR_FILENO);
}

/* Can it be written to, and at its end alone? */
static bool
is_added_to(const struct attest_proc *proc, int number)
{
    char name[32];
    snprintf(name, sizeof name, "fdinfo/%d", number);
    char *text = attest_proc_read(proc, name, NULL);
    const char *at = text == NULL ? NULL : strstr(text, "flags:");
    long flags = at == NULL ? 0 : strtol(at + sizeof "flags:" - 1, NULL, 8);
    free(text);
    return (flags & O_APPEND) != 0 && (flags & O_ACCMODE) == O_WRONLY;
}

/* What has a path, or looks as if it had. @param mode  of the link in /proc: how it was opened */
static void
name_file(const struct attest_proc *proc, const struct stat *status, int number, mode_t mode,
          const char *target, char kind[KIND_MAX])
{
    char name[64];
    const char *base = strrchr(target, '/');
    snprintf(name, sizeof name, "%.63s", base == NULL ? target : base + 1);
    name[strcspn(name, " ")] = '\0'; /* " (deleted)": an upgrade took its path */
    enum attest_role runs = attest_role_of(name);
    if (is_null(status))
        snprintf(kind, KIND_MAX, "null");
    else if (strncmp(target, "/memfd:", 7) == 0)
        snprintf(kind, KIND_MAX, "memory");
    else if (S_ISREG(status->st_mode) && target[0] != '/' &&
             strstr(target, ":[") != NULL) /* user:[4026531837] */
        snprintf(kind, KIND_MAX, "namespace");
    else if (S_ISREG(status->st_mode) && (runs == ATTEST_FRONT || runs == ATTEST_WORKER))
        snprintf(kind, KIND_MAX, "executable");
    else if (is_output(status, number, (mode & S_IRUSR) != 0))
        snprintf(kind, KIND_MAX, "output");
    else if (S_ISDIR(status->st_mode) && (mode & S_IRWXU) == 0)
        snprintf(kind, KIND_MAX, "folder by name");
    else if (S_ISREG(status->st_mode) && is_added_to(proc, number))
        snprintf(kind, KIND_MAX, "file to add to");
    else
        snprintf(kind, KIND_MAX, "%s",
                 S_ISREG(status->st_mode)    ? "file"
                 : S_ISDIR(status->st_mode)  ? "folder"
                 : S_ISFIFO(status->st_mode) ? "pipe"
                                             : "device");
}

/* anon_inode:[eventfd], and of newer kernels pidfd:[1234] */
static bool
name_anonymous(const char *target, char kind[KIND_MAX])
{
    static const char *const known[][2] = {
        {"eventpoll", "epoll"}, {"eventfd", "bell"}, {"pidfd", "pidfd"}};
    const char *at = target;
    if (strncmp(at, ANONYMOUS, sizeof ANONYMOUS - 1) == 0)
        at += sizeof ANONYMOUS - 1;
    else if (strncmp(at, "pidfd:", 6) != 0)
        return false;
    at += *at == '[';
    int length = (int)strcspn(at, ":]");
    snprintf(kind, KIND_MAX, "%.*s", length < 40 ? length : 40, at);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(kind, known[i][0]) == 0)
            snprintf(kind, KIND_MAX, "%s", known[i][1]);
    return true;
}

static bool
name_descriptor(const struct attest_proc *proc, int folder, int pidfd, const char *entry,
                char kind[KIND_MAX])
{
    char target[ATTEST_PROC_PATH_MAX];
    struct stat status, link; /* the mode of the link says how it was opened, proc(5) */
    int number = (int)strtol(entry, NULL, 10);
    ssize_t size = readlinkat(folder, entry, target, sizeof target - 1);
    if (size < 0)
        return false; /* closed meanwhile */
    target[size] = '\0';
    if (name_anonymous(target, kind))
        return true;
    if (strncmp(target, "socket:", 7) == 0)
        ask_socket(pidfd, number, kind);
    else if (fstatat(folder, entry, &status, 0) == 0 &&
             fstatat(folder, entry, &link, AT_SYMLINK_NOFOLLOW) == 0)
        name_file(proc, &status, number, link.st_mode, target, kind);
    else
        return false;
    return true;
}

void
attest_descriptors_put(const struct attest_proc *proc, struct attest_value *value)
{
    int folder = openat(proc->folder, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = folder < 0 ? NULL : fdopendir(folder);
    if (entries == NULL) {
        attest_value_put(value, "descriptors", NULL);
        return;
    }
    int pidfd = (int)syscall(SYS_pidfd_open, proc->pid, 0);
    json_t *counts = json_object();
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        char kind[KIND_MAX];
        if (entry->d_name[0] == '.' || !name_descriptor(proc, folder, pidfd, entry->d_name, kind))
            continue;
        json_int_t count = json_integer_value(json_object_get(counts, kind));
        json_object_set_new(counts, kind, json_integer(count + 1));
    }
    if (pidfd >= 0)
        close(pidfd);
    closedir(entries);
    attest_value_put(value, "descriptors", counts);
}
