/* test_ids.c - ids of a connection: unique while out, spread, taken back once
 * SPDX-License-Identifier: ISC
 */
#include "upstream/ids.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>

static uint32_t seed;

static uint32_t
next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

static void
start_random(void)
{
    seed = (uint32_t)time(NULL) | 1;
    printf("seed %u\n", seed);
}

Test(ids, gives_out_every_slot_once_and_then_none)
{
    static struct ids ids;
    static uint8_t seen[IDS_MAX];
    start_random();
    ids_init(&ids);
    uint16_t id;
    for (unsigned i = 0; i < IDS_MAX; i++) {
        cr_assert(ids_take(&ids, next_random(), &id));
        cr_assert_eq(seen[ids_slot(id)], 0);
        seen[ids_slot(id)] = 1;
    }
    cr_assert_not(ids_take(&ids, next_random(), &id));
    cr_assert_eq(id, 0);
}

Test(ids, never_gives_out_an_id_that_is_out)
{
    static struct ids ids;
    static uint8_t out[65536];
    static uint16_t held[IDS_MAX];
    unsigned count = 0;
    start_random();
    ids_init(&ids);
    for (unsigned i = 0; i < 200000; i++) {
        if (count == 0 || (count < IDS_MAX && next_random() % 100 < 55)) {
            uint16_t id;
            cr_assert(ids_take(&ids, next_random(), &id));
            cr_assert_eq(out[id], 0);
            cr_assert(ids_is_out(&ids, id));
            out[id] = 1;
            held[count++] = id;
        } else {
            unsigned at = next_random() % count;
            ids_give(&ids, held[at]);
            cr_assert_not(ids_is_out(&ids, held[at]));
            out[held[at]] = 0;
            held[at] = held[--count];
        }
        cr_assert_eq(ids.free_count, IDS_MAX - count);
    }
}

Test(ids, knows_a_wrong_id_of_a_slot_that_is_out)
{
    static struct ids ids;
    ids_init(&ids);
    uint16_t id;
    cr_assert(ids_take(&ids, 12345, &id));
    for (unsigned upper = 0; upper < 64; upper++) {
        uint16_t other = (uint16_t)(upper << IDS_BITS | ids_slot(id));
        cr_assert_eq(ids_is_out(&ids, other), other == id);
    }
}

Test(ids, takes_an_id_back_only_once)
{
    static struct ids ids;
    ids_init(&ids);
    uint16_t id;
    cr_assert(ids_take(&ids, 99, &id));
    ids_give(&ids, id);
    ids_give(&ids, id);
    ids_give(&ids, (uint16_t)(id ^ 0x8000));
    cr_assert_eq(ids.free_count, IDS_MAX);
}

Test(ids, spreads_over_all_sixteen_bits)
{
    static struct ids ids;
    static uint32_t buckets[256];
    start_random();
    ids_init(&ids);
    for (unsigned i = 0; i < 256000; i++) {
        uint16_t id;
        cr_assert(ids_take(&ids, next_random(), &id));
        buckets[id >> 8]++;
        ids_give(&ids, id);
    }
    for (unsigned i = 0; i < 256; i++)
        cr_assert(buckets[i] > 700 && buckets[i] < 1300, "bucket %u has %u", i, buckets[i]);
}
