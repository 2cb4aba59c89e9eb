/* exporter_jail.h - the exporter gives up what it has
 * SPDX-License-Identifier: ISC
 *
 * What: no capability, no program, no file by name, few descriptors, little memory, and a filter:
 *       one for who serves, one for who connects. Started as root it becomes an account.
 * Who:  exporter, both processes, before the first foreign octet.
 * Ref:  seccomp/exporter.def, seccomp/exporter_dial.def and beside it; docs/SANDBOX.md.
 */
#pragma once

#include "exporter/exporter_target.h"
#include "os/sandbox.h"

#define EXPORTER_JAIL_DESCRIPTORS  64       /* connections, pages while they are mapped, sockets */
#define EXPORTER_JAIL_MEMORY_BYTES 67108864 /* 64 MiB; it uses a tenth */

/**
 * Become nobody in particular: the account, no capability, few descriptors, little memory.
 *
 * @param user         the account to become when root; one that does not exist is a failure
 * @param what_failed  written on failure: static text
 * @return STATUS_OK; STATUS_NONE: there is no such account; STATUS_SYSTEM
 */
MUST_CHECK enum status exporter_jail_drop(const char *user, const char **what_failed);

/** After exporter_jail_drop(): Landlock and the filter.
 *  @param target  what stays open to it; NULL: nothing. @param what_failed  as there
 *  @return STATUS_OK; STATUS_SYSTEM */
MUST_CHECK enum status exporter_jail_close(const struct sandbox_filter *filter,
                                           const struct exporter_target *target,
                                           const char **what_failed);
