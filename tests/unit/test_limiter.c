/* test_limiter.c - what passes, what it costs, what a reload keeps
 * SPDX-License-Identifier: ISC
 */
#include "gate/limiter.h"
#include "limiter_bench.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(limiter, passes_a_burst_then_the_rate)
{
    struct bench b = open_limiter(&plain, 1024);
    struct addr client = ipv4(192, 0, 2, 1);
    cr_expect_eq(ask(&b, client, 300, START_MS), 200);
    cr_expect_eq(ask(&b, client, 300, START_MS + 9), 0);
    cr_expect_eq(ask(&b, client, 300, START_MS + 10), 1);
    cr_expect_eq(ask(&b, client, 300, START_MS + 1010), 100);
    close_limiter(&b);
}

Test(limiter, recovers_exactly_after_quiet_time)
{
    struct bench b = open_limiter(&plain, 1024);
    struct addr client = ipv6(1, 2, 3);
    cr_expect_eq(ask(&b, client, 1000, START_MS), 200);
    cr_expect_eq(limiter_level(&b.lim, &client, 64, START_MS), 200 * LIMITER_QUERY);
    cr_expect_eq(limiter_level(&b.lim, &client, 64, START_MS + 1999), 7); /* 6.4 units */
    cr_expect_eq(limiter_level(&b.lim, &client, 64, START_MS + 2000), 0);
    cr_expect_eq(ask(&b, client, 1000, START_MS + 2000), 200);
    close_limiter(&b);
}

/* A flood just before 2^32 ms, after which the rate has to last. */
Test(limiter, milliseconds_have_more_than_32_bits)
{
    struct bench b = open_limiter(&plain, 1024);
    struct addr client = ipv4(192, 0, 2, 1);
    const uint64_t turn_ms = UINT64_C(1) << 32;
    cr_expect_eq(ask(&b, client, 300, turn_ms - 5), 200);
    cr_expect_eq(ask(&b, client, 300, turn_ms + 4), 0);
    cr_expect_eq(ask(&b, client, 300, turn_ms + 5), 1);
    cr_expect_eq(ask(&b, client, 300, turn_ms + 1005), 100);
    close_limiter(&b);
}

Test(limiter, gives_a_client_at_ten_times_its_limit_its_limit)
{
    struct bench b = open_limiter(&plain, 1024);
    struct addr greedy = ipv4(192, 0, 2, 1), neighbour = ipv4(198, 51, 100, 1);
    unsigned passed = 0, asked_neighbour = 0, passed_neighbour = 0;
    for (uint64_t ms = 0; ms < 60000; ms++) {
        passed += ask(&b, greedy, 1, START_MS + ms);
        if (ms % 11 == 0) {
            asked_neighbour++;
            passed_neighbour += ask(&b, neighbour, 1, START_MS + ms);
        }
    }
    unsigned limit = 60 * 100 + 200;
    cr_expect(passed >= limit - 2 && passed <= limit, "%u passed of a limit of %u", passed, limit);
    cr_expect_eq(passed_neighbour, asked_neighbour, "a neighbour in another prefix lost queries");
    close_limiter(&b);
}

Test(limiter, a_refusal_pours_nothing_into_the_network_around_it)
{
    struct bench b = open_limiter(&plain, 1024);
    struct addr greedy = ipv4(192, 0, 2, 1), beside = ipv4(192, 0, 2, 2);
    cr_expect_eq(ask(&b, greedy, 100000, START_MS), 200);
    cr_expect_eq(limiter_level(&b.lim, &greedy, 24, START_MS), 200 * LIMITER_QUERY);
    /* 200 of the network's 800 are taken; the newcomer begins as full as that, with 150 of 200 */
    cr_expect_eq(ask(&b, beside, 1000, START_MS), 150);
    cr_expect_eq(b.lim.tripped_length, 32);
    close_limiter(&b);
}

