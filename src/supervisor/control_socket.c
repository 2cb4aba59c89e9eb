/* control_socket.c - see control_socket.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/control_socket.h"

#include "os/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MODE_OWN 0600 /* of the file: connecting takes the right to write */
#define MODE_ALL 0666 /* who connects is asked who it is */

/* Where it is to be: the folder, open and locked against others who start. */
struct place {
    struct sockaddr_un address;
    int folder_fd;
    const char *name; /* in the folder */
};

static enum status
refuse(struct config_error *error, const struct place *place, const char *what)
{
    snprintf(error->text, sizeof error->text, "control.socket: %s: %s", place->address.sun_path,
             what);
    return STATUS_INVALID;
}

static enum status
refuse_errno(struct config_error *error, const struct place *place)
{
    return refuse(error, place, strerror(errno));
}

/* @return STATUS_OK; STATUS_INVALID */
static enum status
open_folder(struct place *place, struct config_error *error)
{
    char folder[sizeof place->address.sun_path];
    struct stat status;
    const char *slash = strrchr(place->address.sun_path, '/');
    size_t length = (size_t)(slash - place->address.sun_path);
    place->name = slash + 1;
    snprintf(folder, sizeof folder, "%.*s", length == 0 ? 1 : (int)length, place->address.sun_path);
    place->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->folder_fd < 0 || fstat(place->folder_fd, &status) != 0)
        return refuse_errno(error, place);
    /* with the sticky bit, files of others cannot be taken away */
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (status.st_mode & S_ISVTX) == 0)
        return refuse(error, place,
                      "its folder can be written to by others, who could put their own "
                      "socket there; allowed: mode 0755 or less");
    if (flock(place->folder_fd, LOCK_EX | LOCK_NB) == 0)
        return STATUS_OK;
    return refuse(error, place,
                  errno == EWOULDBLOCK ? "another service starts in its folder" : strerror(errno));
}

/* What a dead service left is taken away; what answers, or is no socket, is not ours. */
static enum status
clear_place(const struct place *place, struct config_error *error)
{
    struct stat status;
    if (fstatat(place->folder_fd, place->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? STATUS_OK : refuse_errno(error, place);
    if (!S_ISSOCK(status.st_mode))
        return refuse(error, place, "this is a file, and no socket");
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return refuse_errno(error, place);
    int result = connect(fd, (const struct sockaddr *)&place->address, sizeof place->address);
    int problem = result == 0 ? 0 : errno;
    close(fd);
    if (problem != ECONNREFUSED)
        return refuse(error, place,
                      problem == 0 || problem == EAGAIN || problem == EPROTOTYPE
                          ? "another service answers there"
                          : strerror(problem));
    return unlinkat(place->folder_fd, place->name, 0) == 0 ? STATUS_OK : refuse_errno(error, place);
}

static enum status
bind_there(const struct place *place, mode_t mode, uint32_t own_uid, int *fd,
           struct config_error *error)
{
    *fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return refuse_errno(error, place);
    mode_t mask = umask(0777 & ~mode);
    bool is_bound = bind(*fd, (const struct sockaddr *)&place->address, sizeof place->address) == 0;
    int problem = errno;
    umask(mask);
    errno = problem;
    /* before anybody can connect */
    bool is_ours = is_bound && (geteuid() != 0 || fchownat(place->folder_fd, place->name, own_uid,
                                                           (gid_t)-1, AT_SYMLINK_NOFOLLOW) == 0);
    if (is_ours && listen(*fd, CONTROL_SOCKET_BACKLOG) == 0)
        return STATUS_OK;
    enum status status = refuse_errno(error, place);
    close(*fd);
    *fd = -1;
    return status;
}

enum status
control_socket_open(const struct config *config, uint32_t own_uid, int *fd,
                    struct config_error *error)
{
    struct place place = {.address.sun_family = AF_UNIX, .folder_fd = -1};
    bool is_for_others = config->control_readers_count + config->control_operators_count > 0;
    *fd = -1;
    if (config->control_socket[0] == '\0')
        return STATUS_OK;
    memcpy(place.address.sun_path, config->control_socket, sizeof config->control_socket);
    enum status status = open_folder(&place, error);
    if (status == STATUS_OK)
        status = clear_place(&place, error);
    if (status == STATUS_OK)
        status = bind_there(&place, is_for_others ? MODE_ALL : MODE_OWN, own_uid, fd, error);
    if (place.folder_fd >= 0)
        close(place.folder_fd); /* and it is not locked any more */
    if (status == STATUS_OK || strcmp(config->control_socket, CONFIG_CONTROL_SOCKET) != 0)
        return status;
    log_write(LOG_INFO, LOG_CONTROL, "there is no control socket: %s", error->text);
    return STATUS_OK;
}
