/* test_pacer.c - tests of pacer
 * SPDX-License-Identifier: ISC
 */
#include "gate/pacer.h"

#include "prng.h"

#include <criterion/criterion.h>
#include <string.h>

#define START_MS 5000000
#define ENTRIES  64

static const struct hash_key key = {7, 8};
static const struct pacer_config config = {.ipv4_length = 24,
                                           .ipv6_length = 56,
                                           .rate_octets_per_s = 100000,
                                           .burst_octets = 10000,
                                           .wait_ms = 200};

static struct pacer
open_pacer(const struct pacer_config *c)
{
    struct pacer p;
    void *memory = aligned_alloc(64, LIMITER_MEMORY_BYTES(ENTRIES));
    cr_assert_not_null(memory);
    memset(memory, 0, LIMITER_MEMORY_BYTES(ENTRIES));
    cr_assert_eq(pacer_init(&p, c, memory, ENTRIES, key), STATUS_OK);
    return p;
}

static struct addr
client(unsigned net, unsigned host)
{
    return (struct addr){.family = ADDR_IPV4, .bytes = {192, 0, (uint8_t)net, (uint8_t)host}};
}

Test(pacer, lets_a_burst_go_then_spaces_the_rest_then_drops)
{
    struct pacer p = open_pacer(&config);
    struct addr to = client(2, 1);
    uint32_t wait;
    for (unsigned i = 0; i < 10; i++) {
        cr_assert_eq(pacer_take(&p, &to, 1000, START_MS, &wait), PACER_NOW);
        cr_assert_eq(wait, 0);
    }
    for (uint32_t i = 1; i <= 20; i++) {
        cr_assert_eq(pacer_take(&p, &to, 1000, START_MS, &wait), PACER_LATER);
        cr_assert_eq(wait, 10 * i); /* 1000 octets at 100 per ms */
    }
    for (unsigned i = 0; i < 5; i++)
        cr_assert_eq(pacer_take(&p, &to, 1000, START_MS, &wait), PACER_DROP);
    cr_expect_eq(p.now, 10);
    cr_expect_eq(p.later, 20);
    cr_expect_eq(p.dropped, 5);
    free(p.buckets.groups);
}

Test(pacer, is_exact_after_quiet_time)
{
    struct pacer p = open_pacer(&config);
    struct addr to = client(2, 1);
    uint32_t wait;
    for (unsigned i = 0; i < 10; i++)
        cr_assert_eq(pacer_take(&p, &to, 1000, START_MS, &wait), PACER_NOW);
    cr_assert_eq(pacer_take(&p, &to, 10000, START_MS + 100, &wait), PACER_NOW);
    free(p.buckets.groups);
}

Test(pacer, paces_a_network_as_one_and_others_apart)
{
    struct pacer p = open_pacer(&config);
    struct addr one = client(2, 1), same = client(2, 200), other = client(3, 1);
    uint32_t wait;
    cr_assert_eq(pacer_take(&p, &one, 10000, START_MS, &wait), PACER_NOW);
    cr_assert_eq(pacer_take(&p, &same, 100, START_MS, &wait), PACER_LATER);
    cr_assert_eq(pacer_take(&p, &other, 10000, START_MS, &wait), PACER_NOW);
    free(p.buckets.groups);
}

Test(pacer, lets_one_oversized_answer_through_when_nothing_is_owed)
{
    struct pacer p = open_pacer(&config);
    struct addr to = client(2, 1);
    uint32_t wait;
    cr_assert_eq(pacer_take(&p, &to, 20000, START_MS, &wait), PACER_NOW);
    cr_assert_eq(pacer_take(&p, &to, 20000, START_MS, &wait), PACER_LATER);
    cr_assert_eq(wait, 200);
    cr_assert_eq(pacer_take(&p, &to, 20000, START_MS, &wait), PACER_DROP);
    free(p.buckets.groups);
}

/* The promise: in any stretch of time no more leaves than rate * time + burst. */
Test(pacer, never_releases_a_pulse)
{
    struct prng prng = prng_begin("pacer");
    struct pacer p = open_pacer(&config);
    struct addr to = client(2, 1);
    enum { SPAN = 4000 };
    static uint64_t leaves[SPAN + 400]; /* octets by millisecond */
    memset(leaves, 0, sizeof leaves);
    for (unsigned ms = 0; ms < SPAN; ms++) {
        unsigned answers = ms % 700 == 0 ? 300 : prng_below(&prng, 3) == 0;
        for (unsigned i = 0; i < answers; i++) {
            uint32_t wait, octets = 1 + prng_below(&prng, 1500);
            if (pacer_take(&p, &to, octets, START_MS + ms, &wait) != PACER_DROP)
                leaves[ms + wait] += octets;
        }
    }
    for (unsigned from = 0; from < SPAN; from += 7) {
        uint64_t sum = 0;
        for (unsigned to_ms = from; to_ms < SPAN + 400; to_ms++) {
            sum += leaves[to_ms];
            /* places are whole milliseconds, rounded up: one of them may hold one more's octets */
            cr_assert_leq(sum, 10000 + 100ull * (to_ms - from + 1), "from %u to %u ms", from,
                          to_ms);
        }
    }
    free(p.buckets.groups);
}

Test(pacer, refuses_numbers_out_of_range)
{
    struct pacer p = open_pacer(&config);
    struct pacer_config bad[6];
    for (unsigned i = 0; i < 6; i++)
        bad[i] = config;
    bad[0].ipv4_length = 33;
    bad[1].ipv6_length = 129;
    bad[2].rate_octets_per_s = 0;
    bad[3].burst_octets = 0;
    bad[4].wait_ms = PACER_WAIT_MS_MAX + 1;
    bad[5].rate_octets_per_s = 1;
    for (unsigned i = 0; i < 6; i++)
        cr_expect_eq(pacer_reload(&p, &bad[i]), STATUS_INVALID, "case %u", i);
    cr_expect_eq(pacer_reload(&p, &config), STATUS_OK);
    struct pacer other;
    cr_expect_eq(pacer_init(&other, &config, p.buckets.groups, 100, key), STATUS_INVALID);
    free(p.buckets.groups);
}
