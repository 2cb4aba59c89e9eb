/* selftest.h - `penstock --sandbox-selftest`: does this kernel hold what the filters promise?
 * SPDX-License-Identifier: ISC
 *
 * What: each call of the list in probes.h is made in a process of its own, without a filter and
 *       under the filter of each role. A call that is forbidden must end its process by SIGSYS, and
 *       only under the filter; one that is permitted must go through. What fails already without a
 *       filter, because a container forbids it or the kernel lacks it, proves nothing and is said
 *       not to have been tried. And: no-new-privileges, seccomp's mode, Landlock.
 * Who:  supervisor, instead of serving; tests/sandbox.
 * Ref:  penstock(8); docs/SANDBOX.md.
 */
#pragma once

#include "supervisor/options.h"

/** @return the exit code: 0; 1 when something was not as it must be, which is printed */
int selftest_run(const struct options *options);
