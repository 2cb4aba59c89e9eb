/* sandbox_trap.h - what a filter does with a call that has no row
 * SPDX-License-Identifier: ISC
 *
 * What: the process ends, in a test after the call was named.
 * Who:  sandbox.c, in sanitizer builds.
 * Ref:  docs/SANDBOX.md.
 */
#pragma once

#include <linux/filter.h>
#include <stddef.h>

/**
 * The program to load.
 *
 * @param program  static; `count` instructions, up to BPF_MAXINSNS
 * @return `program`. With SANDBOX_TRAP in the environment: another that names the call first.
 */
const struct sock_filter *sandbox_trap(const struct sock_filter *program, size_t count);
