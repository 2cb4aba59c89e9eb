/* exporter_jail.c - the exporter gives up what it has
 * SPDX-License-Identifier: ISC
 */
#include "exporter/exporter_jail.h"

#include "os/landlock.h"
#include "os/privs.h"
#include "os/sys.h"

static size_t
limit_of(SYS_RESOURCE resource)
{
    struct rlimit limit;
    return sys_getrlimit(resource, &limit) == 0 ? (size_t)limit.rlim_max : 0;
}

enum status
exporter_jail_drop(const char *user, const char **what_failed)
{
    struct privs_account account;
    struct privs_limits limits = {
        .files = EXPORTER_JAIL_DESCRIPTORS,
        .file_bytes = limit_of(RLIMIT_FSIZE), /* its log and its output may be files */
#ifndef PENSTOCK_SANITIZED
        .memory_bytes = EXPORTER_JAIL_MEMORY_BYTES,
#endif
    };
    bool is_root = sys_geteuid() == 0;
    *what_failed = "the account to become is unknown";
    if (is_root && privs_find_account(user, &account) != STATUS_OK)
        return STATUS_NONE;
    return privs_drop(is_root ? &account : NULL, &limits, what_failed);
}

enum status
exporter_jail_close(const struct sandbox_filter *filter, const struct exporter_target *target,
                    const char **what_failed)
{
    bool is_file = target != NULL && target->kind == EXPORTER_TARGET_FILE;
    bool is_tcp = target != NULL && target->kind == EXPORTER_TARGET_TCP;
    struct landlock_permit permit = {
        .forbids = is_file ? LANDLOCK_NO_CHANGES | LANDLOCK_NO_PROGRAMS : 0,
        .ports = is_tcp ? &target->addr.port : NULL,
        .ports_count = is_tcp,
        .has_folder = is_file,
        .folder = is_file ? target->folder_fd : -1,
    };
    *what_failed = "Landlock cannot be set up";
    if (landlock_restrict(&permit) == STATUS_SYSTEM)
        return STATUS_SYSTEM;
    *what_failed = "the system call filter cannot be set";
    return sandbox_enter(filter);
}
