/* deadlines.c - see deadlines.h
 * SPDX-License-Identifier: ISC
 */
#include "lane/deadlines.h"

size_t
deadlines_bytes(uint32_t capacity)
{
    return (size_t)capacity * (sizeof(uint64_t) + 2 * sizeof(uint32_t));
}

static void
note_first(struct deadlines *d)
{
    d->first = d->count > 0 ? d->heap[0] : DEADLINES_NONE;
    d->first_at = d->count > 0 ? d->at[d->first] : UINT64_MAX;
}

void
deadlines_init(struct deadlines *d, void *memory, uint32_t capacity)
{
    uint64_t *at = memory;
    uint32_t *place = (uint32_t *)(void *)&at[capacity];
    *d = (struct deadlines){
        .at = at, .place = place, .heap = &place[capacity], .capacity = capacity};
    note_first(d);
}

static void
put(struct deadlines *d, uint32_t index, uint32_t number)
{
    d->heap[index] = number;
    d->place[number] = index + 1;
}

/* Put `number` at the free place `index`, or above it. */
static void
rise(struct deadlines *d, uint32_t index, uint32_t number)
{
    while (index > 0 && d->at[number] < d->at[d->heap[(index - 1) / 2]]) {
        put(d, index, d->heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    put(d, index, number);
}

/* Put `number` at the free place `index`, or below it. */
static void
sink(struct deadlines *d, uint32_t index, uint32_t number)
{
    for (uint32_t child = 2 * index + 1; child < d->count; child = 2 * index + 1) {
        if (child + 1 < d->count && d->at[d->heap[child + 1]] < d->at[d->heap[child]])
            child++;
        if (d->at[number] <= d->at[d->heap[child]])
            break;
        put(d, index, d->heap[child]);
        index = child;
    }
    put(d, index, number);
}

/* Put `number` at the free place `index`, or wherever else it belongs. */
static void
settle(struct deadlines *d, uint32_t index, uint32_t number)
{
    if (index > 0 && d->at[number] < d->at[d->heap[(index - 1) / 2]])
        rise(d, index, number);
    else
        sink(d, index, number);
}

void
deadlines_set(struct deadlines *d, uint32_t number, uint64_t at)
{
    uint32_t place = d->place[number];
    d->at[number] = at;
    if (place == 0)
        rise(d, d->count++, number);
    else
        settle(d, place - 1, number);
    note_first(d);
}

void
deadlines_clear(struct deadlines *d, uint32_t number)
{
    uint32_t place = d->place[number];
    if (place == 0)
        return;
    d->place[number] = 0;
    uint32_t last = d->heap[--d->count];
    if (last != number)
        settle(d, place - 1, last);
    note_first(d);
}
