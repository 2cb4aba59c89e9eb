/* attest_filter.h - the system call filters of a process, as the kernel has them
 * SPDX-License-Identifier: ISC
 *
 * What: stops the process for a moment, has the kernel hand out the filters that it runs, and lets
 *       it go; and the filter that this build would load, to compare.
 * Who:  attest_process.c, started as root (CAP_SYS_ADMIN, and no filter of its own).
 * Ref:  ptrace(2), PTRACE_SECCOMP_GET_FILTER; docs/ATTESTATION.md.
 */
#pragma once

#include "base/status.h"
#include "os/sandbox.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ATTEST_FILTERS_MOST 16
#define ATTEST_FILTER_WAIT  1000 /* looks, 100 us apart, for a process that is to stop */

struct attest_filter {
    size_t count; /* of filters, the oldest first */
    uint8_t sums[ATTEST_FILTERS_MOST][32];
};

/**
 * @param why  written where it fails: a few words
 * @return STATUS_OK; STATUS_SYSTEM: it could not be read, and the process goes on
 */
MUST_CHECK enum status attest_filter_read(pid_t pid, struct attest_filter *filter,
                                          const char **why);

/** What this build loads in a process of that kind. */
void attest_filter_build(enum sandbox_role role, uint8_t sum[32]);
