/* test_heavy.c - the table of those that come most, against an exact count
 * SPDX-License-Identifier: ISC
 */
#include "gate/heavy.h"

#include "prng.h"

#include <criterion/criterion.h>
#include <string.h>

#define NETWORKS 4000

static struct heavy heavy;
static uint32_t exact[NETWORKS];

static void
come(uint32_t network)
{
    struct addr addr = {.family = ADDR_IPV4,
                        .bytes = {10, 0, (uint8_t)(network >> 8), (uint8_t)network}};
    heavy_count(&heavy, network + 1, &addr);
    exact[network]++;
}

static unsigned
place_of(uint64_t tag)
{
    unsigned at = 0;
    while (at < HEAVY_PLACES && heavy.tags[at] != tag)
        at++;
    return at;
}

/* The bound of heavy.h, for each network. */
static void
check(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < HEAVY_PLACES; i++)
        sum += heavy.counts[i];
    cr_assert_eq(sum, heavy.total);
    for (uint32_t network = 0; network < NETWORKS; network++) {
        unsigned at = place_of(network + 1);
        if (at == HEAVY_PLACES) {
            cr_assert_leq(exact[network], heavy.total / HEAVY_PLACES);
            continue;
        }
        cr_assert_geq(heavy.counts[at], exact[network]);
        cr_assert_leq(heavy.counts[at] - heavy.errors[at], exact[network]);
        cr_assert_leq(heavy.errors[at], heavy.total / HEAVY_PLACES);
        cr_assert_eq(heavy.addrs[at].bytes[3], (uint8_t)network);
    }
}

Test(heavy, counts_are_within_their_bound_whoever_comes)
{
    struct prng prng = prng_begin("heavy");
    for (unsigned round = 0; round < 40; round++) {
        unsigned many = 1 + prng_below(&prng, NETWORKS), few = 1 + prng_below(&prng, 80);
        memset(&heavy, 0, sizeof heavy);
        memset(exact, 0, sizeof exact);
        for (unsigned i = 0; i < 20000; i++)
            come(prng_below(&prng, 2) == 0 ? prng_below(&prng, few) : prng_below(&prng, many));
        check();
    }
}

Test(heavy, who_comes_in_turn_with_all_others_is_within_the_bound_too)
{
    for (unsigned i = 0; i < 65 * 400; i++) /* one more than there are places, over and over */
        come(i % 65);
    check();
}

Test(heavy, those_that_come_most_come_first)
{
    unsigned order[HEAVY_PLACES];
    cr_assert_eq(heavy_order(&heavy, order), 0);
    for (unsigned network = 0; network < 20; network++)
        for (unsigned i = 0; i <= network * 7 % 20; i++)
            come(network);
    cr_assert_eq(heavy_order(&heavy, order), 20);
    for (unsigned i = 0; i < 20; i++)
        cr_assert_eq(heavy.counts[order[i]], 20 - i);
}
