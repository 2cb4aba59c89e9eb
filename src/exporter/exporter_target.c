/* exporter_target.c - see exporter_target.h
 * SPDX-License-Identifier: ISC
 */
#include "exporter/exporter_target.h"

#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define FILE_MODE 0640
/* seccomp/exporter_file.def has the same. A pipe that nobody reads is an error, and not waited for. */
#define FILE_FLAGS (O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* --- what is meant --------------------------------------------------------------------------- */

static enum status
parse_file(const char *text, struct exporter_target *target)
{
    const char *slash = strrchr(text, '/');
    size_t size = slash == NULL ? 0 : (size_t)(slash - text) + 1;
    target->path = text + size;
    if (size >= sizeof target->folder || target->path[0] == '\0' ||
        strcmp(target->path, ".") == 0 || strcmp(target->path, "..") == 0)
        return STATUS_INVALID;
    memcpy(target->folder, size == 0 ? "." : text, size == 0 ? 1 : size);
    return STATUS_OK;
}

enum status
exporter_target_parse(const char *text, struct exporter_target *target)
{
    struct sockaddr_un to;
    *target = (struct exporter_target){.text = text, .folder_fd = -1};
    if (strncmp(text, "unix:", 5) == 0) {
        target->kind = EXPORTER_TARGET_UNIX;
        target->path = text + 5;
        size_t size = strlen(target->path);
        return size > 0 && size < sizeof to.sun_path ? STATUS_OK : STATUS_INVALID;
    }
    if (strncmp(text, "tcp:", 4) == 0) {
        target->kind = EXPORTER_TARGET_TCP;
        enum status status = addr_parse(text + 4, 0, &target->addr);
        return status == STATUS_OK && target->addr.port != 0 ? STATUS_OK : STATUS_INVALID;
    }
    target->kind = EXPORTER_TARGET_FILE;
    return parse_file(text, target);
}

/* --- files ----------------------------------------------------------------------------------- */

#define ASIDE_MOST 1000 /* names that are tried, of one second */
#define COUNT_MAX  16   /* octets of such a number, with its dot and the NUL */

/* Never over a file that is there. Where the file system cannot promise that (NFS), it is looked at. */
static int
rename_to_new(int folder_fd, const char *from, const char *to)
{
    struct stat status;
    if (syscall(SYS_renameat2, folder_fd, from, folder_fd, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL)
        return -1;
    if (fstatat(folder_fd, to, &status, AT_SYMLINK_NOFOLLOW) == 0)
        errno = EEXIST;
    return errno == ENOENT ? renameat(folder_fd, from, folder_fd, to) : -1;
}

static enum status
set_aside(const struct exporter_target *target)
{
    char name[EXPORTER_TARGET_PATH_MAX + 32];
    struct stat status;
    if (fstatat(target->folder_fd, target->path, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? STATUS_OK : STATUS_SYSTEM;
    if (!S_ISREG(status.st_mode) || status.st_size == 0)
        return STATUS_OK;
    int size = snprintf(name, sizeof name, "%s.%" PRIu64, target->path,
                        sys_clock_us(CLOCK_REALTIME) / 1000000);
    if (size >= (int)sizeof name - COUNT_MAX) {
        errno = ENAMETOOLONG;
        return STATUS_SYSTEM;
    }
    for (unsigned i = 0; i < ASIDE_MOST; i++) {
        if (i > 0)
            snprintf(name + size, COUNT_MAX, ".%u", i);
        if (rename_to_new(target->folder_fd, target->path, name) == 0)
            return STATUS_OK;
        if (errno != EEXIST)
            break;
    }
    return STATUS_SYSTEM;
}

/* Who wrote last may have been ended in the middle of a line, which the next one shall not go on with.
 * Where that cannot be mended, opening the file says why. */
static void
end_line(const struct exporter_target *target)
{
    struct stat status;
    char last;
    int fd = openat(target->folder_fd, target->path,
                    O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (sys_fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
        pread(fd, &last, 1, status.st_size - 1) == 1 && last != '\n')
        (void)!sys_write(fd, "\n", 1);
    sys_close(fd);
}

enum status
exporter_target_prepare(struct exporter_target *target, bool is_fresh)
{
    if (target->kind != EXPORTER_TARGET_FILE)
        return STATUS_OK;
    target->folder_fd = open(target->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (target->folder_fd < 0)
        return STATUS_SYSTEM;
    if (is_fresh)
        return set_aside(target);
    end_line(target);
    return STATUS_OK;
}

/* --- sockets --------------------------------------------------------------------------------- */

static int
connect_to(const struct sockaddr *to, socklen_t size, int *fd)
{
    struct timeval most = {.tv_sec = EXPORTER_TARGET_WAIT_MS / 1000,
                           .tv_usec = EXPORTER_TARGET_WAIT_MS % 1000 * 1000L};
    *fd = sys_socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd >= 0 && sys_setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most) == 0 &&
        sys_connect(*fd, to, size) == 0)
        return 0;
    int error = errno == EINPROGRESS || errno == EAGAIN ? ETIMEDOUT : errno;
    if (*fd >= 0)
        sys_close(*fd);
    *fd = -1;
    return error;
}

int
exporter_target_open(const struct exporter_target *target, int *fd)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct sockaddr_storage addr;
    *fd = -1;
    switch (target->kind) {
    case EXPORTER_TARGET_STANDARD:
        return EINVAL;
    case EXPORTER_TARGET_FILE:
        *fd = openat(target->folder_fd, target->path, FILE_FLAGS, FILE_MODE);
        return *fd >= 0 ? 0 : errno;
    case EXPORTER_TARGET_UNIX:
        memcpy(to.sun_path, target->path, strlen(target->path));
        return connect_to((const struct sockaddr *)&to, sizeof to, fd);
    case EXPORTER_TARGET_TCP: {
        socklen_t size = addr_to_socket(&target->addr, &addr);
        return connect_to((const struct sockaddr *)&addr, size, fd);
    }
    }
    return EINVAL;
}
