/* test_crowd.c - whoever has most gives way, at each length, compared with a plain search
 * SPDX-License-Identifier: ISC
 */
#include "gate/crowd.h"

#include "prng.h"

#include <criterion/criterion.h>

enum { THINGS = 200 };

static const struct addr_lengths plain = {
    .key = {7, 8}, .mark = 1, .counts = {3, 3}, .lengths = {{20, 24, 32}, {48, 56, 64}}};

static struct networks networks;
static struct crowd crowd;
static uint32_t items_used;

static void
setup(void)
{
    uint32_t count = 4 * (THINGS + 1);
    crowd_networks_init(&networks, calloc(1, crowd_networks_bytes(count)), count);
    crowd_init(&crowd, &networks, calloc(1, crowd_memory_bytes(THINGS, &networks)));
    for (unsigned kind = 0; kind < NETWORKS_KINDS; kind++)
        crowd.bounds[kind] = THINGS;
    items_used = 0;
}

static struct addr
client(unsigned a, unsigned b, unsigned c)
{
    return (struct addr){.family = ADDR_IPV4, .bytes = {10, (uint8_t)a, (uint8_t)b, (uint8_t)c}};
}

static uint32_t
leaf_of(struct addr from)
{
    struct addr_keys keys = {0};
    return crowd_network_take(&networks, NETWORKS_ROOT, &plain, &keys, &from, false);
}

static uint32_t
take(struct addr from, unsigned count)
{
    uint32_t leaf = NETWORKS_ROOT;
    while (count-- > 0) {
        leaf = leaf_of(from);
        crowd_take(&crowd, leaf, ++items_used, CROWD_A);
    }
    return leaf;
}

Test(crowd, the_network_with_most_gives_way_and_within_it_the_client_with_most, .init = setup)
{
    uint32_t heavy = take(client(1, 1, 1), 5);
    take(client(1, 1, 2), 3);
    uint32_t large = take(client(2, 1, 1), 6);
    uint32_t newcomer = leaf_of(client(3, 1, 1));
    cr_expect_eq(crowd_most(&crowd, NETWORKS_ROOT, newcomer), heavy, "8 of its /20, and 5 of them");
    take(client(3, 1, 1), 1);
    cr_expect_eq(crowd_most(&crowd, NETWORKS_ROOT, newcomer), heavy);
    take(client(2, 1, 1), 3);
    cr_expect_eq(crowd_most(&crowd, NETWORKS_ROOT, newcomer), large, "9 of its /20");
}

Test(crowd, nobody_gives_way_to_who_would_have_as_many, .init = setup)
{
    take(client(1, 1, 1), 4);
    uint32_t newcomer = take(client(2, 1, 1), 3);
    cr_expect_eq(crowd_most(&crowd, NETWORKS_ROOT, newcomer), newcomer);
    take(client(1, 1, 1), 1);
    cr_expect_neq(crowd_most(&crowd, NETWORKS_ROOT, newcomer), newcomer);
    uint32_t fresh = leaf_of(client(1, 1, 9));
    cr_expect_neq(crowd_most(&crowd, NETWORKS_ROOT, fresh), fresh,
                  "its network pays: another client");
}

Test(crowd, a_bound_of_a_network_is_shared_by_its_clients, .init = setup)
{
    crowd.bounds[1] = 8; /* /24 */
    uint32_t heavy = take(client(1, 1, 1), 6), light = take(client(1, 1, 2), 2);
    take(client(1, 2, 1), 20);
    uint32_t full = crowd_full(&crowd, light);
    cr_assert_eq(full, NETWORKS_PARENT(&networks, light));
    cr_expect_eq(crowd_most(&crowd, full, light), heavy);
    cr_expect_eq(crowd_most(&crowd, full, heavy), heavy);
    uint32_t fresh = leaf_of(client(1, 1, 3));
    cr_expect_eq(crowd_most(&crowd, crowd_full(&crowd, fresh), fresh), heavy);
    cr_expect_eq(crowd_full(&crowd, leaf_of(client(1, 3, 1))), NETWORKS_ROOT);
}