Test(limiter, rotating_sources_share_what_their_network_has)
{
    struct bench b = open_limiter(&plain, 1024);
    unsigned passed = 0;
    for (unsigned i = 0; i < 100000; i++)
        passed += ask(&b, ipv4(10, 0, (i >> 8) & 15, i), 1, START_MS + i / 100);
    /* 1000 ms of 1000/s, and the burst of the /20 */
    cr_expect(passed <= 2000, "%u passed", passed);
    cr_expect(passed >= 1800, "%u passed", passed);
    close_limiter(&b);
}

Test(limiter, a_new_source_earns_no_fresh_burst_in_a_full_network)
{
    struct limiter_config config = plain;
    config.ipv4[2] = (struct limiter_rate){20, 10000, 10000};
    struct bench b = open_limiter(&config, 1024);
    for (unsigned host = 0; host < 60; host++)
        ask(&b, ipv4(10, 0, 0, host), 200, START_MS);
    struct addr fresh = ipv4(10, 0, 0, 99);
    unsigned passed = ask(&b, fresh, 200, START_MS);
    cr_expect(passed <= 1, "%u passed from a network that had used up its burst", passed);
    cr_expect_eq(ask(&b, ipv4(10, 0, 1, 99), 200, START_MS), 184,
                 "another network is as full as the /20");
    close_limiter(&b);
}

Test(limiter, slips_at_the_ratio_set)
{
    struct limiter_config config = plain;
    config.slip = 3;
    struct bench b = open_limiter(&config, 1024);
    struct addr client = ipv4(192, 0, 2, 1);
    unsigned counts[3] = {0};
    for (unsigned i = 0; i < 500; i++)
        counts[limiter_take(&b.lim, &client, &(struct addr_keys){0}, LIMITER_QUERY, START_MS)]++;
    cr_expect_eq(counts[LIMITER_PASS], 200);
    cr_expect_eq(counts[LIMITER_SLIP], 100);
    cr_expect_eq(counts[LIMITER_DROP], 200);
    cr_expect_eq(b.lim.passed, 200);
    cr_expect_eq(b.lim.slipped, 100);
    cr_expect_eq(b.lim.dropped, 200);
    cr_expect_eq(b.lim.over[0][0], 300, "counted at the rule for /32");
    close_limiter(&b);
}

Test(limiter, a_charge_becomes_a_debt_that_is_waited_off)
{
    struct bench b = open_limiter(&plain, 1024);
    struct addr client = ipv4(192, 0, 2, 1);
    unsigned passed = 0;
    for (uint64_t ms = 0; ms < 20000; ms++) {
        if (limiter_take(&b.lim, &client, &(struct addr_keys){0}, LIMITER_PRICE_ADMIT,
                         START_MS + ms) == LIMITER_PASS) {
            passed++;
            limiter_charge(&b.lim, &client, &(struct addr_keys){0}, LIMITER_PRICE_MISS,
                           START_MS + ms);
        }
    }
    cr_expect(passed >= 2200 && passed <= 2201, "%u misses passed in 20 s at 100/s", passed);
    limiter_charge(&b.lim, &client, &(struct addr_keys){0}, LIMITER_PRICE_MAX * 100,
                   START_MS + 20000);
    cr_expect_eq(limiter_level(&b.lim, &client, 32, START_MS + 20000),
                 LIMITER_DEBT * 200 * LIMITER_QUERY, "a debt is bounded");
    cr_expect_eq(ask(&b, client, 1, START_MS + 20000 + 6009), 0);
    cr_expect_eq(ask(&b, client, 1, START_MS + 20000 + 6010), 1);
    close_limiter(&b);
}

Test(limiter, cheap_queries_pass_more_often)
{
    struct bench b = open_limiter(&plain, 1024);
    struct addr client = ipv4(192, 0, 2, 1);
    unsigned passed = 0;
    while (limiter_take(&b.lim, &client, &(struct addr_keys){0}, LIMITER_PRICE_ADMIT, START_MS) ==
           LIMITER_PASS)
        passed++;
    cr_expect_eq(passed, 200 * LIMITER_QUERY / LIMITER_PRICE_ADMIT);
    close_limiter(&b);
}

