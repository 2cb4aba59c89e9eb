/* sandbox_trap.h - what a filter does with a call that has no row
 * SPDX-License-Identifier: ISC
 *
 * What: the process ends, in a test after the call was named.
 * Who:  sandbox.c, in sanitizer builds.
 * Ref:  docs/SANDBOX.md.
 */
#pragma once

#include <stdint.h>

/** SCMP_ACT_KILL_PROCESS. With SANDBOX_TRAP in the environment: a trap that names the call first. */
uint32_t sandbox_trap_action(void);
