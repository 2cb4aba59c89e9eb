/* random.h - random bytes from the kernel
 * SPDX-License-Identifier: ISC
 *
 * Who:  front, worker. Bytes come from getrandom(2) in blocks, and each byte is wiped
 *       when used.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define RANDOM_BLOCK_BYTES 256 /* the kernel gives so many whole, never cut by a signal */

struct random { /* of one process, in its struct os; all zero: nothing drawn yet */
    uint8_t block[RANDOM_BLOCK_BYTES];
    size_t left; /* bytes at the end of the block that are not spent; the others are wiped */
};

/** Fill `to`; a kernel that gives none is fatal. */
void random_fill(void *to, size_t size);
uint32_t random_u32(void);

/** Uniform in 0..below-1; below > 0. */
uint32_t random_below(uint32_t below);
