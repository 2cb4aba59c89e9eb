/* deadlines.h - which of many things is due first
 * SPDX-License-Identifier: ISC
 *
 * What: a binary heap over the caller's numbers, each with at most one deadline. Whatever the order
 *       in which deadlines are set, moved and taken away, the earliest is at hand: a configuration
 *       that shortens a time makes later things due before earlier ones.
 *       It is read in every turn, and changes with few queries: so it is kept as a value.
 * Who:  front and worker. Pure: no clock, no allocation. Every call takes at most log2(count) steps.
 * Ref:  docs/LIMITS.md "deadlines".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEADLINES_NONE UINT32_MAX

struct deadlines {
    uint64_t first_at; /* when the first of them is due; UINT64_MAX: there is none */
    uint32_t first;    /* its number, any of them where several are; DEADLINES_NONE */
    uint64_t *at;      /* by the caller's number: its deadline */
    uint32_t *place;   /* by the caller's number: where the heap has it, from 1; 0: it has none */
    uint32_t *heap;    /* numbers, the earliest first; `count` of them */
    uint32_t count, capacity;
};

/** Bytes of memory for the numbers 0..capacity-1: 16 for each, and at most 8 more. */
size_t deadlines_bytes(uint32_t capacity);

/** @param memory  borrowed as long as `d` lives; zeroed, deadlines_bytes(capacity), aligned to 8;
 *                 pages of numbers that were never used are not touched */
void deadlines_init(struct deadlines *d, void *memory, uint32_t capacity);

/** `number` (0..capacity-1) is due at `at`, in the caller's unit: the last call counts. */
void deadlines_set(struct deadlines *d, uint32_t number, uint64_t at);

/** `number` has no deadline any more. May be called twice. */
void deadlines_clear(struct deadlines *d, uint32_t number);