Test(crowd, lists_are_in_order_of_coming, .init = setup)
{
    uint32_t leaf = take(client(1, 1, 1), 3);
    cr_expect_eq(crowd_first(&crowd, leaf, CROWD_A), 1);
    cr_expect_eq(crowd_last(&crowd, leaf, CROWD_A), 3);
    crowd_move(&crowd, 1, CROWD_A);
    cr_expect_eq(crowd_first(&crowd, leaf, CROWD_A), 2);
    cr_expect_eq(crowd_last(&crowd, leaf, CROWD_A), 1);
    cr_expect_eq(crowd_before(&crowd, 1), 3);
    crowd_move(&crowd, 3, CROWD_B);
    cr_expect_eq(crowd_before(&crowd, 1), 2);
    cr_expect_eq(crowd_first(&crowd, leaf, CROWD_B), 3);
    cr_expect_eq(crowd_give(&crowd, 3), leaf);
    cr_expect_eq(crowd_first(&crowd, leaf, CROWD_B), CROWD_NONE);
    cr_expect_eq(crowd_give(&crowd, 3), NETWORKS_ROOT, "counted no more");
}

/* --- against a search --- */

static struct addr who[THINGS + 1];
static bool is_held[THINGS + 1];

static unsigned
count_of(struct addr from, unsigned length)
{
    unsigned count = 0;
    addr_mask(&from, length);
    for (unsigned i = 1; i <= THINGS; i++) {
        struct addr other = who[i];
        addr_mask(&other, length);
        count += is_held[i] && addr_is_equal(&other, &from);
    }
    return count;
}

static unsigned
most_within(struct addr around, unsigned length, unsigned within)
{
    unsigned most = 0;
    addr_mask(&around, length);
    for (unsigned i = 1; i <= THINGS; i++) {
        struct addr other = who[i];
        addr_mask(&other, length);
        if (is_held[i] && addr_is_equal(&other, &around)) {
            unsigned count = count_of(who[i], within);
            most = count > most ? count : most;
        }
    }
    return most;
}

/* At each length, the one that gives way has most, and two more than the newcomer's. */
static void
check_most(struct addr newcomer)
{
    static const unsigned lengths[] = {0, 20, 24, 32};
    uint32_t leaf = leaf_of(newcomer), most = crowd_most(&crowd, NETWORKS_ROOT, leaf);
    struct addr giving = most == leaf ? newcomer : who[crowd_last(&crowd, most, CROWD_A)];
    bool is_around = true;
    for (unsigned i = 1; i < 4; i++) {
        unsigned highest = most_within(giving, lengths[i - 1], lengths[i]);
        unsigned own = count_of(newcomer, lengths[i]), its = count_of(giving, lengths[i]);
        struct addr a = newcomer, b = giving;
        addr_mask(&a, lengths[i]);
        addr_mask(&b, lengths[i]);
        if (is_around && addr_is_equal(&a, &b)) {
            cr_assert_geq(own + 1, highest, "/%u", lengths[i]);
            continue;
        }
        cr_assert_eq(its, highest, "/%u", lengths[i]);
        if (is_around)
            cr_assert_lt(own + 1, highest, "/%u", lengths[i]);
        is_around = false;
    }
    crowd_network_release(&networks, leaf);
}

Test(crowd, equals_a_search_over_random_events, .init = setup)
{
    struct prng prng = prng_begin("crowd");
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t i = 1 + prng_below(&prng, THINGS);
        unsigned wide = step % 2000 < 1000 ? 2 : 40;
        if (is_held[i]) {
            crowd_network_release(&networks, crowd_give(&crowd, i));
        } else {
            who[i] = client(prng_below(&prng, 3), prng_below(&prng, wide), prng_below(&prng, wide));
            crowd_take(&crowd, leaf_of(who[i]), i, CROWD_A);
        }
        is_held[i] = !is_held[i];
        if (step % 10 == 0)
            check_most(
                client(prng_below(&prng, 4), prng_below(&prng, wide), prng_below(&prng, wide)));
    }
    for (uint32_t i = 1; i <= THINGS; i++)
        if (is_held[i])
            crowd_network_release(&networks, crowd_give(&crowd, i));
    for (uint32_t i = 0; i <= networks.touched; i++)
        cr_assert_eq(crowd.nodes[i].held + crowd.nodes[i].group + crowd.nodes[i].groups.first, 0);
}

