/* append.c - see append.h
 * SPDX-License-Identifier: ISC
 *
 * It calls the kernel itself: no world of tests/simulate has a disk.
 */
#include "os/append.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE 0600
/* seccomp/supervisor_audit.def has the same. A pipe that nobody reads is an error, and not waited for. */
#define FILE_FLAGS (O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define READ_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

enum status
append_find(struct append *file, const char *path)
{
    char folder[APPEND_PATH_MAX];
    *file = (struct append){.folder_fd = -1, .fd = -1};
    const char *slash = strrchr(path, '/');
    size_t size = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    if (size == 0 || strlen(path) >= sizeof folder) {
        errno = ENAMETOOLONG;
        return STATUS_SYSTEM;
    }
    memcpy(folder, path, size);
    folder[size] = '\0';
    memcpy(file->name, path + size, strlen(path + size) + 1);
    file->folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return file->folder_fd >= 0 ? STATUS_OK : STATUS_SYSTEM;
}

static void
close_kept(int fd)
{
    int saved = errno;
    close(fd);
    errno = saved;
}

static bool
is_same(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* @return what is wrong with it; NULL: nothing */
static const char *
judge(const struct stat *info)
{
    if (!S_ISREG(info->st_mode))
        return "is not a regular file";
    if (info->st_uid != geteuid())
        return "belongs to another account";
    if ((info->st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return "may be written to by other accounts";
    return info->st_nlink == 1 ? NULL : "has another name too";
}

/* Take the file that `fd` is open on. */
static enum status
take(const struct append *before, int fd, const char **why)
{
    struct stat info, open_now;
    if (fstat(fd, &info) != 0) {
        *why = strerror(errno);
        return STATUS_SYSTEM;
    }
    if (before != NULL && fstat(before->fd, &open_now) == 0 && is_same(&info, &open_now))
        return STATUS_NONE;
    *why = judge(&info);
    if (*why != NULL)
        return STATUS_INVALID;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return STATUS_OK;
    *why = errno == EWOULDBLOCK ? "another process writes to it" : strerror(errno);
    return errno == EWOULDBLOCK ? STATUS_AGAIN : STATUS_SYSTEM;
}

enum status
append_open(struct append *file, const struct append *before, const char **why)
{
    *why = "";
    int fd = openat(file->folder_fd, file->name, FILE_FLAGS, FILE_MODE);
    if (fd < 0) {
        *why = errno == ELOOP ? "is a symbolic link" : strerror(errno);
        return STATUS_SYSTEM;
    }
    enum status status = take(before, fd, why);
    if (status != STATUS_OK) {
        close_kept(fd);
        return status;
    }
    file->fd = fd;
    file->is_unsynced = false;
    return STATUS_OK;
}

static enum status
read_tail(const struct append *file, int fd, void *to, size_t room, off_t *at, size_t *used)
{
    struct stat info, open_now;
    if (fstat(fd, &info) != 0 || fstat(file->fd, &open_now) != 0)
        return STATUS_SYSTEM;
    if (!is_same(&info, &open_now)) { /* moved away since it was opened */
        errno = ESTALE;
        return STATUS_SYSTEM;
    }
    *at = info.st_size > (off_t)room ? info.st_size - (off_t)room : 0;
    while (*used < room) {
        ssize_t n = pread(fd, (char *)to + *used, room - *used, *at + (off_t)*used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return STATUS_SYSTEM;
        if (n == 0)
            break;
        *used += (size_t)n;
    }
    return STATUS_OK;
}

enum status
append_tail(const struct append *file, void *to, size_t room, off_t *at, size_t *used)
{
    *at = 0;
    *used = 0;
    int fd = openat(file->folder_fd, file->name, READ_FLAGS);
    if (fd < 0)
        return STATUS_SYSTEM;
    enum status status = read_tail(file, fd, to, room, at, used);
    close_kept(fd);
    return status;
}

enum status
append_line(struct append *file, const void *octets, size_t size, size_t *written)
{
    struct stat info;
    ssize_t n;
    *written = 0;
    if (fstat(file->fd, &info) != 0)
        return STATUS_SYSTEM;
    do
        n = write(file->fd, octets, size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return STATUS_SYSTEM;
    file->is_unsynced = true;
    *written = (size_t)n;
    if (*written == size)
        return STATUS_OK;
    if (ftruncate(file->fd, info.st_size) == 0) /* not of a file that may only grow (chattr +a) */
        *written = 0;
    errno = ENOSPC; /* a short write does not say why; it is this, or the limit of RLIMIT_FSIZE */
    return STATUS_SYSTEM;
}

enum status
append_sync(struct append *file)
{
    if (!file->is_unsynced)
        return STATUS_OK;
    file->is_unsynced = false;
    return fdatasync(file->fd) == 0 ? STATUS_OK : STATUS_SYSTEM;
}

void
append_close(struct append *file)
{
    if (file->fd >= 0)
        close_kept(file->fd);
    file->fd = -1;
    file->is_unsynced = false;
}
