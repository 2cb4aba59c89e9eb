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
    return true;
}

static bool
add_programs(int ruleset_fd, const struct landlock_permit *permit)
{
    for (size_t i = 0; i < permit->programs_count; i++) {
        struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_EXECUTE,
                                                  .parent_fd = permit->programs[i]};
        if (syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
            return false;
    }
    return true;
}

/* Of ABI 1, all but reading, which the filter forbids; and which a sanitizer's report does. */
#define ACCESS_CHANGES                                                                             \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                               \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |   \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* What is not permitted where no rule permits it. */
static uint64_t
handled_of(const struct landlock_permit *permit)
{
    if (permit->has_folder)
        return LANDLOCK_ACCESS_FS_EXECUTE | ACCESS_CHANGES;
    return permit->programs_count > 0 ? LANDLOCK_ACCESS_FS_EXECUTE : 0;
}

static bool
add_folder(int ruleset_fd, const struct landlock_permit *permit)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE |
                                                                LANDLOCK_ACCESS_FS_MAKE_REG,
                                              .parent_fd = permit->folder};
    return !permit->has_folder ||
           syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
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
        .access_fs = handled_of(permit),
        .access_net = has_tcp ? ACCESS_CONNECT_TCP : 0,
    };
    if (abi < 1 || (ruleset.access_fs | ruleset.access_net) == 0)
        return STATUS_NONE;
    size_t size = has_tcp ? sizeof ruleset : sizeof ruleset.access_fs;
    int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
    if (fd < 0)
        return STATUS_SYSTEM;
    bool done = (!has_tcp || add_ports(fd, permit)) && add_programs(fd, permit) &&
                add_folder(fd, permit) && syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    int saved = errno;
    sys_close(fd);
    errno = saved;
    return done ? STATUS_OK : STATUS_SYSTEM;
}
