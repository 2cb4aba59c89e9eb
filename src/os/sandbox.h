/* sandbox.h - the syscall filter of each process
 * SPDX-License-Identifier: ISC
 *
 * What: the rows of seccomp/<role>.def as programs of the kernel's: architecture check, any other call
 *       kills the process, argument rules as the rows say. They are made when this is built
 *       (sandbox_make.c). Once entered there is no way back.
 * Who:  the last act of every main() before READY; and who shows or compares the filters.
 */
#pragma once

#include "base/status.h"

#include <linux/filter.h>
#include <stdbool.h>

enum sandbox_role {
    SANDBOX_SUPERVISOR,
    SANDBOX_SUPERVISOR_SPACES, /* the same, where there are namespaces for its workers */
    SANDBOX_SUPERVISOR_AUDIT,  /* the same, where it writes an audit log */
    SANDBOX_SUPERVISOR_SPACES_AUDIT,
    SANDBOX_FRONT,
    SANDBOX_WORKER,
    SANDBOX_CTL,
    SANDBOX_TOP,      /* penstockctl top: the same, and a terminal */
    SANDBOX_VERIFY,   /* penstockctl audit verify: what is open is read, and no service asked */
    SANDBOX_EXPORTER, /* who serves */
    SANDBOX_EXPORTER_DIAL, /* who connects for it; and, by where events go: */
    SANDBOX_EXPORTER_FILE,
    SANDBOX_EXPORTER_UNIX,
    SANDBOX_EXPORTER_TCP,
};

#define SANDBOX_ROLES (SANDBOX_EXPORTER_TCP + 1)

/** The supervisor's, by what it has: namespaces for its workers, an audit log. */
static inline enum sandbox_role
sandbox_supervisor(bool has_spaces, bool has_audit)
{
    if (has_audit)
        return has_spaces ? SANDBOX_SUPERVISOR_SPACES_AUDIT : SANDBOX_SUPERVISOR_AUDIT;
    return has_spaces ? SANDBOX_SUPERVISOR_SPACES : SANDBOX_SUPERVISOR;
}

/** What a role is called: its name in the enumeration, in small letters. @return static text */
const char *sandbox_name(enum sandbox_role role);

/** The role of a name. @return STATUS_OK; STATUS_NONE: there is none of that name. */
MUST_CHECK enum status sandbox_find(const char *name, enum sandbox_role *role);

struct sandbox_filter {
    enum sandbox_role role;
    const char *name;                  /* static */
    const struct sock_filter *program; /* static; as the kernel is handed it */
    unsigned short count;              /* instructions, up to BPF_MAXINSNS */
};

/* of processes that hold no others' */
extern const struct sandbox_filter sandbox_front, sandbox_worker, sandbox_ctl, sandbox_exporter,
    sandbox_exporter_dial, sandbox_exporter_file, sandbox_exporter_unix, sandbox_exporter_tcp;

/** The filter of any role: an executable that calls this holds them all. @return static */
const struct sandbox_filter *sandbox_filter(enum sandbox_role role);

/** @return STATUS_OK; STATUS_SYSTEM: no filter is on and the process must not go on. */
MUST_CHECK enum status sandbox_enter(const struct sandbox_filter *filter);
