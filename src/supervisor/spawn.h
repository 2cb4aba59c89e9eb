/* spawn.h - the executables of the children, and how a process is made from one
 * SPDX-License-Identifier: ISC
 *
 * What: both executables are opened once, at the start; every later spawn uses these descriptors,
 *       so nothing that happens to a path matters after that. A child begins with /dev/null as 0, 1
 *       and 2 (builds with sanitizers keep stderr for their reports), its channel as CHAN_FD, no
 *       other descriptor, no environment, no blocked signal.
 * Who:  supervisor. Needs INHERITED_NULL_FD.
 */
#pragma once

#include "supervisor/supervisor.h"

#include <stdbool.h>

/**
 * Find and open penstock-front and penstock-worker: beside our own executable, in the layout of a
 * build folder, or in the folder that was compiled in. The environment has no say.
 * @return STATUS_OK; STATUS_NONE: `error` says where they were looked for
 */
MUST_CHECK enum status spawn_open(int exec_fds[CHILD_ROLES], struct config_error *error);

/** Started as root, can a front be executed again when root is gone? @return STATUS_OK;
 *  STATUS_INVALID: its file capability forbids it, and `error` says what to do */
MUST_CHECK enum status spawn_check_root(const int exec_fds[CHILD_ROLES],
                                        struct config_error *error);

/**
 * Start one process.
 *
 * @param exec_fd  from spawn_open(); borrowed
 * @param chan_fd  the child's end of its channel; borrowed, the caller closes its copy
 * @param pid      written; 0 on failure
 * @param pid_fd   written: stands for the process and no other, also when its number is used again;
 *                 owned by the caller, who closes it; -1 on failure
 * @return STATUS_OK: it exists (if exec itself fails it exits 126 or 127); STATUS_SYSTEM.
 */
MUST_CHECK enum status spawn_child(enum child_role role, int exec_fd, int chan_fd, pid_t *pid,
                                   int *pid_fd);

/** Send SIGKILL. @return false: it is root still, or gone already (errno EPERM, ESRCH). */
bool spawn_kill(int pid_fd);

#define SPAWN_ENDING_MAX 128

/** How a process ended, in words. Returns `text`. */
const char *spawn_ending(int wait_status, char text[SPAWN_ENDING_MAX]);