/* --- a tree that holds what is held, and nothing else */

static struct addr_lengths
lengths(uint8_t a, uint8_t b, uint8_t c)
{
    struct addr_lengths set = {
        .key = {7, 8}, .counts = {3, 3}, .lengths = {{a, b, c}, {48, 56, 64}}};
    addr_lengths_mark(&set);
    return set;
}

static struct networks
open_networks(uint32_t count)
{
    struct networks n;
    crowd_networks_init(&n, calloc(1, crowd_networks_bytes(count)), count);
    return n;
}

static uint32_t
take_leaf(struct networks *n, const struct addr_lengths *set, struct addr from, bool exempt)
{
    struct addr_keys keys = {0};
    return crowd_network_take(n, NETWORKS_ROOT, set, &keys, &from, exempt);
}

Test(crowd, one_is_within_the_other)
{
    struct networks n = open_networks(16);
    struct addr_lengths set = lengths(20, 24, 32);
    uint32_t one = take_leaf(&n, &set, client(1, 1, 1), false),
             same = take_leaf(&n, &set, client(1, 1, 1), false);
    uint32_t near = take_leaf(&n, &set, client(1, 1, 2), false),
             far = take_leaf(&n, &set, client(1, 15, 1), false);
    uint32_t other = take_leaf(&n, &set, client(2, 1, 1), false);
    cr_assert_eq(one, same);
    uint32_t net = NETWORKS_PARENT(&n, one), site = NETWORKS_PARENT(&n, net);
    cr_expect_eq(NETWORKS_PARENT(&n, near), net);
    cr_expect_neq(NETWORKS_PARENT(&n, far), net);
    cr_expect_eq(NETWORKS_PARENT(&n, NETWORKS_PARENT(&n, far)), site);
    cr_expect_eq(NETWORKS_PARENT(&n, site), NETWORKS_ROOT);
    cr_expect_neq(NETWORKS_PARENT(&n, NETWORKS_PARENT(&n, other)), site);
    cr_expect(n.nodes[one].is_leaf && !n.nodes[net].is_leaf);
    cr_expect_eq(n.nodes[one].kind, 2);
    cr_expect_eq(n.nodes[site].kind, 0);
    free(n.nodes);
}

Test(crowd, the_exempt_and_those_of_other_lengths_stand_apart)
{
    struct networks n = open_networks(16);
    struct addr_lengths set = lengths(20, 24, 32), changed = lengths(16, 24, 32);
    struct addr six = {.family = ADDR_IPV6, .bytes = {0x20, 1, 0xd, 0xb8}};
    uint32_t common = take_leaf(&n, &set, client(1, 1, 1), false);
    uint32_t exempt = take_leaf(&n, &set, client(1, 1, 1), true);
    cr_expect_neq(common, exempt);
    cr_expect_eq(NETWORKS_PARENT(&n, exempt), NETWORKS_ROOT);
    cr_expect_eq(n.nodes[exempt].kind, NETWORKS_EXEMPT);
    cr_expect_neq(take_leaf(&n, &changed, client(1, 1, 1), false), common);
    cr_expect_eq(n.nodes[take_leaf(&n, &set, six, false)].kind, ADDR_LENGTHS_MAX + 2);
    free(n.nodes);
}

