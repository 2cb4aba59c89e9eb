/* control_socket.c - see control_socket.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/control_socket.h"

#include "os/log.h"
#include "supervisor/control_rights.h"

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

#define MODE_FOLDER    0755 /* of one that we make */
#define PLACE_PATH_MAX sizeof((struct sockaddr_un *)0)->sun_path

#define IS_NO_SOCKET "this is a file, and no socket"

#define LOCK_END ".lock" /* behind the socket's name */

/* Where it is to be: the folder, open, and our lock in it against others who start. */
struct place {
    struct sockaddr_un address;
    uint32_t own_uid, folder_uid;
    int folder_fd, lock_fd;
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

static bool
is_strange(const struct place *place, uid_t uid)
{
    return uid != 0 && uid != geteuid() && uid != place->own_uid;
}

/* What stands before the last slash: the folder of a path, which begins with one. */
static void
folder_of(const char *path, char folder[PLACE_PATH_MAX])
{
    size_t length = (size_t)(strrchr(path, '/') - path);
    snprintf(folder, PLACE_PATH_MAX, "%.*s", length == 0 ? 1 : (int)length, path);
}

/* Is there a folder where everybody may make one, as a volume of a pod is? In any other, a folder
   that is missing is a mistake to be told of. */
static bool
may_be_made(const char *folder)
{
    char above[PLACE_PATH_MAX];
    struct stat status;
    int problem = errno;
    folder_of(folder, above);
    bool is_open_to_all = stat(above, &status) == 0 && (status.st_mode & S_IWOTH) != 0;
    errno = problem;
    return is_open_to_all;
}

/* Ours alone to write to. One that came meanwhile is judged as any other. */
static void
make_folder(const char *folder)
{
    int problem = errno;
    mode_t mask = umask(0777 & ~MODE_FOLDER);
    (void)mkdir(folder, MODE_FOLDER);
    umask(mask);
    errno = problem;
}

/* @return STATUS_OK; STATUS_INVALID */
static enum status
open_folder(struct place *place, struct config_error *error)
{
    char folder[PLACE_PATH_MAX];
    struct stat status;
    place->name = strrchr(place->address.sun_path, '/') + 1;
    folder_of(place->address.sun_path, folder);
    place->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->folder_fd < 0 || fstat(place->folder_fd, &status) != 0)
        return refuse_errno(error, place);
    /* with the sticky bit, files of others cannot be taken away */
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (status.st_mode & S_ISVTX) == 0)
        return refuse(error, place,
                      "its folder can be written to by others, who could put their own "
                      "socket there; allowed: mode 0755 or less");
    place->folder_uid = status.st_uid;
    if (is_strange(place, status.st_uid))
        return refuse(error, place, "its folder belongs to another account");
    return STATUS_OK;
}

/* It is of the account that the folder is of. Only a new file is given away: one that is there may
   be a link to another. @return as open() */
static int
make_lock(const struct place *place, const char *name)
{
    int fd = openat(place->folder_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, MODE_OWN);
    if (fd < 0 || geteuid() != 0 || fchown(fd, place->folder_uid, (gid_t)-1) == 0)
        return fd;
    int problem = errno;
    close(fd);
    errno = problem;
    return -1;
}

/*
 * A file that nobody else can open: the folder itself could be locked by everybody who can read it.
 * It stays: one that is taken away while another waits for it would lock nothing.
 * @return STATUS_OK; STATUS_INVALID
 */
