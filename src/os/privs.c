/* privs.c - see privs.h
 * SPDX-License-Identifier: ISC
 *
 * libcap-ng takes away and plain system calls read back: two witnesses that do not share code.
 * Without CAP_SETPCAP the bounding set cannot be reduced and the securebits cannot be locked. That
 * alone is tolerated: no-new-privileges makes every later exec ignore both.
 */
#include "os/privs.h"

#include "os/sys.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

struct cap_sets {
    uint64_t effective, permitted, inheritable;
};

enum status
privs_find_account(const char *user, struct privs_account *account)
{
    /* getpwnam() would load name service modules, which a static executable cannot */
    memset(account, 0, sizeof *account);
    FILE *file = fopen("/etc/passwd", "re");
    if (file == NULL)
        return STATUS_SYSTEM;
    enum status status = STATUS_NONE;
    for (const struct passwd *row = fgetpwent(file); row != NULL; row = fgetpwent(file)) {
        if (strcmp(row->pw_name, user) == 0) {
            *account = (struct privs_account){.uid = row->pw_uid, .gid = row->pw_gid};
            status = STATUS_OK;
            break;
        }
    }
    fclose(file);
    return status;
}

enum status
privs_find_group(const char *name, gid_t *gid)
{
    *gid = 0;
    FILE *file = fopen("/etc/group", "re");
    if (file == NULL)
        return STATUS_SYSTEM;
    enum status status = STATUS_NONE;
    for (const struct group *row = fgetgrent(file); row != NULL; row = fgetgrent(file)) {
        if (strcmp(row->gr_name, name) == 0) {
            *gid = row->gr_gid;
            status = STATUS_OK;
            break;
        }
    }
    fclose(file);
    return status;
}

static bool
read_sets(struct cap_sets *sets)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    if (syscall(SYS_capget, &header, data) != 0)
        return false;
    sets->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
    sets->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
    sets->inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
    return true;
}

/* Is there none to be taken away? Then it is not asked for: a service manager's filter may refuse it. */
static bool
are_sets_empty(void)
{
    struct cap_sets sets;
    return read_sets(&sets) && (sets.effective | sets.permitted | sets.inheritable) == 0;
}

static bool
has_effective(int capability)
{
    struct cap_sets sets;
    return read_sets(&sets) && (sets.effective >> capability & 1) != 0;
}

enum status
privs_keep_bind_only(void)
{
    struct cap_sets sets;
    if (!read_sets(&sets))
        return STATUS_SYSTEM;
    uint64_t bind = UINT64_C(1) << CAP_NET_BIND_SERVICE;
    uint64_t leave =
        UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID | UINT64_C(1) << CAP_SETPCAP;
    /* root becomes somebody else after the bind: what that takes stays permitted, not effective */
    uint64_t permitted = sets.permitted & (geteuid() == 0 ? bind | leave : bind);
    uint64_t effective = sets.permitted & bind;
    if (are_sets_empty())
        return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 ? STATUS_OK
                                                                             : STATUS_SYSTEM;
    capng_clear(CAPNG_SELECT_ALL);
    for (unsigned c = 0; c <= CAP_LAST_CAP; c++) {
        if ((permitted >> c & 1) != 0)
            capng_update(CAPNG_ADD, CAPNG_PERMITTED, c);
        if ((effective >> c & 1) != 0)
            capng_update(CAPNG_ADD, CAPNG_EFFECTIVE, c);
    }
    if (capng_apply(CAPNG_SELECT_CAPS) != 0 ||
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 || !read_sets(&sets))
        return STATUS_SYSTEM;
    bool kept = sets.effective == effective && sets.permitted == permitted && sets.inheritable == 0;
    return kept ? STATUS_OK : STATUS_SYSTEM;
}

static bool
set_limit(SYS_RESOURCE resource, rlim_t value)
{
    struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
    return setrlimit(resource, &limit) == 0;
}

static bool
set_limits(const struct privs_limits *limits)
{
    return set_limit(RLIMIT_CORE, 0) && set_limit(RLIMIT_NOFILE, limits->files) &&
           set_limit(RLIMIT_NPROC, limits->processes) &&
           set_limit(RLIMIT_FSIZE, limits->file_bytes) &&
           (limits->memory_bytes == 0 || set_limit(RLIMIT_DATA, limits->memory_bytes));
}

/* Make effective what privs_keep_bind_only() left permitted. */
static bool
raise_permitted(void)
{
    static const unsigned wanted[] = {CAP_SETUID, CAP_SETGID, CAP_SETPCAP};
    struct cap_sets sets;
    if (!read_sets(&sets) || capng_get_caps_process() != 0)
        return false;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if ((sets.permitted >> wanted[i] & 1) != 0)
            capng_update(CAPNG_ADD, CAPNG_EFFECTIVE, wanted[i]);
    return capng_apply(CAPNG_SELECT_CAPS) == 0;
}