Test(limiter, a_forged_flood_leaves_the_proven_client_alone)
{
    struct limiter_config unproven = limiter_config_default();
    struct limiter_config proven = proven_default();
    struct bench open = open_limiter(&unproven, 1024), sure = open_limiter(&proven, 1024);
    struct addr victim = ipv4(192, 0, 2, 1);
    unsigned asked = 0, passed = 0;
    for (uint64_t ms = 0; ms < 10000; ms++) {
        ask(&open, victim, 50, START_MS + ms); /* 50,000 forged queries per second */
        if (ms % 5 == 0) {
            asked++;
            passed += ask(&sure, victim, 1, START_MS + ms);
        }
    }
    cr_expect_eq(passed, asked);
    close_limiter(&open);
    close_limiter(&sure);
}

Test(limiter, the_defaults_let_500_clients_behind_one_address_live)
{
    struct limiter_config config = limiter_config_default();
    struct bench b = open_limiter(&config, 65536);
    struct addr nat = ipv4(192, 0, 2, 1);
    unsigned asked = 0, passed = 0;
    for (uint64_t ms = 0; ms < 60000; ms += 2) { /* 500 misses per second for a minute */
        asked++;
        passed += ask(&b, nat, 1, START_MS + ms);
    }
    cr_expect_eq(passed, asked);
    cr_expect_eq(ask(&b, nat, 1000, START_MS + 60000), 1000, "and 1000 at once on top");
    close_limiter(&b);
}

Test(limiter, prices_large_answers_by_size)
{
    cr_expect_eq(limiter_price_of_size(0), 0);
    cr_expect_eq(limiter_price_of_size(256), 0);
    cr_expect_eq(limiter_price_of_size(257), 16);
    cr_expect_eq(limiter_price_of_size(512), 32);
    cr_expect_eq(limiter_price_of_size(1232), 128);
    cr_expect_eq(limiter_price_of_size(65535), LIMITER_PRICE_MAX);
}

Test(limiter, reload_keeps_levels_in_queries)
{
    struct bench b = open_limiter(&plain, 1024);
    struct addr used = ipv4(192, 0, 2, 1), light = ipv6(1, 2, 3);
    ask(&b, used, 150, START_MS);
    ask(&b, light, 7, START_MS);
    struct limiter_config next = plain;
    next.ipv4[0] = (struct limiter_rate){32, 1000, 300};
    next.ipv6[0] = (struct limiter_rate){64, 1, 5};
    cr_assert_eq(limiter_reload(&b.lim, &next, START_MS), STATUS_OK);
    cr_expect_eq(limiter_level(&b.lim, &used, 32, START_MS), 150 * LIMITER_QUERY);
    cr_expect_eq(limiter_level(&b.lim, &used, 24, START_MS), 150 * LIMITER_QUERY);
    cr_expect_eq(limiter_level(&b.lim, &light, 64, START_MS), 7 * LIMITER_QUERY);
    cr_expect_eq(ask(&b, used, 1000, START_MS), 150);
    cr_expect_eq(ask(&b, used, 1000, START_MS + 20), 20);
    cr_expect_eq(ask(&b, light, 1, START_MS + 2999), 0);
    cr_expect_eq(ask(&b, light, 1, START_MS + 3000), 1);
    close_limiter(&b);
}

Test(limiter, reload_with_other_lengths_keeps_those_that_remain)
{
    struct bench b = open_limiter(&plain, 1024);
    struct addr client = ipv4(192, 0, 2, 1);
    ask(&b, client, 60, START_MS);
    struct limiter_config next = {
        .ipv4 = {{28, 400, 400}, {24, 400, 800}}, .ipv4_count = 2, .ipv6_count = 0};
    cr_assert_eq(limiter_reload(&b.lim, &next, START_MS), STATUS_OK);
    cr_expect_eq(limiter_level(&b.lim, &client, 24, START_MS), 60 * LIMITER_QUERY);
    cr_expect_eq(limiter_level(&b.lim, &client, 32, START_MS), 0);
    cr_expect_eq(limiter_level(&b.lim, &client, 28, START_MS), 0);
    cr_expect_eq(ask(&b, client, 1000, START_MS), 369, "the new /28 is as full as its /24");
    cr_expect_eq(ask(&b, ipv6(1, 1, 1), 5000, START_MS), 5000, "IPv6 is not limited any more");
    close_limiter(&b);
}

