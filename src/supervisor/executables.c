/* executables.c - where penstock-front and penstock-worker are
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/executables.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

const char *const executables_names[CHILD_ROLES] = {"penstock-front", "penstock-worker"};

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
                     executables_names[role]);
        else
            snprintf(path, sizeof path, "%s/%s", folder, executables_names[role]);
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
executables_check_root(const int exec_fds[CHILD_ROLES], struct config_error *error)
{
    if (geteuid() != 0 || !is_effective_by_file(exec_fds[CHILD_FRONT]))
        return STATUS_OK;
    snprintf(error->text, sizeof error->text,
             "started as root, and penstock-front has a file capability that is effective by "
             "itself: a front that dies could not be started again; remove it with setcap -r, or "
             "give it as " EXECUTABLES_SETCAP);
    return STATUS_INVALID;
}

/* Only there each executable has a folder of its own. A PREFIX/front beside PREFIX/bin is not
 * looked at: its owner need not be the owner of the executables. */
static bool
is_build_folder(const char *folder)
{
    static const char end[] = "/src/supervisor";
    size_t size = strlen(folder);
    return size >= sizeof end - 1 && strcmp(folder + size - (sizeof end - 1), end) == 0;
}

enum status
executables_open(int exec_fds[CHILD_ROLES], struct config_error *error)
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