/* Needs CAP_SETPCAP, so it comes before the sets are emptied. */
static bool
close_bounds(void)
{
    for (int c = 0; prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++)
        if (prctl(PR_CAPBSET_DROP, c, 0, 0, 0) != 0)
            return false;
    int inherited = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
    return inherited >= 0 && prctl(PR_SET_SECUREBITS, inherited | PRIVS_SECUREBITS, 0, 0, 0) == 0;
}

static bool
become(const struct privs_account *account)
{
    return account->uid != 0 && account->gid != 0 && setgroups(0, NULL) == 0 &&
           setresgid(account->gid, account->gid, account->gid) == 0 &&
           setresuid(account->uid, account->uid, account->uid) == 0;
}

enum status
privs_ask_as(const struct privs_account *account)
{
    const uid_t keep = (uid_t)-1; /* a change of the real id alone */
    bool done = account->uid != 0 && account->gid != 0 && setgroups(0, NULL) == 0 &&
                setresgid(account->gid, keep, keep) == 0 &&
                setresuid(account->uid, keep, keep) == 0;
    return done ? STATUS_OK : STATUS_SYSTEM;
}

static bool
empty_sets(void)
{
    /* the ambient set first: a kernel before 4.3 does not know it */
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL)
        return false;
    if (are_sets_empty())
        return true;
    capng_clear(CAPNG_SELECT_ALL);
    return capng_apply(CAPNG_SELECT_CAPS) == 0;
}

static bool
is_identity(const struct privs_account *account)
{
    uid_t real, effective, saved;
    gid_t real_gid, effective_gid, saved_gid;
    if (getresuid(&real, &effective, &saved) != 0 ||
        getresgid(&real_gid, &effective_gid, &saved_gid) != 0)
        return false;
    if (real == 0 || effective != real || saved != real || effective_gid != real_gid ||
        saved_gid != real_gid)
        return false;
    /* a process that did not start as root keeps its groups, as it must: they are its account's */
    return account == NULL || (real == account->uid && real_gid == account->gid &&
                               getgroups(0, NULL) == 0 && setuid(0) != 0);
}

static bool
is_bare(void)
{
    if (!are_sets_empty())
        return false;
    for (int c = 0; prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++)
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, c, 0, 0) > 0)
            return false;
    return true;
}

static bool
are_bounds_closed(void)
{
    for (int c = 0;; c++) {
        int in_set = prctl(PR_CAPBSET_READ, c, 0, 0, 0);
        if (in_set < 0)
            break;
        if (in_set > 0)
            return false;
    }
    return (prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) & PRIVS_SECUREBITS) == PRIVS_SECUREBITS;
}

static bool
is_limit(SYS_RESOURCE resource, rlim_t value)
{
    struct rlimit limit;
    return getrlimit(resource, &limit) == 0 && limit.rlim_cur == value && limit.rlim_max == value;
}

static bool
are_limits(const struct privs_limits *limits)
{
    return is_limit(RLIMIT_CORE, 0) && is_limit(RLIMIT_NOFILE, limits->files) &&
           is_limit(RLIMIT_NPROC, limits->processes) &&
           is_limit(RLIMIT_FSIZE, limits->file_bytes) &&
           (limits->memory_bytes == 0 || is_limit(RLIMIT_DATA, limits->memory_bytes));
}

/* Not by libcap-ng, which remembers the number of the process before the fork and asks for that. */
enum status
privs_shed(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    bool done = close_bounds() && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
                syscall(SYS_capset, &header, none) == 0;
    return done && is_bare() && are_bounds_closed() ? STATUS_OK : STATUS_SYSTEM;
}

#define STEP(done, name)                                                                           \
    if (!(done)) {                                                                                 \
        *what_failed = (name);                                                                     \
        return STATUS_SYSTEM;                                                                      \
    }

static enum status
read_back(const struct privs_account *account, const struct privs_limits *limits,
          bool bounds_closed, const char **what_failed)
{
    STEP(is_identity(account), "user or group is not what it should be (is it still root?)");
    STEP(is_bare(), "a capability is left");
    STEP(!bounds_closed || are_bounds_closed(),
         "capability bounding set or securebits are not shut");
    STEP(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "no-new-privileges is not set");
    STEP(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0, "memory can still be dumped");
    STEP(are_limits(limits), "resource limits are not what they should be");
    return STATUS_OK;
}

enum status
privs_drop(const struct privs_account *account, const struct privs_limits *limits,
           const char **what_failed)
{
    *what_failed = NULL;
    STEP(set_limits(limits), "resource limits");
    STEP(account == NULL || raise_permitted(), "capabilities for the change of user");
    bool may_bound = has_effective(CAP_SETPCAP);
    STEP(!may_bound || close_bounds(), "capability bounding set");
    STEP(account == NULL || become(account), "change of user");
    STEP(empty_sets(), "capabilities");
    STEP(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no-new-privileges");
    STEP(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "dumpable");
    return read_back(account, limits, may_bound, what_failed);
}
