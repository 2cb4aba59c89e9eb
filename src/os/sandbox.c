/* sandbox.c - see sandbox.h
 * SPDX-License-Identifier: ISC
 */
#include "os/sandbox.h"

#include "os/random.h"
#include "os/sandbox_programs.h"

#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* An object each, so that an executable holds the programs it names, and no others. */
#define FILTER(role_, name_)                                                                       \
    {                                                                                              \
        .role = (role_), .name = #name_, .program = name_##_program,                               \
        .count = sizeof name_##_program / sizeof name_##_program[0]                                \
    }
static const struct sandbox_filter its_supervisor = FILTER(SANDBOX_SUPERVISOR, supervisor);
static const struct sandbox_filter its_supervisor_spaces =
    FILTER(SANDBOX_SUPERVISOR_SPACES, supervisor_spaces);
static const struct sandbox_filter its_supervisor_audit =
    FILTER(SANDBOX_SUPERVISOR_AUDIT, supervisor_audit);
static const struct sandbox_filter its_supervisor_spaces_audit =
    FILTER(SANDBOX_SUPERVISOR_SPACES_AUDIT, supervisor_spaces_audit);
const struct sandbox_filter sandbox_front = FILTER(SANDBOX_FRONT, front);
const struct sandbox_filter sandbox_worker = FILTER(SANDBOX_WORKER, worker);
const struct sandbox_filter sandbox_ctl = FILTER(SANDBOX_CTL, ctl);
static const struct sandbox_filter its_top = FILTER(SANDBOX_TOP, top);
static const struct sandbox_filter its_verify = FILTER(SANDBOX_VERIFY, verify);
const struct sandbox_filter sandbox_exporter = FILTER(SANDBOX_EXPORTER, exporter);
const struct sandbox_filter sandbox_exporter_dial = FILTER(SANDBOX_EXPORTER_DIAL, exporter_dial);
const struct sandbox_filter sandbox_exporter_file = FILTER(SANDBOX_EXPORTER_FILE, exporter_file);
const struct sandbox_filter sandbox_exporter_unix = FILTER(SANDBOX_EXPORTER_UNIX, exporter_unix);
const struct sandbox_filter sandbox_exporter_tcp = FILTER(SANDBOX_EXPORTER_TCP, exporter_tcp);

static const struct sandbox_filter *const roles[SANDBOX_ROLES] = {
    [SANDBOX_SUPERVISOR] = &its_supervisor,
    [SANDBOX_SUPERVISOR_SPACES] = &its_supervisor_spaces,
    [SANDBOX_SUPERVISOR_AUDIT] = &its_supervisor_audit,
    [SANDBOX_SUPERVISOR_SPACES_AUDIT] = &its_supervisor_spaces_audit,
    [SANDBOX_FRONT] = &sandbox_front,
    [SANDBOX_WORKER] = &sandbox_worker,
    [SANDBOX_CTL] = &sandbox_ctl,
    [SANDBOX_TOP] = &its_top,
    [SANDBOX_VERIFY] = &its_verify,
    [SANDBOX_EXPORTER] = &sandbox_exporter,
    [SANDBOX_EXPORTER_DIAL] = &sandbox_exporter_dial,
    [SANDBOX_EXPORTER_FILE] = &sandbox_exporter_file,
    [SANDBOX_EXPORTER_UNIX] = &sandbox_exporter_unix,
    [SANDBOX_EXPORTER_TCP] = &sandbox_exporter_tcp,
};

const char *
sandbox_name(enum sandbox_role role)
{
    return roles[role]->name;
}

enum status
sandbox_find(const char *name, enum sandbox_role *role)
{
    for (unsigned i = 0; i < SANDBOX_ROLES; i++) {
        if (strcmp(roles[i]->name, name) != 0)
            continue;
        *role = (enum sandbox_role)i;
        return STATUS_OK;
    }
    *role = SANDBOX_SUPERVISOR;
    return STATUS_NONE;
}

const struct sandbox_filter *
sandbox_filter(enum sandbox_role role)
{
    return roles[role];
}

#ifdef PENSTOCK_SANITIZED
#include "os/sandbox_trap.h"
#define LOADED(filter_) sandbox_trap((filter_)->program, (filter_)->count)
#else
#define LOADED(filter_) ((filter_)->program)
#endif

enum status
sandbox_enter(const struct sandbox_filter *filter)
{
    /* what the C library does at its first use only must be behind us: it opens the file of the time
     * zone; glibc 2.41 maps memory and blocks signals for random bytes */
    tzset();
    (void)random_u32();
    /* the kernel's struct knows no const, and the kernel copies what it names */
    const struct sock_fprog program = {.len = filter->count,
                                       .filter = (struct sock_filter *)LOADED(filter)};
    /* no code of strangers runs here, so no protection against it needs to slow down loads */
    const unsigned long flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    bool is_entered = prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) == 0 &&
                      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0;
    return is_entered ? STATUS_OK : STATUS_SYSTEM;
}
