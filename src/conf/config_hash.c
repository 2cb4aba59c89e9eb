/* config_hash.c - see config_hash.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_hash.h"

#include "base/hash.h"
#include "conf/config_row.h"

/* Each list is hashed under what was hashed before it, its place and its length. */
static uint64_t
hash_row(const struct config_row *row, const void *base, uint64_t place, uint64_t before)
{
    uint32_t count = config_row_count(row, base);
    struct hash_key key = {before, place << 32 | count};
    return hash_siphash24(&key, config_row_item(row, base, 0), (size_t)count * row->rule.size);
}

uint64_t
config_hash(const struct config *config)
{
    uint64_t hash = 0;
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        if (row->rule.kind == VALUE_SECRET)
            continue;
        for (uint32_t i = 0; i < config_row_entries(row, config); i++)
            hash = hash_row(row, config_row_base_of(row, config, i), id, hash);
    }
    return hash;
}
