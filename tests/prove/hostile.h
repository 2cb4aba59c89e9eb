/* hostile.h - shared memory that the other side scribbles on
 * SPDX-License-Identifier: ISC
 *
 * Included before all else. Each look at an index or flag gives another value; where lengths are read
 * once, as volatile, --nondet-volatile does the same.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

uint64_t nondet_u64(void);

#undef atomic_load_explicit
#define atomic_load_explicit(object, order) ((void)(object), nondet_u64())
