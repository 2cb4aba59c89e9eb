/* ids.c - see ids.h
 * SPDX-License-Identifier: ISC
 */
#include "upstream/ids.h"

void
ids_init(struct ids *ids)
{
    ids->free_count = IDS_MAX;
    for (uint16_t slot = 0; slot < IDS_MAX; slot++) {
        ids->free[slot] = slot;
        ids->full[slot] = slot;
        ids->is_out[slot] = 0;
    }
}

bool
ids_take(struct ids *ids, uint32_t random, uint16_t *id)
{
    *id = 0;
    if (ids->free_count == 0)
        return false;
    /* 26 bits scaled to the count: the bias is below one in 2^16 */
    uint16_t at = (uint16_t)((uint64_t)(random >> 6) * ids->free_count >> 26);
    uint16_t slot = ids->free[at];
    ids->free[at] = ids->free[--ids->free_count];
    ids->is_out[slot] = 1;
    ids->full[slot] = (uint16_t)((random & 63U) << IDS_BITS | slot);
    *id = ids->full[slot];
    return true;
}

bool
ids_is_out(const struct ids *ids, uint16_t id)
{
    uint16_t slot = ids_slot(id);
    return ids->is_out[slot] != 0 && ids->full[slot] == id;
}

void
ids_give(struct ids *ids, uint16_t id)
{
    if (!ids_is_out(ids, id))
        return;
    ids->is_out[ids_slot(id)] = 0;
    ids->free[ids->free_count++] = ids_slot(id);
}