Test(crowd, a_full_table_takes_nothing_and_keeps_nothing_of_it)
{
    struct networks n = open_networks(4);
    struct addr_lengths set = lengths(20, 24, 32);
    uint32_t one = take_leaf(&n, &set, client(1, 1, 1), false);
    cr_assert_eq(take_leaf(&n, &set, client(2, 1, 1), false), NETWORKS_ROOT,
                 "two more than there is");
    uint32_t near = take_leaf(&n, &set, client(1, 1, 2), false);
    cr_assert_neq(near, NETWORKS_ROOT, "one more has room");
    crowd_network_release(&n, one);
    crowd_network_release(&n, near);
    for (uint32_t i = 1; i <= 4; i++)
        cr_expect_eq(n.nodes[i].refs, 0);
    cr_expect_neq(take_leaf(&n, &set, client(2, 1, 1), false), NETWORKS_ROOT);
    free(n.nodes);
}

Test(crowd, holds_what_is_held_over_random_events)
{
    enum { LEAVES = 300 };
    struct prng prng = prng_begin("networks");
    struct networks n = open_networks(crowd_networks_for(LEAVES));
    struct addr_lengths set = lengths(20, 24, 32);
    uint32_t leaves[LEAVES], count = 0;
    for (unsigned i = 0; i < 100000; i++) {
        if (prng_below(&prng, 2) == 0 && count < LEAVES) {
            leaves[count] = take_leaf(
                &n, &set, client(prng_below(&prng, 3), prng_below(&prng, 40), prng_below(&prng, 9)),
                prng_below(&prng, 9) == 0);
            cr_assert_neq(leaves[count++], NETWORKS_ROOT);
        } else if (count > 0) {
            uint32_t which = prng_below(&prng, count);
            crowd_network_release(&n, leaves[which]);
            leaves[which] = leaves[--count];
        }
    }
    while (count > 0)
        crowd_network_release(&n, leaves[--count]);
    for (uint32_t i = 1; i <= n.touched; i++)
        cr_assert_eq(n.nodes[i].refs, 0);
    cr_assert_leq(n.touched, crowd_networks_for(LEAVES));
    free(n.nodes);
}

Test(crowd, in_each_tree_the_same_networks_stand_apart, .init = setup)
{
    struct addr from = client(1, 1, 1);
    struct addr_keys keys = {0};
    uint32_t a = crowd_network_plant(&networks), b = crowd_network_plant(&networks);
    uint32_t plain_leaf = leaf_of(from);
    uint32_t leaf_a = crowd_network_take(&networks, a, &plain, &keys, &from, false);
    uint32_t leaf_b = crowd_network_take(&networks, b, &plain, &keys, &from, false);
    cr_expect(a != NETWORKS_ROOT && b != NETWORKS_ROOT && a != b);
    cr_expect(leaf_a != leaf_b && leaf_a != plain_leaf && leaf_b != plain_leaf);
    cr_expect_eq(crowd_network_take(&networks, a, &plain, &keys, &from, false), leaf_a);
    cr_expect_eq(crowd_network_find(&networks, &plain, &keys, &from, false), plain_leaf);
    uint32_t top = leaf_b;
    while (NETWORKS_PARENT(&networks, top) != NETWORKS_ROOT)
        top = NETWORKS_PARENT(&networks, top);
    cr_expect_eq(top, b);
    crowd_network_release(&networks, leaf_a);
    crowd_network_release(&networks, leaf_a);
    crowd_network_release(&networks, leaf_b);
    cr_expect_eq(networks.nodes[leaf_a].refs, 0, "what is within a tree goes");
    cr_expect_eq(networks.nodes[a].refs, 1, "and the tree stays");
    cr_expect_eq(networks.nodes[plain_leaf].refs, 1, "as do the same networks elsewhere");
    crowd_network_release(&networks, plain_leaf);
}

Test(crowd, a_tree_takes_a_network_of_those_reserved)
{
    struct networks n;
    _Alignas(8) static uint8_t memory[256];
    cr_assert_leq(crowd_networks_bytes(2), sizeof memory);
    crowd_networks_init(&n, memory, 2);
    cr_expect_neq(crowd_network_plant(&n), NETWORKS_ROOT);
    cr_expect_neq(crowd_network_plant(&n), NETWORKS_ROOT);
    cr_expect_eq(crowd_network_plant(&n), NETWORKS_ROOT, "the table is full");
}