Test(limiter, refuses_a_configuration_that_breaks_its_rules)
{
    struct bench b = open_limiter(&plain, 1024);
    struct limiter_config bad[10];
    for (unsigned i = 0; i < 10; i++)
        bad[i] = plain;
    bad[0].ipv4[0].length = 33;
    bad[1].ipv6[0].length = 129;
    bad[2].ipv4[1].length = 32; /* not descending */
    bad[3].ipv4[1].rate_per_s = 0;
    bad[4].ipv4[1].rate_per_s = LIMITER_RATE_MAX + 1;
    bad[5].ipv4[1].burst = 0;
    bad[6].ipv4[1].burst = LIMITER_BURST_MAX + 1;
    bad[7].ipv4[1] = (struct limiter_rate){24, 1, LIMITER_DRAIN_S_MAX};
    bad[8].ipv4_count = LIMITER_LENGTHS_MAX + 1;
    bad[9].ipv6[0].length = 0; /* the next one cannot be shorter */
    for (unsigned i = 0; i < 10; i++) {
        cr_expect_eq(limiter_reload(&b.lim, &bad[i], START_MS), STATUS_INVALID, "case %u", i);
        struct limiter lim;
        cr_expect_eq(limiter_init(&lim, &bad[i], b.memory + CANARY, 1024, key), STATUS_INVALID);
    }
    struct limiter lim;
    cr_expect_eq(limiter_init(&lim, &plain, b.memory + CANARY, 1000, key), STATUS_INVALID);
    cr_expect_eq(limiter_init(&lim, &plain, b.memory + CANARY, 32, key), STATUS_INVALID);
    cr_expect_eq(ask(&b, ipv4(192, 0, 2, 1), 300, START_MS), 200, "the old limits still hold");
    close_limiter(&b);
}

Test(limiter, counts_bits_past_64_of_an_ipv6_address)
{
    struct limiter_config config = {.ipv6 = {{128, 10, 10}, {100, 1000, 1000}}, .ipv6_count = 2};
    struct bench b = open_limiter(&config, 1024);
    cr_expect_eq(ask(&b, ipv6(1, 1, 1), 50, START_MS), 10);
    cr_expect_eq(ask(&b, ipv6(1, 1, 2), 50, START_MS), 9,
                 "as full as the /100: one part in a hundred");
    close_limiter(&b);
}

/* --- finding, making and giving up buckets */

#define ENTRIES (2 * LIMITER_GROUP)

static _Alignas(64) uint8_t memory[LIMITER_MEMORY_BYTES(ENTRIES)];
static struct limiter_table buckets;

static void
setup(void)
{
    memset(memory, 0, sizeof memory);
    limiter_table_init(&buckets, memory, ENTRIES, (struct hash_key){1, 2});
}

TestSuite(limiter, .init = setup);

/* The `n`th name of group 0. */
static uint64_t
tag(unsigned n)
{
    return (uint64_t)2 * (n + 1) * ADDR_TAG_CLASSES;
}

static void
place(uint64_t of, uint64_t now, uint64_t empty_at)
{
    struct limiter_ref ref = limiter_table_find(&buckets, of);
    cr_assert_eq(ref.slot, LIMITER_GROUP, "none yet");
    limiter_table_place(&buckets, &ref, now, empty_at);
    cr_assert_eq(ref.group->empty_at[ref.slot], empty_at);
}

