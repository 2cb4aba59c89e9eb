/* jail.h - the supervisor gives up what it has
 * SPDX-License-Identifier: ISC
 *
 * What: account, capabilities, no-new-privileges, limits, syscall filter; and, where the kernel has
 *       it, Landlock (supervisor/reach.h).
 * Who:  supervisor, as soon as the fronts that may need privileges are spawned.
 * Ref:  os/privs.h, os/sandbox.h, landlock(7).
 */
#pragma once

#include "supervisor/supervisor.h"

#include <stdbool.h>
#include <stdio.h>

/** Can the account be used, that a start as root needs? @return STATUS_OK; STATUS_INVALID
 * (`error`). */
MUST_CHECK enum status jail_check_account(const char *user, struct config_error *error);

/**
 * Give everything up.
 *
 * @param config  whose account (if root) and whose ports; NULL: before there is a configuration:
 *                the account "penstock" or else "nobody", no ports and no files at all
 * @param file      that the configuration was read from; NULL: none
 * @param exec_fds  from executables_open(); borrowed
 * @param spaces    written: namespaces for the workers, made while that can be done
 * @return STATUS_OK; STATUS_SYSTEM (`error` says what could not be given up: do not go on)
 */
MUST_CHECK enum status jail_enter(const struct config *config, const char *file,
                                  const int exec_fds[CHILD_ROLES], struct spaces *spaces,
                                  struct config_error *error);

/**
 * Which of the files that a reload reads have a mode that keeps them from the account of the configuration: a line each
 * (supervisor/reread.h). Nothing unless this process is root; it is of no use as a service afterwards.
 *
 * @return the number of lines; one says that it could not be tried
 */
unsigned jail_warnings(const struct options *options, const struct config *config, FILE *to);
