/* attest_descriptors.h - the open descriptors of a process, by their kinds
 * SPDX-License-Identifier: ISC
 *
 * What: counts what the kernel says of each descriptor; sockets are borrowed for a moment to ask what
 *       they are, so that no table of a network namespace needs to be searched. And the table of
 *       what each role may have.
 * Who:  attest_process.c counts, attest_judge.c and attest_drift.c look into the table.
 * Ref:  attest_descriptors.def; pidfd_getfd(2).
 */
#pragma once

#include "attest/attest_proc.h"
#include "attest/attest_role.h"
#include "attest/attest_value.h"

/** Add "descriptors": an object of kinds and how many. */
void attest_descriptors_put(const struct attest_proc *proc, struct attest_value *value);

/** @return how many of a kind are allowed: 0 where it has no row; UINT64_MAX: any number */
uint64_t attest_descriptors_most(enum attest_role role, const char *kind, unsigned lanes);

/** Does their number change while nothing is wrong? */
bool attest_descriptors_vary(enum attest_role role, const char *kind);
