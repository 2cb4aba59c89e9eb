/* landlock.c - see landlock.h
 * SPDX-License-Identifier: ISC
 *
 * The C library has no names for these three system calls.
 */
#include "os/landlock.h"

#include "os/sys.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

/* younger than the headers of some distributions */
#define ACCESS_TRUNCATE    (UINT64_C(1) << 14) /* ABI 3 */
#define ACCESS_IOCTL_DEV   (UINT64_C(1) << 15) /* ABI 5 */
#define ACCESS_BIND_TCP    (UINT64_C(1) << 0)  /* ABI 4, as the next two */
#define ACCESS_CONNECT_TCP (UINT64_C(1) << 1)
#define RULE_NET_PORT      2

struct ruleset { /* struct landlock_ruleset_attr as of ABI 4; ABI 1 knows the first member only */
    uint64_t access_fs, access_net;
};

struct port_rule { /* struct landlock_net_port_attr */
    uint64_t access, port;
};

static bool
add_ports(int ruleset_fd, const struct landlock_permit *permit)
{
    for (size_t i = 0; i < permit->ports_count; i++) {
        struct port_rule rule = {.access = ACCESS_CONNECT_TCP, .port = permit->ports[i]};
        if (syscall(SYS_landlock_add_rule, ruleset_fd, RULE_NET_PORT, &rule, 0) != 0)
            return false;
    }
    struct port_rule chosen = {.access = ACCESS_BIND_TCP, .port = 0};
    return !permit->has_source ||
           syscall(SYS_landlock_add_rule, ruleset_fd, RULE_NET_PORT, &chosen, 0) == 0;
}

/* Permit this of a file, or of what is below a folder. No more can be permitted than is handled. */
static bool
add_path(int ruleset_fd, int path_fd, uint64_t access, uint64_t handled)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access & handled,
                                              .parent_fd = path_fd};
    return rule.allowed_access == 0 ||
           syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

/* All that ABI 1 knows beside reading and executing. */
#define ACCESS_CHANGES                                                                             \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                               \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |   \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* What is not permitted where no rule permits it. To link or rename into another folder (ABI 2) never is. */
static uint64_t
handled_of(unsigned forbids, long abi)
{
    uint64_t handled = 0;
    if ((forbids & LANDLOCK_NO_READING) != 0)
        handled |= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    if ((forbids & LANDLOCK_NO_PROGRAMS) != 0)
        handled |= LANDLOCK_ACCESS_FS_EXECUTE;
    if ((forbids & LANDLOCK_NO_CHANGES) != 0)
        handled |=
            ACCESS_CHANGES | (abi >= 3 ? ACCESS_TRUNCATE : 0) | (abi >= 5 ? ACCESS_IOCTL_DEV : 0);
    return handled;
}

static bool
add_paths(int ruleset_fd, const struct landlock_permit *permit, uint64_t handled)
{
    static const uint64_t program = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE,
                          folder = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG;
    bool done = true;
    for (size_t i = 0; i < permit->programs_count && done; i++)
        done = add_path(ruleset_fd, permit->programs[i], program, handled);
    for (size_t i = 0; i < permit->readable_count && done; i++)
        done = add_path(ruleset_fd, permit->readable[i], LANDLOCK_ACCESS_FS_READ_FILE, handled);
    return done && (!permit->has_folder || add_path(ruleset_fd, permit->folder, folder, handled));
}

long
landlock_version(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

enum status
landlock_restrict(const struct landlock_permit *permit)
{
    long abi = landlock_version();
    bool has_tcp = abi >= LANDLOCK_VERSION_WITH_PORTS;
    struct ruleset ruleset = {
        .access_fs = handled_of(permit->forbids, abi),
        .access_net = has_tcp ? ACCESS_BIND_TCP | ACCESS_CONNECT_TCP : 0,
    };
    if (abi < 1 || (ruleset.access_fs | ruleset.access_net) == 0)
        return STATUS_NONE;
    size_t size = has_tcp ? sizeof ruleset : sizeof ruleset.access_fs;
    int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
    if (fd < 0)
        return STATUS_SYSTEM;
    bool done = (!has_tcp || add_ports(fd, permit)) && add_paths(fd, permit, ruleset.access_fs) &&
                syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    int saved = errno;
    sys_close(fd);
    errno = saved;
    return done ? STATUS_OK : STATUS_SYSTEM;
}
