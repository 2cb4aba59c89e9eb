/* test_buckets.c - finding, making and giving up buckets
 * SPDX-License-Identifier: ISC
 */
#include "gate/buckets.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES (2 * BUCKETS_GROUP)

static _Alignas(64) uint8_t memory[BUCKETS_MEMORY_BYTES(ENTRIES)];
static struct buckets buckets;

static void
setup(void)
{
    memset(memory, 0, sizeof memory);
    buckets_init(&buckets, memory, ENTRIES, (struct hash_key){1, 2});
}

TestSuite(buckets, .init = setup);

/* The `n`th name of group 0. */
static uint64_t
tag(unsigned n)
{
    return (uint64_t)2 * (n + 1) * PREFIX_TAG_CLASSES;
}

static void
place(uint64_t of, uint64_t now, uint64_t empty_at)
{
    struct buckets_ref ref = buckets_find(&buckets, of);
    cr_assert_eq(ref.slot, BUCKETS_GROUP, "none yet");
    buckets_place(&buckets, &ref, now, empty_at);
    cr_assert_eq(*buckets_empty_at(&ref), empty_at);
}

Test(buckets, finds_what_it_placed_and_nothing_else)
{
    place(tag(0), 0, 100);
    place(tag(1), 0, 200);
    struct buckets_ref ref = buckets_find(&buckets, tag(0));
    cr_assert_lt(ref.slot, BUCKETS_GROUP);
    cr_assert_eq(*buckets_empty_at(&ref), 100);
    cr_assert_eq(buckets_find(&buckets, tag(2)).slot, BUCKETS_GROUP);
    cr_assert_eq(buckets_find(&buckets, tag(0) + PREFIX_TAG_CLASSES).slot, BUCKETS_GROUP,
                 "of the other group");
}

Test(buckets, a_full_group_gives_up_the_one_empty_soonest)
{
    for (unsigned i = 0; i < BUCKETS_GROUP; i++)
        place(tag(i), 0, 1000 + (i + 3) % BUCKETS_GROUP * BUCKETS_TICKS_PER_MS);
    place(tag(BUCKETS_GROUP), 1, 5000);
    cr_assert_eq(buckets_find(&buckets, tag(5)).slot, BUCKETS_GROUP, "it was the one");
    for (unsigned i = 0; i <= BUCKETS_GROUP; i++)
        if (i != 5)
            cr_assert_lt(buckets_find(&buckets, tag(i)).slot, BUCKETS_GROUP, "%u", i);
    cr_assert_eq(buckets.replaced, 1);
    cr_assert_eq(buckets.forgiven_ms, 0);
    cr_assert_eq(buckets.forgiven_ticks, 999);
}

Test(buckets, what_is_forgiven_adds_up_to_milliseconds)
{
    for (unsigned i = 0; i < BUCKETS_GROUP; i++)
        place(tag(i), 0, BUCKETS_TICKS_PER_MS / 2 + i);
    for (unsigned i = 0; i < 4; i++)
        place(tag(BUCKETS_GROUP + i), 0, 100 * BUCKETS_TICKS_PER_MS);
    cr_assert_eq(buckets.replaced, 4);
    cr_assert_eq(buckets.forgiven_ms, 2);
    cr_assert_eq(buckets.forgiven_ticks, 0 + 1 + 2 + 3);
}

Test(buckets, an_empty_one_is_given_up_for_nothing)
{
    for (unsigned i = 0; i < BUCKETS_GROUP; i++)
        place(tag(i), 0, 100 + i);
    place(tag(BUCKETS_GROUP), 100, 500);
    cr_assert_eq(buckets.replaced, 0);
    cr_assert_eq(buckets.forgiven_ticks, 0);
}
