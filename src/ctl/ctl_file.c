/* ctl_file.c - see ctl_file.h
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_file.h"

#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *
read_all(int fd, char *to, size_t room, size_t *size)
{
    ssize_t got = 1;
    while (got > 0 && *size < room) {
        got = sys_read(fd, to + *size, room - *size);
        *size += got > 0 ? (size_t)got : 0;
    }
    if (got < 0)
        return strerror(errno);
    return *size == room ? "it is too large" : NULL;
}

/* @return what is wrong; NULL: nothing */
static const char *
judge_kind(int fd)
{
    struct stat is;
    if (sys_fstat(fd, &is) != 0)
        return strerror(errno);
    if (S_ISREG(is.st_mode))
        return NULL;
    if (S_ISDIR(is.st_mode))
        return "it is a directory";
    if (S_ISFIFO(is.st_mode))
        return "it is a pipe, not a file";
    return "it is a device, not a file";
}

int
ctl_file_open(const char *path, const char **why)
{
    /* a pipe that nobody writes to would be waited for, a terminal would become ours */
    int fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    *why = fd < 0 ? strerror(errno) : judge_kind(fd);
    if (*why == NULL)
        return fd;
    if (fd >= 0)
        sys_close(fd);
    return -1;
}

enum status
ctl_file_read(const char *path, char *to, size_t room, size_t *size, const char **why)
{
    *size = 0;
    if (strcmp(path, "-") == 0) {
        *why = read_all(STDIN_FILENO, to, room, size);
        return *why == NULL ? STATUS_OK : STATUS_INVALID;
    }
    int fd = ctl_file_open(path, why);
    if (fd < 0)
        return STATUS_INVALID;
    *why = read_all(fd, to, room, size);
    sys_close(fd);
    return *why == NULL ? STATUS_OK : STATUS_INVALID;
}
