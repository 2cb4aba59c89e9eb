/* sandbox.h - the syscall filter of each process
 * SPDX-License-Identifier: ISC
 *
 * What: rows of seccomp/<role>.def become a libseccomp filter: architecture check, default action
 *       kill-process, argument rules as the rows say. Once entered there is no way back.
 * Who:  the last act of every main() before READY.
 */
#pragma once

#include "base/status.h"

enum sandbox_role {
    SANDBOX_SUPERVISOR,
    SANDBOX_FRONT,
    SANDBOX_WORKER,
    SANDBOX_CTL,
    SANDBOX_TOP,           /* penstockctl top: the same, and a terminal */
    SANDBOX_EXPORTER,      /* who serves */
    SANDBOX_EXPORTER_DIAL, /* who connects for it; and, by where events go: */
    SANDBOX_EXPORTER_FILE,
    SANDBOX_EXPORTER_UNIX,
    SANDBOX_EXPORTER_TCP,
};

/** @return STATUS_OK; STATUS_SYSTEM: no filter is on and the process must not go on. */
MUST_CHECK enum status sandbox_enter(enum sandbox_role role);
