/* attest_process.h - one process of the service, as the kernel sees it
 * SPDX-License-Identifier: ISC
 *
 * What: account, capabilities, filter, namespaces, limits, descriptors, executable and libraries of a
 *       process as one object. Nothing of it is asked of the process.
 * Who:  attest_service.c.
 * Ref:  docs/penstockctl-attest.schema.json.
 */
#pragma once

#include "attest/attest_proc.h"
#include "attest/attest_role.h"
#include "attest/attest_value.h"

/** The role of a process by what it runs; where that cannot be read, by what it calls itself. */
enum attest_role attest_process_role(const struct attest_proc *proc);

/**
 * @param proc        borrowed
 * @param supervisor  of the service, borrowed; namespaces are compared with its
 * @param landlock    the version that this kernel has, 0: none
 * @return the caller's; NULL: it has ended
 */
json_t *attest_process_read(const struct attest_proc *proc, const struct attest_proc *supervisor,
                            enum attest_role role, int landlock);
