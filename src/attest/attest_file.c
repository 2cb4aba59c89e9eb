/* attest_file.c - a file that the attested process chose, read by one who may be root
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOKUPS_MOST                                                                               \
    16 /* EAGAIN: a name below was moved meanwhile, which a stranger can go on doing */

static void
close_keeping_errno(int fd)
{
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
}

/* A place in the tree is opened for reading only once it is known to be a regular file.
 * @param place  closed */
static int
open_regular(int place, struct stat *status)
{
    char path[40];
    int fd = -1;
    if (place < 0)
        return -1;
    if (fstat(place, status) == 0) {
        errno = EINVAL;
        snprintf(path, sizeof path, "/proc/self/fd/%d", place);
        if (S_ISREG(status->st_mode))
            fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    }
    close_keeping_errno(place);
    return fd;
}

int
attest_file_open(const struct attest_proc *proc, const char *link, struct stat *status)
{
    return open_regular(openat(proc->folder, link, O_PATH | O_CLOEXEC), status);
}

int
attest_file_open_named(const struct attest_proc *proc, const char *name, struct stat *status)
{
    bool is_absolute = name[0] == '/';
    struct open_how how = {.flags = O_PATH | O_CLOEXEC,
                           .resolve = RESOLVE_NO_MAGICLINKS |
                                      (is_absolute ? RESOLVE_IN_ROOT : RESOLVE_BENEATH)};
    int base = openat(proc->folder, is_absolute ? "root" : "cwd", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (base < 0)
        return -1;
    long place = -1;
    errno = EAGAIN;
    for (unsigned i = 0; i < LOOKUPS_MOST && place < 0 && errno == EAGAIN; i++)
        place = syscall(SYS_openat2, base, name, &how, sizeof how);
    close_keeping_errno(base);
    return open_regular((int)place, status);
}
