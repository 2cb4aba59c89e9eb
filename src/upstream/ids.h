/* ids.h - the message ids of one upstream connection
 * SPDX-License-Identifier: ISC
 *
 * What: up to IDS_MAX ids out at once, picked at random, never one that is still out. The low ten
 *       bits name a slot, so the owner keeps what belongs to an id in a plain array; the upper six
 *       are random too, so the whole id is as hard to guess as 16 bits allow.
 * Who:  worker. Pure: random numbers arrive as arguments.
 * Ref:  RFC 5452 section 4.3 (ids not predictable), RFC 7766 section 7 (unique on a connection).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define IDS_BITS 10
#define IDS_MAX  (1U << IDS_BITS)

struct ids {
    uint16_t free_count;     /* ids not out */
    uint16_t free[IDS_MAX];  /* the first free_count: slots whose id is not out, in any order */
    uint16_t full[IDS_MAX];  /* by slot: the whole id last given out */
    uint8_t is_out[IDS_MAX]; /* by slot */
};

/** Make every id free. */
void ids_init(struct ids *ids);

/**
 * Give out an id.
 *
 * @param random  32 fresh random bits
 * @param id      written; its slot is ids_slot(*id)
 * @return false: all IDS_MAX are out (`id` is 0).
 */
bool ids_take(struct ids *ids, uint32_t random, uint16_t *id);

/** Is exactly this id out? */
bool ids_is_out(const struct ids *ids, uint16_t id);

/** Take an id back; one that is not out is left alone. */
void ids_give(struct ids *ids, uint16_t id);

/** The slot of an id: 0..IDS_MAX-1. */
static inline uint16_t
ids_slot(uint16_t id)
{
    return (uint16_t)(id & (IDS_MAX - 1));
}
