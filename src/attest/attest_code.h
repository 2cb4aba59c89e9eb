/* attest_code.h - memory of a process that is executed and is not as its files are
 * SPDX-License-Identifier: ISC
 *
 * What: three amounts that are none in a process of the service: memory that can be both written and
 *       executed, executable memory of no file, and pages of a file's code that the process has copies
 *       of, because somebody wrote to them (a debugger, /proc/PID/mem).
 * Who:  attest_process.c.
 * Ref:  proc_pid_smaps(5).
 */
#pragma once

#include "attest/attest_proc.h"
#include "attest/attest_value.h"

struct attest_code { /* KiB each */
    uint64_t writable, anonymous, changed;
};

/** Add up what a text like /proc/PID/smaps says. Pure. The kernel's own pages ([vdso]) do not count. */
void attest_code_read(const char *smaps, struct attest_code *code);

/** Add "code" of a process. */
void attest_code_put(const struct attest_proc *proc, struct attest_value *value);
