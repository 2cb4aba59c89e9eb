/* random.h - random bytes from the kernel
 * SPDX-License-Identifier: ISC
 *
 * What: bytes come from getrandom(2) in blocks: one call serves some hundred query ids. Each byte
 *       is wiped when it was used.
 * Who:  front, worker; sandbox.c draws once before a filter is on.
 * Ref:  getrandom(2).
 */
#pragma once

#include "base/hash.h"

#include <stddef.h>
#include <stdint.h>

#define RANDOM_BLOCK_BYTES 256 /* the kernel gives so many whole, never cut by a signal */

struct random { /* of one process, in its struct os; all zero: nothing drawn yet */
    uint8_t block[RANDOM_BLOCK_BYTES];
    size_t left; /* bytes at the end of the block that are not spent; the others are wiped */
};

/** Fill `to`. A kernel that gives no bytes is fatal. */
void random_fill(void *to, size_t size);

/** Four of them. */
uint32_t random_u32(void);

/** A key that nobody outside knows, for a table of what strangers choose. */
struct hash_key random_key(void);
