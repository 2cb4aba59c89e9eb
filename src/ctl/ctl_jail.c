/* ctl_jail.c - penstockctl gives up what it has
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_jail.h"

#include "os/landlock.h"
#include "os/privs.h"
#include "os/sandbox.h"
#include "os/sys.h"

#include <sys/resource.h>
#include <unistd.h>

#define DESCRIPTORS_MOST 32    /* descriptors; pages are closed once they are mapped */
#define NOBODY           65534 /* where there is no list of accounts */
#define MEMORY_BYTES     (64U << 20)

static struct privs_account
account_to_become(void)
{
    static const char *const names[] = {"penstock", "nobody"};
    for (unsigned i = 0; i < 2; i++) {
        struct privs_account account;
        if (privs_find_account(names[i], &account) == STATUS_OK && account.uid != 0 &&
            account.gid != 0)
            return account;
    }
    return (struct privs_account){.uid = NOBODY, .gid = NOBODY};
}

static size_t
limit_of(SYS_RESOURCE resource)
{
    struct rlimit limit;
    return sys_getrlimit(resource, &limit) == 0 ? (size_t)limit.rlim_max : 0;
}

enum status
ctl_jail_enter(enum sandbox_role role, const char **what_failed)
{
    struct privs_account account;
    struct privs_limits limits = {
        .files = DESCRIPTORS_MOST,
        .file_bytes = limit_of(RLIMIT_FSIZE), /* its output may be a file */
#ifndef PENSTOCK_SANITIZED
        .memory_bytes = MEMORY_BYTES,
#endif
    };
    bool is_root = geteuid() == 0;
    if (is_root)
        account = account_to_become();
    if (privs_drop(is_root ? &account : NULL, &limits, what_failed) != STATUS_OK)
        return STATUS_SYSTEM;
    *what_failed = "Landlock cannot be set up";
    if (landlock_restrict(&(struct landlock_permit){0}) == STATUS_SYSTEM)
        return STATUS_SYSTEM;
    *what_failed = "the system call filter cannot be set";
    return sandbox_enter(sandbox_filter(role));
}
