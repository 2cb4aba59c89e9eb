/* hostile.h - shared memory that the other side scribbles on
 * SPDX-License-Identifier: ISC
 *
 * Included before all else. Each look at an index or flag gives another value. What else is read of
 * shared memory is read by functions that tools/prove lets return any value.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

uint64_t nondet_u64(void);

#undef atomic_load_explicit
#define atomic_load_explicit(object, order) ((void)(object), nondet_u64())
