/* test_tally.c */
#include "core/tally.h"

#include "prng.h"

#include <criterion/criterion.h>

static const struct hash_key key = {9, 10};

static struct addr
client(unsigned net, unsigned host)
{
    return (struct addr){.family = ADDR_IPV4, .bytes = {10, 0, (uint8_t)net, (uint8_t)host}};
}

static struct tally
open_tally(uint32_t slots)
{
    struct tally t;
    tally_init(&t, malloc(tally_memory_bytes(slots)), slots, 24, 56, key);
    return t;
}

Test(tally, counts_a_prefix_up_to_the_most)
{
    struct tally t = open_tally(4);
    struct addr one = client(1, 1), same = client(1, 2), other = client(2, 1);
    uint32_t slot = tally_take(&t, &one, 2);
    cr_assert_neq(slot, TALLY_NONE);
    cr_assert_eq(tally_take(&t, &same, 2), slot);
    cr_assert_eq(tally_count(&t, slot), 2);
    cr_assert_eq(tally_take(&t, &one, 2), TALLY_NONE);
    cr_assert_neq(tally_take(&t, &other, 2), TALLY_NONE);
    tally_give(&t, slot);
    cr_assert_eq(tally_take(&t, &one, 2), slot);
    free(t.slots);
}

Test(tally, forgets_a_prefix_that_holds_nothing)
{
    struct tally t = open_tally(1);
    struct addr one = client(1, 1), other = client(2, 1);
    uint32_t slot = tally_take(&t, &one, 5);
    cr_assert_eq(tally_take(&t, &other, 5), TALLY_NONE, "no slot is free");
    tally_give(&t, slot);
    cr_assert_eq(tally_find(&t, &one), TALLY_NONE);
    cr_assert_neq(tally_take(&t, &other, 5), TALLY_NONE);
    cr_assert_eq(tally_take(&t, &one, 0), TALLY_NONE);
    free(t.slots);
}

Test(tally, equals_a_plain_count_over_random_events)
{
    struct prng prng = prng_begin("tally");
    enum { NETS = 200, THINGS = 300 };
    struct tally t = open_tally(THINGS);
    uint32_t counts[NETS] = {0}, slots[THINGS], nets[THINGS], things = 0;
    for (unsigned i = 0; i < 100000; i++) {
        if (prng_below(&prng, 2) == 0 && things < THINGS) {
            uint32_t net = prng_below(&prng, NETS);
            struct addr from = client(net, prng_below(&prng, 256));
            uint32_t slot = tally_take(&t, &from, 5);
            cr_assert_eq(slot == TALLY_NONE, counts[net] == 5);
            if (slot == TALLY_NONE)
                continue;
            counts[net]++;
            slots[things] = slot;
            nets[things++] = net;
        } else if (things > 0) {
            uint32_t which = prng_below(&prng, things);
            tally_give(&t, slots[which]);
            counts[nets[which]]--;
            slots[which] = slots[--things];
            nets[which] = nets[things];
        }
        struct addr probe = client(prng_below(&prng, NETS), 0);
        uint32_t slot = tally_find(&t, &probe);
        cr_assert_eq(slot == TALLY_NONE ? 0 : tally_count(&t, slot), counts[probe.bytes[2]]);
    }
    free(t.slots);
}
