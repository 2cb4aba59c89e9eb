/* spawn.h - how a process is made, killed and waited for
 * SPDX-License-Identifier: ISC
 *
 * What: all that the supervisor asks of the kernel about processes, so that a test or a simulation
 *       can put itself in its place. A child begins with /dev/null as 0, 1 and 2 (builds with
 *       sanitizers keep stderr for their reports), its channel as CHAN_FD, without /proc its statm as
 *       MEMORY_STATM_FD, no other descriptor, no environment, no blocked signal.
 * Who:  supervisor. Needs INHERITED_NULL_FD.
 * Ref:  clone(2), pidfd_send_signal(2), waitpid(2).
 */
#pragma once

#include "supervisor/supervisor.h"

#include <stdbool.h>

/**
 * Start one process.
 *
 * @param exec_fd  from executables_open(); borrowed
 * @param chan_fd  the child's end of its channel; borrowed, the caller closes its copy
 * @param spaces   it enters these before exec; borrowed; NULL: it stays in ours
 * @param pid      written; 0 on failure
 * @param pid_fd   written: stands for the process and no other, also when its number is used again;
 *                 owned by the caller, who closes it; -1 on failure
 * @return STATUS_OK: it exists (if exec itself fails it exits ENDING_EXEC_DENIED or _FAILED, before it ENDING_SPACES); STATUS_SYSTEM.
 */
MUST_CHECK enum status spawn_child(enum child_role role, int exec_fd, int chan_fd,
                                   const struct spaces *spaces, pid_t *pid, int *pid_fd);

/** Send SIGKILL. @return false: it is root still, or gone already (errno EPERM, ESRCH). */
bool spawn_kill(int pid_fd);

/** Has the process ended? @param waits  not before it has
 *  @param wait_status  written if it has, as waitpid(2) */
bool spawn_reap(pid_t pid, bool waits, int *wait_status);
