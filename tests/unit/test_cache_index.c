/* test_cache_index.c - the table against a plain list
 * SPDX-License-Identifier: ISC
 */
#include "answers/cache_index.h"

#include "prng.h"

#include <criterion/criterion.h>

#define ENTRIES 48 /* of 64 slots */

static struct cache_slot slots[64];
static struct cache_index table = {slots, 63};

static bool
finds(uint32_t hash, uint32_t entry)
{
    uint32_t at = 0, found;
    while ((found = cache_index_next(&table, hash, &at)) != CACHE_INDEX_NONE)
        if (found == entry)
            return true;
    return false;
}

Test(cache_index, has_a_free_slot_whatever_the_number_of_entries)
{
    for (size_t entries = 1; entries < 100000; entries += 1 + entries / 7) {
        size_t count = cache_index_slots(entries);
        cr_assert(count > entries && (count & (count - 1)) == 0, "%zu", entries);
    }
}

/* Few hashes, near the table's edge: runs are long, wrap around, and have many equals. */
Test(cache_index, finds_what_entered_until_it_leaves)
{
    struct prng prng = prng_begin("cache_index");
    uint32_t hashes[ENTRIES + 1] = {0};
    bool is_in[ENTRIES + 1] = {false};
    for (unsigned step = 0; step < 200000; step++) {
        uint32_t entry = 1 + prng_below(&prng, ENTRIES);
        if (is_in[entry]) {
            cache_index_leave(&table, hashes[entry], entry);
        } else {
            hashes[entry] = (58 + prng_below(&prng, 10)) | prng_below(&prng, 3) << 8;
            cache_index_enter(&table, hashes[entry], entry);
        }
        is_in[entry] = !is_in[entry];
        for (uint32_t i = 1; i <= ENTRIES; i++)
            cr_assert_eq(finds(hashes[i], i), is_in[i], "step %u entry %u", step, i);
    }
}
