/* attest_proc.h - what the kernel's /proc says of one process
 * SPDX-License-Identifier: ISC
 *
 * What: a process is held by its folder in /proc, so that all that is read is of the same one; once
 *       it has ended nothing can be read through it, whoever has its number then.
 * Who:  attest_*.c.
 * Ref:  proc(5).
 */
#pragma once

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ATTEST_PROC_TEXT_MAX (1U << 20) /* octets read of one file of /proc */
#define ATTEST_PROC_PATH_MAX 4096

struct attest_proc {
    pid_t pid;
    int folder; /* -1: none */
};

/** @return STATUS_OK: `proc` is to be closed; STATUS_NONE: there is no such process */
MUST_CHECK enum status attest_proc_open(struct attest_proc *proc, pid_t pid);

/** May be called twice. */
void attest_proc_close(struct attest_proc *proc);

/**
 * Read a file of the process whole.
 *
 * @param size  written: its octets, behind which a NUL stands; NULL: not wanted
 * @return what free() takes; NULL: not readable (errno), or larger than ATTEST_PROC_TEXT_MAX (EFBIG)
 */
char *attest_proc_read(const struct attest_proc *proc, const char *name, size_t *size);

/** The same of what is open already; `fd` stays the caller's. */
char *attest_proc_read_open(int fd, size_t *size);

/** Where a link of the process leads. @return false: not readable (errno) */
bool attest_proc_link(const struct attest_proc *proc, const char *name,
                      char path[ATTEST_PROC_PATH_MAX]);

/**
 * The numbers that a field holds.
 *
 * @param base  10 or 16
 * @return how many were written, up to `most`; 0: there is no such field
 */
size_t attest_proc_numbers(const char *text, const char *name, int base, uint64_t numbers[],
                           size_t most);
