/* prove.h - what the harnesses share
 * SPDX-License-Identifier: ISC
 *
 * What: values of which nothing is known but what is assumed of them, and claims about what follows.
 *       A harness is a function prove_SUBJECT_WHAT() without arguments; CBMC looks for values of
 *       whatever is unknown in it that make a claim false, or leave an object, overflow or loop
 *       for ever.
 * Who:  tools/prove only; no compiler builds this.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define ASSUME(condition) __CPROVER_assume(condition)

/* REACHED() stands where a harness ends well. tools/prove builds each harness once more with IS_REACHED:
 * then this is its only claim, and has to be refuted, or what was assumed can never be. */
#ifdef IS_REACHED
#define CLAIM(condition, text) ((void)(condition))
#define REACHED()              __CPROVER_assert(false, "never here")
#else
#define CLAIM(condition, text) __CPROVER_assert(condition, text)
#define REACHED()              ((void)0)
#endif

bool nondet_bool(void);
uint8_t nondet_u8(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);
size_t nondet_size(void);

/* Where 16 or 32 bits are enough the others are known to be zero: much less for the solver. */
static inline size_t
any_up_to(size_t most)
{
    size_t value = nondet_size();
    if (most <= UINT16_MAX)
        value = nondet_u16();
    else if (most <= UINT32_MAX)
        value = nondet_u32();
    ASSUME(value <= most);
    return value;
}

/* An object of exactly so many octets, whatever they are: one before or behind it is out of bounds. */
static inline void *
any_octets(size_t size)
{
    void *octets = malloc(size);
    ASSUME(octets != NULL);
    return octets;
}

/* The same over an array of fixed size, which CBMC follows much faster: `size` octets at the end of
 * `whole`. Before them is out of bounds only where they fill it; the cursor itself is proved over
 * exact objects (prove_bytes.c). */
#define ANY_TAIL(whole, size) ((whole) + sizeof(whole) - (size))
