/* test_choice.c - which upstream is picked
 * SPDX-License-Identifier: ISC
 */
#include "upstream/choice.h"

#include "prng.h"

#include <criterion/criterion.h>

static struct prng prng;

static int
choose(enum choice_strategy strategy, const struct health *health, unsigned count, uint32_t usable,
       uint32_t random)
{
    struct choice ask = {.strategy = strategy, .count = count, .usable = usable, .random = random};
    return choice_make(&ask, health);
}

Test(choice, who_gives_nothing_but_bad_answers_is_asked_last)
{
    struct health h[2] = {{.srtt_us = 10}, {.srtt_us = 90000}};
    h[0].spoilt = UPSTREAM_SPOILT_MANY - 1;
    cr_assert_eq(choose(CHOICE_FASTEST, h, 2, 3, 1), 0, "a few are names, not the server");
    h[0].spoilt = UPSTREAM_SPOILT_MANY;
    cr_assert_eq(choose(CHOICE_FASTEST, h, 2, 3, 1), 1);
    cr_assert_eq(choose(CHOICE_ORDERED, h, 2, 3, 1), 1);
    cr_assert_eq(choose(CHOICE_ORDERED, h, 2, 1, 1), 0);
    cr_assert_eq(choose(CHOICE_ORDERED, h, 2, 3, 0), 0, "now and then it may prove itself");
}

Test(choice, never_picks_what_is_not_usable)
{
    prng = prng_begin("choice");
    struct health h[32];
    for (unsigned round = 0; round < 200000; round++) {
        unsigned count = 1 + (uint32_t)prng_next(&prng) % 32;
        for (unsigned i = 0; i < count; i++)
            h[i] = (struct health){.srtt_us = (uint32_t)prng_next(&prng) % 100000,
                                   .failures = (uint32_t)prng_next(&prng) % 3};
        uint32_t weights[32];
        for (unsigned i = 0; i < count; i++)
            weights[i] = (uint32_t)prng_next(&prng) % 4;
        struct choice ask = {.strategy = (uint32_t)prng_next(&prng) % 3,
                             .count = count,
                             .usable = (uint32_t)prng_next(&prng) & (uint32_t)prng_next(&prng),
                             .suspect = (uint32_t)prng_next(&prng),
                             .avoid = (uint32_t)prng_next(&prng) & (uint32_t)prng_next(&prng),
                             .weights = (uint32_t)prng_next(&prng) % 2 == 0 ? weights : NULL,
                             .random = (uint32_t)prng_next(&prng)};
        uint32_t seen = count < 32 ? ask.usable & ((1U << count) - 1) : ask.usable;
        int pick = choice_make(&ask, h);
        if (seen == 0)
            cr_assert_eq(pick, -1);
        else
            cr_assert(pick >= 0 && (seen >> pick & 1) == 1);
    }
}

Test(choice, fastest_takes_the_least_round_trip)
{
    struct health h[3] = {{.srtt_us = 30000}, {.srtt_us = 10000}, {.srtt_us = 9500}};
    /* the third is not a tenth better than the second */
    cr_assert_eq(choose(CHOICE_FASTEST, h, 3, 7, 1), 1);
    h[2].srtt_us = 5000;
    cr_assert_eq(choose(CHOICE_FASTEST, h, 3, 7, 1), 2);
    h[2].failures = 1;
    cr_assert_eq(choose(CHOICE_FASTEST, h, 3, 7, 1), 1);
    cr_assert_eq(choose(CHOICE_FASTEST, h, 3, 4, 1), 2);
}

Test(choice, ordered_takes_the_first_that_is_healthy)
{
    struct health h[3] = {{.srtt_us = 90000}, {.srtt_us = 10}, {.srtt_us = 10}};
    cr_assert_eq(choose(CHOICE_ORDERED, h, 3, 7, 1), 0);
    h[0].failures = 1;
    cr_assert_eq(choose(CHOICE_ORDERED, h, 3, 7, 1), 1);
    h[1].failures = h[2].failures = 1;
    cr_assert_eq(choose(CHOICE_ORDERED, h, 3, 7, 1), 0);
}

Test(choice, one_that_comes_back_gets_queries_to_prove_itself)
{
    prng = prng_begin("choice");
    struct health h[3] = {{.srtt_us = 10, .failures = 2}, {.srtt_us = 10}, {.srtt_us = 10}};
    for (unsigned strategy = 0; strategy < 3; strategy++) {
        unsigned given = 0;
        for (unsigned i = 0; i < 20000; i++)
            given += choose(strategy, h, 3, 7, (uint32_t)prng_next(&prng)) == 0;
        cr_assert(given > 60 && given < 400, "strategy %u gave %u", strategy, given);
    }
}

Test(choice, spread_reaches_all_alike)
{
    prng = prng_begin("choice");
    struct health h[4] = {0};
    unsigned seen[4] = {0};
    for (unsigned i = 0; i < 40000; i++)
        seen[choose(CHOICE_SPREAD, h, 4, 15, (uint32_t)prng_next(&prng))]++;
    for (unsigned i = 0; i < 4; i++)
        cr_assert(seen[i] > 9000 && seen[i] < 11000);
}

Test(choice, spread_follows_the_weights)
{
    prng = prng_begin("choice");
    struct health h[3] = {0};
    uint32_t weights[3] = {1, 5, 2};
    unsigned seen[3] = {0};
    struct choice ask = {.strategy = CHOICE_SPREAD, .count = 3, .usable = 7, .weights = weights};
    for (unsigned i = 0; i < 80000; i++) {
        ask.random = (uint32_t)prng_next(&prng);
        seen[choice_make(&ask, h)]++;
    }
    for (unsigned i = 0; i < 3; i++)
        cr_assert(seen[i] > weights[i] * 9400 && seen[i] < weights[i] * 10600, "%u of weight %u",
                  seen[i], weights[i]);
}

Test(choice, what_is_avoided_or_suspect_is_taken_only_where_nothing_else_is_left)
{
    struct health h[3] = {{.srtt_us = 10}, {.srtt_us = 20}, {.srtt_us = 30}};
    for (unsigned strategy = 0; strategy < 3; strategy++)
        for (uint32_t random = 0; random < 300; random++) {
            struct choice ask = {.strategy = strategy,
                                 .count = 3,
                                 .usable = 7,
                                 .avoid = 1,
                                 .suspect = 2,
                                 .random = random << 24 | random};
            cr_assert_eq(choice_make(&ask, h), 2);
            ask.usable = 3; /* a suspect rather than one that had its chance */
            cr_assert_eq(choice_make(&ask, h), 1);
            ask.usable = 1;
            cr_assert_eq(choice_make(&ask, h), 0);
        }
}

Test(choice, a_query_is_late_by_the_best_upstreams_measure_only_with_fastest)
{
    struct health h[3] = {{.p95_us = 200000}, {.p95_us = 50000}, {.p95_us = 30000}};
    h[2].failures = 1;
    cr_assert_eq(choice_hedge_us(CHOICE_FASTEST, h, 7, 0), 50000);
    cr_assert_eq(choice_hedge_us(CHOICE_ORDERED, h, 7, 0), 200000);
    h[1].p95_us = 10;
    cr_assert_eq(choice_hedge_us(CHOICE_FASTEST, h, 7, 0), UPSTREAM_HEDGE_MIN_US);
}
