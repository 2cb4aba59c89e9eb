/* test_fairqueue.c - turns at each length, shares of the places, and places kept for who has few
 * SPDX-License-Identifier: ISC
 */
#include "gate/fairqueue.h"

#include "prng.h"

#include <criterion/criterion.h>

#define ITEMS 4000

static const struct addr_lengths plain = {
    .key = {11, 12}, .mark = 1, .counts = {3, 3}, .lengths = {{20, 24, 32}, {48, 56, 64}}};

static struct networks networks;
static struct fairqueue q;
static struct addr who[ITEMS + 1];
static uint32_t used;

static void
open_queue(uint32_t places)
{
    uint32_t count = crowd_networks_for(ITEMS + 1);
    free(networks.nodes);
    free(q.nodes);
    crowd_networks_init(&networks, calloc(1, crowd_networks_bytes(count)), count);
    fairqueue_init(&q, &networks, calloc(1, fairqueue_memory_bytes(ITEMS, &networks)), places);
    used = 0;
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

static void
push_at(uint32_t index, struct addr from, enum fairqueue_line line)
{
    uint32_t leaf = leaf_of(from);
    who[index] = from;
    fairqueue_push(&q, index, leaf, line);
    crowd_network_release(&networks, leaf);
}

static void
push(struct addr from, unsigned count)
{
    while (count-- > 0)
        push_at(++used, from, FAIRQUEUE_UNPROVEN);
}

static unsigned
pop_all(void)
{
    unsigned count = 0;
    while (fairqueue_pop(&q) != FAIRQUEUE_NONE)
        count++;
    return count;
}

/* Is the next one of this client? */
static bool
pops(struct addr from)
{
    uint32_t index = fairqueue_pop(&q);
    return index != FAIRQUEUE_NONE && addr_is_equal(&who[index], &from);
}

Test(fairqueue, serves_networks_in_turn_and_each_in_order)
{
    open_queue(100);
    push(client(1, 1, 1), 3);
    push(client(2, 1, 1), 1);
    push(client(3, 1, 1), 2);
    uint32_t wanted[] = {1, 4, 5, 2, 6, 3, FAIRQUEUE_NONE};
    for (unsigned i = 0; i < 7; i++)
        cr_expect_eq(fairqueue_pop(&q), wanted[i], "pop %u", i);
}

Test(fairqueue, takes_turns_at_each_length)
{
    open_queue(1000);
    for (unsigned net = 0; net < 16; net++)
        for (unsigned host = 1; host < 5; host++)
            push(client(1, net, host), 5); /* 64 clients in 16 /24 of one /20 */
    push(client(2, 1, 1), 30);
    push(client(2, 2, 1), 10);
    unsigned first = 0, second = 0, near = 0;
    for (unsigned i = 0; i < 60; i++) {
        uint32_t index = fairqueue_pop(&q);
        first += who[index].bytes[1] == 1;
        second += who[index].bytes[1] == 2;
        near += who[index].bytes[1] == 2 && who[index].bytes[2] == 2;
    }
    cr_expect(first == 30 && second == 30, "two /20 have 30 and 30, not 58 and 2: %u %u", first,
              second);
    cr_expect_eq(near, 10, "and of the second, two /24 in turn until one is through");
}

Test(fairqueue, keeps_places_for_who_has_none)
{
    open_queue(1024);
    for (unsigned net = 1; net <= 12; net++)
        push(client(net, 0, 1), 200);
    unsigned taken = pop_all();
    cr_expect_leq(taken, 1024 - 1024 / 8);
    cr_expect_geq(taken, 1024 - 1024 / 4);
    struct addr honest = client(99, 0, 1);
    for (unsigned i = 0; i < 200; i++) { /* one after the other, and nobody else's comes back */
        push(honest, 1);
        cr_assert(pops(honest), "question %u", i);
        fairqueue_remove(&q, used);
        cr_assert_eq(fairqueue_pop(&q), FAIRQUEUE_NONE, "the place is not for the others");
    }
    push(honest, 8);
    cr_expect_eq(pop_all(), 8, "and some at once");
    for (unsigned net = 100; net < 160; net++)
        push(client(net, 0, 1), 1);
    cr_expect_eq(pop_all(), 60, "and others who have none");
}

Test(fairqueue, keeps_places_within_a_network_too)
{
    open_queue(1024);
    push(client(1, 1, 1), 1200);
    unsigned alone = pop_all();
    cr_expect_eq(alone, 1024 - 1024 / 4, "all but the reserve, for one client alone");
    push(client(1, 1, 2), 1); /* its neighbour, in the same /24 */
    cr_expect(pops(client(1, 1, 2)));
    push(client(1, 2, 1), 1); /* a /24 beside it */
    cr_expect(pops(client(1, 2, 1)));
    push(client(1, 1, 1), 5);
    cr_expect_eq(fairqueue_pop(&q), FAIRQUEUE_NONE);
    push(client(2, 1, 1), 3);
    cr_expect_eq(pop_all(), 3);
}

Test(fairqueue, says_how_a_client_stood)
{
    open_queue(1024);
    push(client(1, 1, 1), 1);
    cr_expect_eq(fairqueue_rank_at_worker(&q, fairqueue_pop(&q)), FAIRQUEUE_LIGHT);
    push(client(1, 1, 1), 1);
    cr_expect_eq(fairqueue_rank_at_worker(&q, fairqueue_pop(&q)), FAIRQUEUE_MODEST);
    push(client(1, 1, 2), 1); /* its neighbour */
    cr_expect_eq(fairqueue_rank_at_worker(&q, fairqueue_pop(&q)), FAIRQUEUE_HOPEFUL);
    push(client(2, 1, 1), 1); /* another network */
    cr_expect_eq(fairqueue_rank_at_worker(&q, fairqueue_pop(&q)), FAIRQUEUE_LIGHT);
}

Test(fairqueue, who_has_its_share_comes_after_the_others)
{
    open_queue(400); /* 300 without the reserve */
    push(client(1, 1, 1), 600);
    pop_all();
    push(client(2, 1, 1), 300);
    pop_all(); /* the second has few: the first has most */
    uint32_t first = leaf_of(client(1, 1, 1)), second = leaf_of(client(2, 1, 1));
    cr_assert_geq(q.nodes[first].at_worker, 299);
    for (uint32_t i = 1; i <= 280; i++) { /* places come back one by one, all to the second */
        fairqueue_remove(&q, i);
        uint32_t index = fairqueue_pop(&q);
        if (q.nodes[first].at_worker >= 200 && index != FAIRQUEUE_NONE)
            cr_assert(addr_is_equal(&who[index], &who[601]), "after %u", i);
    }
    cr_expect_geq(q.nodes[second].at_worker, 140);
    crowd_network_release(&networks, first);
    crowd_network_release(&networks, second);
}

Test(fairqueue, who_was_answered_is_light_again)
{
    open_queue(64); /* 48 without the reserve */
    for (unsigned net = 1; net <= 30; net++)
        push(client(net, 1, 1), 10);
    pop_all();
    push(client(99, 1, 1), 2);
    cr_expect(pops(client(99, 1, 1)));
    cr_expect_eq(fairqueue_pop(&q), FAIRQUEUE_NONE, "one is its share of the reserve");
    fairqueue_remove(&q, used - 1);
    cr_expect_eq(fairqueue_pop(&q), used);
}

Test(fairqueue, who_is_no_longer_greedy_has_its_turns_again)
{
    open_queue(100); /* 75 without the reserve */
    push(client(1, 1, 1), 60);
    cr_assert_eq(pop_all(), 60);
    push(client(1, 1, 1), 200);
    push(client(2, 1, 1), 200);
    for (unsigned i = 0; i < 15; i++)
        cr_assert(pops(client(2, 1, 1)), "the first has its share");
    for (uint32_t i = 1; i <= 30; i++)
        fairqueue_remove(&q, i);
    unsigned first = 0;
    for (unsigned i = 0; i < 20; i++)
        first += pops(client(1, 1, 1));
    cr_expect(first >= 8 && first <= 12, "they take turns: %u of 20", first);
}

Test(fairqueue, who_has_few_no_more_keeps_its_turn)
{
    open_queue(400); /* 300 without the reserve */
    push(client(1, 1, 1), 20);
    push(client(2, 1, 1), 20);
    cr_assert_eq(pop_all(), 40);
    push(client(3, 1, 1), 3);
    cr_assert(pops(client(3, 1, 1)), "it has one there now, which is few beside 40");
    push(client(1, 1, 1), 5);
    push(client(2, 1, 1), 5);
    for (uint32_t i = 1; i <= 36; i++)
        fairqueue_remove(&q, i); /* and which is as many as others have, with 5 in all */
    cr_expect(pops(client(3, 1, 1)), "it waits for longest");
    cr_expect(pops(client(1, 1, 1)));
    cr_expect(pops(client(2, 1, 1)));
    cr_expect(pops(client(3, 1, 1)));
}

/* A network stands among the hopeful for a client that is gone by its turn, and is light itself by then. */
Test(fairqueue, who_stands_among_the_hopeful_and_is_light_has_its_turn, .timeout = 10)
{
    open_queue(64);
    push(client(1, 0, 1), 45);
    push(client(2, 0, 1), 2);
    push(client(3, 0, 1), 1);
    cr_assert_eq(pop_all(), 48, "all but the reserve");
    push(client(3, 0, 1), 1);
    push(client(2, 0, 1), 1); /* its network has 2 of 48, no less than an eighth of its third */
    push(client(2, 0, 2), 1); /* has none */
    fairqueue_remove(&q, used);
    cr_assert(pops(client(3, 0, 1)), "is light");
    cr_assert(pops(client(2, 0, 1)), "and so is the other now, with 2 of 49");
}

Test(fairqueue, proven_clients_have_more_turns)
{
    open_queue(4000);
    for (uint32_t i = 0; i < 100; i++) {
        push_at(++used, client(1, 1, 1), FAIRQUEUE_UNPROVEN);
        push_at(++used, client(2, 1, 1), FAIRQUEUE_PROVEN);
    }
    unsigned proven = 0;
    for (unsigned i = 0; i < 50; i++)
        proven += who[fairqueue_pop(&q)].bytes[1] == 2;
    cr_expect_eq(proven, 40);
    open_queue(4000); /* ten networks of proven clients, each four times the other */
    for (unsigned net = 1; net <= 11; net++)
        for (unsigned i = 0; i < 100; i++)
            push_at(++used, client(net, 1, 1), net == 11 ? FAIRQUEUE_UNPROVEN : FAIRQUEUE_PROVEN);
    unsigned unproven = 0;
    for (unsigned i = 0; i < 82; i++)
        unproven += who[fairqueue_pop(&q)].bytes[1] == 11;
    cr_expect_eq(unproven, 2);
    open_queue(4000); /* ten networks of unproven ones change nothing: they may be forged */
    for (unsigned net = 1; net <= 11; net++)
        for (unsigned i = 0; i < 100; i++)
            push_at(++used, client(net, 1, 1), net == 11 ? FAIRQUEUE_PROVEN : FAIRQUEUE_UNPROVEN);
    proven = 0;
    for (unsigned i = 0; i < 50; i++)
        proven += who[fairqueue_pop(&q)].bytes[1] == 11;
    cr_expect_eq(proven, 40);
}

Test(fairqueue, a_question_stands_where_its_turn_comes_sooner)
{
    open_queue(100);
    push(client(1, 1, 1), 50);
    push(client(2, 1, 1), 2);
    uint32_t heavy = leaf_of(client(1, 1, 1)), light = leaf_of(client(2, 1, 1));
    cr_expect_not(fairqueue_promote(&q, 51, heavy, FAIRQUEUE_UNPROVEN));
    cr_expect(fairqueue_promote(&q, 40, light, FAIRQUEUE_UNPROVEN));
    cr_expect_eq(fairqueue_waiting(&q, light), 3);
    cr_expect(fairqueue_promote(&q, 41, heavy, FAIRQUEUE_PROVEN), "a better line");
    cr_expect_not(fairqueue_promote(&q, 41, light, FAIRQUEUE_UNPROVEN));
    cr_expect_eq(fairqueue_pop(&q), 41);
    cr_expect_not(fairqueue_promote(&q, 41, light, FAIRQUEUE_PROVEN), "it is asked already");
    cr_expect_not(fairqueue_promote(&q, 999, light, FAIRQUEUE_PROVEN), "not inside");
    crowd_network_release(&networks, heavy);
    crowd_network_release(&networks, light);
}

Test(fairqueue, what_is_lost_with_a_worker_stands_in_line_again)
{
    open_queue(64);
    push(client(1, 1, 1), 3);
    push(client(2, 1, 1), 1);
    cr_assert_eq(pop_all(), 4);
    for (uint32_t i = 1; i <= 4; i++)
        fairqueue_return(&q, i);
    cr_expect_eq(q.nodes[NETWORKS_ROOT].at_worker, 0);
    cr_expect_eq(fairqueue_waiting(&q, NETWORKS_ROOT), 4);
    fairqueue_return(&q, 1);
    cr_expect_eq(fairqueue_waiting(&q, NETWORKS_ROOT), 4, "in line already");
    cr_expect(fairqueue_remove(&q, 2));
    cr_expect_not(fairqueue_remove(&q, 2));
    cr_expect_eq(fairqueue_pop(&q), 1);
    cr_expect_eq(fairqueue_pop(&q), 4);
    cr_expect_eq(fairqueue_pop(&q), 3);
    for (uint32_t i = 1; i <= 4; i++)
        fairqueue_remove(&q, i);
    for (uint32_t i = 1; i <= networks.touched; i++)
        cr_assert_eq(networks.nodes[i].refs, 0, "nothing is held for what is gone");
}

/* --- over random sizes --- */

static uint32_t free_items[ITEMS];
static unsigned free_count;

static uint32_t
ask(struct addr from, enum fairqueue_line line)
{
    if (free_count == 0)
        return 0;
    uint32_t index = free_items[--free_count];
    push_at(index, from, line);
    return index;
}

static void
end(uint32_t index)
{
    cr_assert(fairqueue_remove(&q, index));
    free_items[free_count++] = index;
}

/* Floods of any shape ask what is never answered; who asks one at a time never waits. */
static void
play(struct prng *prng)
{
    uint32_t places = 64 + prng_below(prng, prng_below(prng, 2) ? 200 : 1500);
    open_queue(places);
    free_count = 0;
    for (uint32_t i = ITEMS; i > 0; i--)
        free_items[free_count++] = i;
    unsigned sites = 1 + prng_below(prng, fairqueue_reserve(&q) / 4);
    unsigned nets = 1 + prng_below(prng, 16), hosts = 1 + prng_below(prng, 200);
    for (unsigned step = 0; step < 300; step++) {
        for (unsigned i = prng_below(prng, 60); i > 0 && free_count > 100; i--)
            (void)ask(client(1 + prng_below(prng, sites), prng_below(prng, nets),
                             prng_below(prng, hosts)),
                      prng_below(prng, 2) ? FAIRQUEUE_PROVEN : FAIRQUEUE_UNPROVEN);
        struct addr honest = client(200 + prng_below(prng, 3), 0, 1);
        uint32_t own = ask(honest, prng_below(prng, 2) ? FAIRQUEUE_PROVEN : FAIRQUEUE_UNPROVEN);
        pop_all();
        cr_assert_leq(q.nodes[NETWORKS_ROOT].at_worker, places);
        cr_assert(q.items[own].is_at_worker, "%u places, %u sites of %u nets of %u hosts, step %u",
                  places, sites, nets, hosts, step);
        end(own);
        pop_all();
    }
}

Test(fairqueue, who_asks_one_at_a_time_never_waits_whatever_others_do)
{
    struct prng prng = prng_begin("fairqueue");
    for (unsigned world = 0; world < 60; world++)
        play(&prng);
}

/* Everything is answered at once: two that have questions in line are served alike. */
Test(fairqueue, who_waits_is_served_as_often_as_others_who_wait)
{
    struct prng prng = prng_begin("fairqueue");
    for (unsigned world = 0; world < 20; world++) {
        open_queue(64 + prng_below(&prng, 500));
        unsigned sites = 2 + prng_below(&prng, 15), served[20] = {0}, rounds = 40;
        for (unsigned site = 0; site < sites; site++)
            for (unsigned i = 0; i < 50 + prng_below(&prng, 150); i++)
                push(client(site, prng_below(&prng, 4), prng_below(&prng, 9)), 1);
        for (unsigned i = 0; i < sites * rounds; i++) {
            uint32_t index = fairqueue_pop(&q);
            cr_assert_neq(index, FAIRQUEUE_NONE);
            served[who[index].bytes[1]]++;
            fairqueue_remove(&q, index);
            for (unsigned site = 0; site < sites; site++)
                cr_assert_leq(served[site], i / sites + 2, "a site's turn comes once in a round");
        }
        for (unsigned site = 0; site < sites; site++)
            cr_assert_eq(served[site], rounds);
    }
}
