/* probes.h - system calls that are tried under every filter
 * SPDX-License-Identifier: ISC
 *
 * What: one list of calls, with the roles that may make each; beside what the rows of seccomp/ hold,
 *       it has what must never be permitted. The arguments are chosen so that a call that goes
 *       through has no effect outside of the process that makes it.
 * Who:  selftest.c, which makes each in a process of its own.
 * Ref:  docs/SANDBOX.md.
 */
#pragma once

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* What calls are made with: one for all processes that try. */
struct probes_scene {
    int pair[2], bell, memory, epoll;
    int closed; /* a descriptor that is none */
    char octets[64];
};

#define PROBES_REFUSED                                                                             \
    (1 << 16) /* those that may are told by the filter that there is no such call */
#define PROBES_ALONE (1 << 17) /* not to be made without a filter: it would harm who makes it */

struct probe {
    const char *name;
    int (*run)(struct probes_scene *with); /* @return 0, or errno */
    int may;                               /* 1 << role, of each; PROBES_... */
};

/** @return the list, static */
const struct probe *probes_all(size_t *count);

/** Is there a second way into the kernel on this processor, which the list then tries? */
bool probes_have_gate(void);

/** Make what the calls are made with. @return STATUS_OK; STATUS_SYSTEM. Descriptors stay open. */
MUST_CHECK enum status probes_open(struct probes_scene *with);
