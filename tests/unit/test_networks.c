/* test_networks.c - a tree that holds what is held, and nothing else
 * SPDX-License-Identifier: ISC
 */
#include "gate/networks.h"

#include "prng.h"

#include <criterion/criterion.h>

static struct prefix_set
lengths(uint8_t a, uint8_t b, uint8_t c)
{
    struct prefix_set set = {.key = {7, 8}, .counts = {3, 3}, .lengths = {{a, b, c}, {48, 56, 64}}};
    prefix_set_mark(&set);
    return set;
}

static struct networks
open_networks(uint32_t count)
{
    struct networks n;
    networks_init(&n, calloc(1, networks_memory_bytes(count)), count);
    return n;
}

static struct addr
client(unsigned a, unsigned b, unsigned c)
{
    return (struct addr){.family = ADDR_IPV4, .bytes = {10, (uint8_t)a, (uint8_t)b, (uint8_t)c}};
}

static uint32_t
take(struct networks *n, const struct prefix_set *set, struct addr from, bool exempt)
{
    struct prefix_keys keys = {0};
    return networks_take(n, set, &keys, &from, exempt);
}

Test(networks, one_is_within_the_other)
{
    struct networks n = open_networks(16);
    struct prefix_set set = lengths(20, 24, 32);
    uint32_t one = take(&n, &set, client(1, 1, 1), false),
             same = take(&n, &set, client(1, 1, 1), false);
    uint32_t near = take(&n, &set, client(1, 1, 2), false),
             far = take(&n, &set, client(1, 15, 1), false);
    uint32_t other = take(&n, &set, client(2, 1, 1), false);
    cr_assert_eq(one, same);
    uint32_t net = networks_parent(&n, one), site = networks_parent(&n, net);
    cr_expect_eq(networks_parent(&n, near), net);
    cr_expect_neq(networks_parent(&n, far), net);
    cr_expect_eq(networks_parent(&n, networks_parent(&n, far)), site);
    cr_expect_eq(networks_parent(&n, site), NETWORKS_ROOT);
    cr_expect_neq(networks_parent(&n, networks_parent(&n, other)), site);
    cr_expect(n.nodes[one].is_leaf && !n.nodes[net].is_leaf);
    cr_expect_eq(n.nodes[one].kind, 2);
    cr_expect_eq(n.nodes[site].kind, 0);
    free(n.nodes);
}

Test(networks, the_exempt_and_those_of_other_lengths_stand_apart)
{
    struct networks n = open_networks(16);
    struct prefix_set set = lengths(20, 24, 32), changed = lengths(16, 24, 32);
    struct addr six = {.family = ADDR_IPV6, .bytes = {0x20, 1, 0xd, 0xb8}};
    uint32_t plain = take(&n, &set, client(1, 1, 1), false);
    uint32_t exempt = take(&n, &set, client(1, 1, 1), true);
    cr_expect_neq(plain, exempt);
    cr_expect_eq(networks_parent(&n, exempt), NETWORKS_ROOT);
    cr_expect_eq(n.nodes[exempt].kind, NETWORKS_EXEMPT);
    cr_expect_neq(take(&n, &changed, client(1, 1, 1), false), plain);
    cr_expect_eq(n.nodes[take(&n, &set, six, false)].kind, PREFIX_LENGTHS_MAX + 2);
    free(n.nodes);
}

Test(networks, a_full_table_takes_nothing_and_keeps_nothing_of_it)
{
    struct networks n = open_networks(4);
    struct prefix_set set = lengths(20, 24, 32);
    uint32_t one = take(&n, &set, client(1, 1, 1), false);
    cr_assert_eq(take(&n, &set, client(2, 1, 1), false), NETWORKS_ROOT, "two more than there is");
    uint32_t near = take(&n, &set, client(1, 1, 2), false);
    cr_assert_neq(near, NETWORKS_ROOT, "one more has room");
    networks_release(&n, one);
    networks_release(&n, near);
    for (uint32_t i = 1; i <= 4; i++)
        cr_expect_eq(n.nodes[i].refs, 0);
    cr_expect_neq(take(&n, &set, client(2, 1, 1), false), NETWORKS_ROOT);
    free(n.nodes);
}

Test(networks, holds_what_is_held_over_random_events)
{
    enum { THINGS = 300 };
    struct prng prng = prng_begin("networks");
    struct networks n = open_networks(networks_for(THINGS));
    struct prefix_set set = lengths(20, 24, 32);
    uint32_t leaves[THINGS], count = 0;
    for (unsigned i = 0; i < 100000; i++) {
        if (prng_below(&prng, 2) == 0 && count < THINGS) {
            leaves[count] = take(
                &n, &set, client(prng_below(&prng, 3), prng_below(&prng, 40), prng_below(&prng, 9)),
                prng_below(&prng, 9) == 0);
            cr_assert_neq(leaves[count++], NETWORKS_ROOT);
        } else if (count > 0) {
            uint32_t which = prng_below(&prng, count);
            networks_release(&n, leaves[which]);
            leaves[which] = leaves[--count];
        }
    }
    while (count > 0)
        networks_release(&n, leaves[--count]);
    for (uint32_t i = 1; i <= n.touched; i++)
        cr_assert_eq(n.nodes[i].refs, 0);
    cr_assert_leq(n.touched, networks_for(THINGS));
    free(n.nodes);
}
