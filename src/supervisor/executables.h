/* executables.h - where penstock-front and penstock-worker are
 * SPDX-License-Identifier: ISC
 *
 * What: both are opened once, at the start; every later spawn uses these descriptors, so nothing
 *       that happens to a path matters after that.
 * Who:  supervisor.
 * Ref:  penstock(8).
 */
#pragma once

#include "supervisor/supervisor.h"

/* How to give the capability: a file with the effective bit cannot be executed where the bounding
 * set does not hold it (capabilities(7), "capability-dumb"), and ours is empty after the jail. */
#define EXECUTABLES_SETCAP "setcap cap_net_bind_service=p penstock-front"

extern const char *const executables_names[CHILD_ROLES];

/**
 * Find and open penstock-front and penstock-worker: beside our own executable, in the layout of a
 * build folder, or in the folder that was compiled in. The environment has no say.
 * @return STATUS_OK; STATUS_NONE: `error` says where they were looked for
 */
MUST_CHECK enum status executables_open(int exec_fds[CHILD_ROLES], struct config_error *error);

/** Started as root, can a front be executed again when root is gone? @return STATUS_OK;
 *  STATUS_INVALID: its file capability forbids it, and `error` says what to do */
MUST_CHECK enum status executables_check_root(const int exec_fds[CHILD_ROLES],
                                              struct config_error *error);