Test(limiter, finds_what_it_placed_and_nothing_else)
{
    place(tag(0), 0, 100);
    place(tag(1), 0, 200);
    struct limiter_ref ref = limiter_table_find(&buckets, tag(0));
    cr_assert_lt(ref.slot, LIMITER_GROUP);
    cr_assert_eq(ref.group->empty_at[ref.slot], 100);
    cr_assert_eq(limiter_table_find(&buckets, tag(2)).slot, LIMITER_GROUP);
    cr_assert_eq(limiter_table_find(&buckets, tag(0) + ADDR_TAG_CLASSES).slot, LIMITER_GROUP,
                 "of the other group");
}

Test(limiter, a_full_group_gives_up_the_one_empty_soonest)
{
    for (unsigned i = 0; i < LIMITER_GROUP; i++)
        place(tag(i), 0, 1000 + (i + 3) % LIMITER_GROUP * LIMITER_TICKS_PER_MS);
    place(tag(LIMITER_GROUP), 1, 5000);
    cr_assert_eq(limiter_table_find(&buckets, tag(5)).slot, LIMITER_GROUP, "it was the one");
    for (unsigned i = 0; i <= LIMITER_GROUP; i++)
        if (i != 5)
            cr_assert_lt(limiter_table_find(&buckets, tag(i)).slot, LIMITER_GROUP, "%u", i);
    cr_assert_eq(buckets.replaced, 1);
    cr_assert_eq(buckets.forgiven_ms, 0);
    cr_assert_eq(buckets.forgiven_ticks, 999);
}

Test(limiter, what_is_forgiven_adds_up_to_milliseconds)
{
    for (unsigned i = 0; i < LIMITER_GROUP; i++)
        place(tag(i), 0, LIMITER_TICKS_PER_MS / 2 + i);
    for (unsigned i = 0; i < 4; i++)
        place(tag(LIMITER_GROUP + i), 0, 100 * LIMITER_TICKS_PER_MS);
    cr_assert_eq(buckets.replaced, 4);
    cr_assert_eq(buckets.forgiven_ms, 2);
    cr_assert_eq(buckets.forgiven_ticks, 0 + 1 + 2 + 3);
}

Test(limiter, an_empty_one_is_given_up_for_nothing)
{
    for (unsigned i = 0; i < LIMITER_GROUP; i++)
        place(tag(i), 0, 100 + i);
    place(tag(LIMITER_GROUP), 100, 500);
    cr_assert_eq(buckets.replaced, 0);
    cr_assert_eq(buckets.forgiven_ticks, 0);
}

Test(limiter, a_look_tells_levels_and_changes_nothing)
{
    static _Alignas(64) uint8_t room[LIMITER_MEMORY_BYTES(LIMITER_ENTRIES_MIN)];
    static const struct hash_key secret = {1, 2};
    struct limiter_config limits = {
        .ipv4 = {{32, 10, 20}, {24, 100, 200}}, .ipv4_count = 2, .slip = 2};
    struct limiter_level levels[LIMITER_LENGTHS_MAX];
    struct limiter it;
    struct addr client;
    struct addr_keys keys = {0};
    cr_assert_eq(addr_parse("192.0.2.1", 0, &client), STATUS_OK);
    cr_assert_eq(limiter_init(&it, &limits, room, LIMITER_ENTRIES_MIN, secret), STATUS_OK);
    cr_assert_eq(limiter_look(&it, &client, 1000, levels), 2);
    cr_assert(levels[0].length == 24 && levels[0].level_milli == 0 && !levels[0].is_kept);
    cr_assert_eq(limiter_take(&it, &client, &keys, 5 * LIMITER_QUERY, 1000), LIMITER_PASS);
    for (unsigned again = 0; again < 2; again++) {
        cr_assert_eq(limiter_look(&it, &client, 1100, levels), 2);
        cr_assert_eq(levels[1].length, 32);
        cr_assert(levels[1].is_kept && levels[0].is_kept);
        cr_assert(levels[1].level_milli >= 3980 && levels[1].level_milli <= 4000);
        cr_assert_eq(levels[0].level_milli, 0, "ten leak away from the network");
    }
    cr_assert_eq(addr_parse("2001:db8::1", 0, &client), STATUS_OK);
    cr_assert_eq(limiter_look(&it, &client, 1000, levels), 0);
}
