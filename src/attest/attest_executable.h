/* attest_executable.h - what a process runs, and what is linked with it
 * SPDX-License-Identifier: ISC
 *
 * What: the executable and the shared libraries as they are mapped, which is not what stands at
 *       their paths now: that is compared. Libraries that are linked in stand in a note which the
 *       build writes into the executable.
 * Who:  attest_process.c.
 * Ref:  proc(5), /proc/PID/exe and /proc/PID/maps; src/meson.build.
 */
#pragma once

#include "attest/attest_proc.h"
#include "attest/attest_value.h"

/** Add "executable" and "libraries". @param supervisor  of the service, borrowed: where files are
 *  looked for that stand at a path now */
void attest_executable_put(const struct attest_proc *proc, const struct attest_proc *supervisor,
                           struct attest_value *value);
