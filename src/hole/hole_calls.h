/* hole_calls.h - attacks by one system call whose arguments have to be found first
 * SPDX-License-Identifier: ISC
 *
 * What: each makes one call and returns what it returned; errno is the kernel's.
 * Who:  hole_attack.c, by the rows of attacks.def.
 * Ref:  docs/HOLE.md.
 */
#pragma once

#include "hole/hole_attack.h"

long hole_calls_other_memory(struct hole_process *self);
long hole_calls_kill(struct hole_process *self);
long hole_calls_tgkill(struct hole_process *self);
long hole_calls_sigqueue(struct hole_process *self);
long hole_calls_pidfd_stop(struct hole_process *self);
long hole_calls_trace(struct hole_process *self);
long hole_calls_read_other(struct hole_process *self);
long hole_calls_write_other(struct hole_process *self);
long hole_calls_compare(struct hole_process *self);
long hole_calls_limit_other(struct hole_process *self);
long hole_calls_mprotect(struct hole_process *self);
long hole_calls_pkey(struct hole_process *self);
long hole_calls_capset(struct hole_process *self);
long hole_calls_raise_limit(struct hole_process *self);
long hole_calls_x32(struct hole_process *self);   /* ENOSYS where the processor has none, */
long hole_calls_int80(struct hole_process *self); /* likewise */