static enum status
lock(struct place *place, struct config_error *error)
{
    char name[sizeof place->address.sun_path + sizeof LOCK_END];
    struct stat status;
    snprintf(name, sizeof name, "%s" LOCK_END, place->name);
    int fd = openat(place->folder_fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        fd = make_lock(place, name);
    int problem = errno;
    place->lock_fd = fd;
    if ((fd >= 0 ? fstat(fd, &status)
                 : fstatat(place->folder_fd, name, &status, AT_SYMLINK_NOFOLLOW)) == 0 &&
        is_strange(place, status.st_uid))
        return refuse(error, place,
                      "the file beside it with " LOCK_END " behind its name belongs to another "
                      "account");
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return STATUS_OK;
    if (fd >= 0)
        problem = errno;
    return refuse(error, place,
                  problem == EWOULDBLOCK || problem == EEXIST ? "another service starts there"
                                                              : strerror(problem));
}

/* What a dead service left is taken away; what answers, or is no socket, is not ours. */
static enum status
clear_place(const struct place *place, struct config_error *error)
{
    struct stat status;
    if (fstatat(place->folder_fd, place->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? STATUS_OK : refuse_errno(error, place);
    if (!S_ISSOCK(status.st_mode))
        return refuse(error, place, IS_NO_SOCKET);
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
bind_there(const struct place *place, mode_t mode, int *fd, struct config_error *error)
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
    bool is_ours =
        is_bound && (geteuid() != 0 || fchownat(place->folder_fd, place->name, place->own_uid,
                                                (gid_t)-1, AT_SYMLINK_NOFOLLOW) == 0);
    if (is_ours && listen(*fd, CONTROL_SOCKET_BACKLOG) == 0)
        return STATUS_OK;
    enum status status = refuse_errno(error, place);
    close(*fd);
    *fd = -1;
    return status;
}

static struct place
place_of(const struct config *config, uint32_t own_uid)
{
    struct place place = {
        .address.sun_family = AF_UNIX, .folder_fd = -1, .lock_fd = -1, .own_uid = own_uid};
    memcpy(place.address.sun_path, config->control_socket, sizeof config->control_socket);
    return place;
}

unsigned
control_socket_warnings(const struct config *config, uint32_t own_uid, FILE *to)
{
    struct place place = place_of(config, own_uid);
    struct config_error error = {0};
    struct stat status;
    if (config->control_socket[0] == '\0')
        return 0;
    errno = 0;
    enum status found = open_folder(&place, &error);
    /* a service manager makes the folder of the default when it starts the service */
    char folder[PLACE_PATH_MAX];
    folder_of(place.address.sun_path, folder);
    bool is_made_later =
        errno == ENOENT &&
        (strcmp(config->control_socket, CONFIG_CONTROL_SOCKET) == 0 || may_be_made(folder));
    if (found == STATUS_OK &&
        fstatat(place.folder_fd, place.name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        !S_ISSOCK(status.st_mode))
        found = refuse(&error, &place, IS_NO_SOCKET);
    if (place.folder_fd >= 0)
        close(place.folder_fd);
    if (found == STATUS_OK || is_made_later)
        return 0;
    fprintf(to, "%s\n", error.text);
    return 1;
}

enum status
control_socket_open(const struct config *config, uint32_t own_uid, int *fd,
                    struct config_error *error)
{
    struct place place = place_of(config, own_uid);
    bool is_for_others = control_rights_is_for_others(config);
    *fd = -1;
    if (config->control_socket[0] == '\0')
        return STATUS_OK;
    char folder[PLACE_PATH_MAX];
    struct stat there;
    folder_of(place.address.sun_path, folder);
    if (lstat(folder, &there) != 0 && errno == ENOENT && may_be_made(folder))
        make_folder(folder);
    enum status status = open_folder(&place, error);
    if (status == STATUS_OK)
        status = lock(&place, error);
    if (status == STATUS_OK)
        status = clear_place(&place, error);
    if (status == STATUS_OK)
        status = bind_there(&place, is_for_others ? MODE_ALL : MODE_OWN, fd, error);
    if (place.folder_fd >= 0)
        close(place.folder_fd);
    if (place.lock_fd >= 0)
        close(place.lock_fd); /* and others may start */
    if (status == STATUS_OK || strcmp(config->control_socket, CONFIG_CONTROL_SOCKET) != 0)
        return status;
    log_write(LOG_NOTICE, LOG_CONTROL, "there is no control socket: %s", error->text);
    return STATUS_OK;
}
