/* test_upstream_choice.c - health, back-off and the pick
 * SPDX-License-Identifier: ISC
 */
#include "upstream/upstream_choice.h"

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

static int
choose(enum upstream_strategy strategy, const struct upstream_health *health, unsigned count,
       uint32_t usable, uint32_t random)
{
    struct upstream_ask ask = {
        .strategy = strategy, .count = count, .usable = usable, .random = random};
    return upstream_choose(&ask, health);
}

Test(upstream_choice, back_off_grows_to_its_ceiling_with_jitter)
{
    start_random();
    struct upstream_health h = {0};
    uint64_t now = 1000000, expected = UPSTREAM_BACKOFF_FIRST_US;
    for (unsigned i = 0; i < 40; i++) {
        upstream_health_failed(&h, now, next_random(), false);
        uint64_t wait = h.retry_us - now;
        cr_assert(wait >= expected * 3 / 4 && wait <= expected * 5 / 4, "%lu of %lu",
                  (unsigned long)wait, (unsigned long)expected);
        cr_assert_not(upstream_health_may_dial(&h, h.retry_us - 1));
        cr_assert(upstream_health_may_dial(&h, h.retry_us));
        now = h.retry_us;
        expected =
            expected * 2 < UPSTREAM_BACKOFF_MOST_US ? expected * 2 : UPSTREAM_BACKOFF_MOST_US;
    }
}

Test(upstream_choice, a_lone_upstream_is_tried_again_within_a_second)
{
    start_random();
    struct upstream_health h = {0};
    uint64_t now = 5;
    for (unsigned i = 0; i < 1000; i++) {
        upstream_health_failed(&h, now, next_random(), true);
        cr_assert(h.retry_us - now < 1000000);
        now = h.retry_us;
    }
}

Test(upstream_choice, failures_within_one_back_off_count_once)
{
    struct upstream_health h = {0};
    upstream_health_failed(&h, 1000, 7, false);
    uint64_t retry = h.retry_us;
    for (unsigned i = 0; i < 30; i++)
        upstream_health_failed(&h, 1000 + i, 7, false);
    cr_assert_eq(h.failures, 1);
    cr_assert_eq(h.retry_us, retry);
}

Test(upstream_choice, only_an_answer_clears_failures)
{
    struct upstream_health h = {0};
    upstream_health_failed(&h, 1000, 7, false);
    upstream_health_connected(&h, 20000);
    cr_assert_eq(h.failures, 1);
    upstream_health_answered(&h, 20000, true);
    cr_assert_eq(h.failures, 0);
    cr_assert(upstream_health_may_dial(&h, 0));
}

Test(upstream_choice, round_trip_is_smoothed)
{
    struct upstream_health h = {0};
    upstream_health_connected(&h, 30000);
    cr_assert_eq(h.srtt_us, 30000);
    for (unsigned i = 0; i < 100; i++)
        upstream_health_answered(&h, 10000, true);
    cr_assert(h.srtt_us >= 10000 && h.srtt_us < 10100);
    upstream_health_answered(&h, 90000, true);
    cr_assert(h.srtt_us > 19000 && h.srtt_us < 21000);
}

Test(upstream_choice, silence_follows_the_round_trip_within_bounds)
{
    struct upstream_health h = {.srtt_us = 1000};
    cr_assert_eq(upstream_silence_us(&h, 4000), UPSTREAM_SILENCE_MIN_US);
    h.srtt_us = 400000;
    cr_assert_eq(upstream_silence_us(&h, 4000), 1600000);
    h.srtt_us = 4000000;
    cr_assert_eq(upstream_silence_us(&h, 4000), 2000000);
    cr_assert_eq(upstream_silence_us(&h, 1000), 500000);
}

Test(upstream_choice, a_slow_name_moves_the_round_trip_by_a_bounded_step)
{
    struct upstream_health h = {.srtt_us = 1000};
    upstream_health_answered(&h, 4000000, true);
    cr_assert(h.srtt_us > 1000 && h.srtt_us < 4000, "%u", h.srtt_us);
    cr_assert_eq(upstream_suspect_us(&h, 4000), UPSTREAM_SUSPECT_MIN_US);
    /* a server that is far away is known to be within some answers */
    for (unsigned i = 0; i < 20; i++)
        upstream_health_answered(&h, 400000, true);
    cr_assert(h.srtt_us > 300000, "%u", h.srtt_us);
}

Test(upstream_choice, silence_goes_by_answers_that_are_at_hand)
{
    /* one name in three is slow: the average is far from what a lost connection looks like */
    struct upstream_health h = {0};
    upstream_health_connected(&h, 20000);
    for (unsigned i = 0; i < 300; i++)
        upstream_health_answered(&h, i % 3 == 0 ? 900000 : 20000, true);
    cr_assert(h.srtt_us > 50000, "%u", h.srtt_us);
    cr_assert_eq(upstream_near_us(&h), 20000);
    cr_assert_eq(upstream_suspect_us(&h, 4000), UPSTREAM_SUSPECT_MIN_US);
    cr_assert_eq(upstream_answer_us(&h, 4000), UPSTREAM_ANSWER_MIN_US);
    /* the way became longer: that is known within two sets of answers */
    for (unsigned i = 0; i < 2 * UPSTREAM_NEAR_ANSWERS; i++)
        upstream_health_answered(&h, 400000, true);
    cr_assert(upstream_near_us(&h) > 300000, "%u", upstream_near_us(&h));
    /* the first name that was ever asked is slow */
    h = (struct upstream_health){0};
    upstream_health_connected(&h, 20000);
    upstream_health_answered(&h, 1500000, true);
    cr_assert(upstream_near_us(&h) < 50000, "%u", upstream_near_us(&h));
}

Test(upstream_choice, bad_answers_among_good_ones_count)
{
    for (unsigned one_in = 2; one_in <= 20; one_in += 18) {
        struct upstream_health h = {0};
        for (unsigned i = 0; i < 2000; i++)
            upstream_health_answered(&h, 1000, i % one_in != 0);
        cr_assert_eq(h.spoilt >= UPSTREAM_SPOILT_MANY, one_in == 2, "one in %u", one_in);
    }
}

Test(upstream_choice, an_answer_of_no_use_is_a_sign_of_life)
{
    struct upstream_health h = {.failures = 3, .retry_us = 9};
    upstream_health_answered(&h, 1000, false);
    cr_assert(h.failures == 0 && h.retry_us == 0 && h.srtt_us == 1000);
    cr_assert_eq(h.spoilt, UPSTREAM_SPOILT_STEP);
    for (unsigned i = 0; i < UPSTREAM_SPOILT_STEP + 3; i++)
        upstream_health_answered(&h, 1000, true);
    cr_assert_eq(h.spoilt, 0);
    for (unsigned i = 0; i < 1000; i++)
        upstream_health_answered(&h, 1000, false);
    cr_assert_eq(h.spoilt, UPSTREAM_SPOILT_MOST);
}

Test(upstream_choice, who_gives_nothing_but_bad_answers_is_asked_last)
{
    struct upstream_health h[2] = {{.srtt_us = 10}, {.srtt_us = 90000}};
    h[0].spoilt = UPSTREAM_SPOILT_MANY - 1;
    cr_assert_eq(choose(UPSTREAM_FASTEST, h, 2, 3, 1), 0, "a few are names, not the server");
    h[0].spoilt = UPSTREAM_SPOILT_MANY;
    cr_assert_eq(choose(UPSTREAM_FASTEST, h, 2, 3, 1), 1);
    cr_assert_eq(choose(UPSTREAM_ORDERED, h, 2, 3, 1), 1);
    cr_assert_eq(choose(UPSTREAM_ORDERED, h, 2, 1, 1), 0);
    cr_assert_eq(choose(UPSTREAM_ORDERED, h, 2, 3, 0), 0, "now and then it may prove itself");
}

Test(upstream_choice, never_picks_what_is_not_usable)
{
    start_random();
    struct upstream_health h[32];
    for (unsigned round = 0; round < 200000; round++) {
        unsigned count = 1 + next_random() % 32;
        for (unsigned i = 0; i < count; i++)
            h[i] = (struct upstream_health){.srtt_us = next_random() % 100000,
                                            .failures = next_random() % 3};
        uint32_t weights[32];
        for (unsigned i = 0; i < count; i++)
            weights[i] = next_random() % 4;
        struct upstream_ask ask = {.strategy = next_random() % 3,
                                   .count = count,
                                   .usable = next_random() & next_random(),
                                   .suspect = next_random(),
                                   .avoid = next_random() & next_random(),
                                   .weights = next_random() % 2 == 0 ? weights : NULL,
                                   .random = next_random()};
        uint32_t seen = count < 32 ? ask.usable & ((1U << count) - 1) : ask.usable;
        int pick = upstream_choose(&ask, h);
        if (seen == 0)
            cr_assert_eq(pick, -1);
        else
            cr_assert(pick >= 0 && (seen >> pick & 1) == 1);
    }
}

Test(upstream_choice, fastest_takes_the_least_round_trip)
{
    struct upstream_health h[3] = {{.srtt_us = 30000}, {.srtt_us = 10000}, {.srtt_us = 9500}};
    /* the third is not a tenth better than the second */
    cr_assert_eq(choose(UPSTREAM_FASTEST, h, 3, 7, 1), 1);
    h[2].srtt_us = 5000;
    cr_assert_eq(choose(UPSTREAM_FASTEST, h, 3, 7, 1), 2);
    h[2].failures = 1;
    cr_assert_eq(choose(UPSTREAM_FASTEST, h, 3, 7, 1), 1);
    cr_assert_eq(choose(UPSTREAM_FASTEST, h, 3, 4, 1), 2);
}

Test(upstream_choice, ordered_takes_the_first_that_is_healthy)
{
    struct upstream_health h[3] = {{.srtt_us = 90000}, {.srtt_us = 10}, {.srtt_us = 10}};
    cr_assert_eq(choose(UPSTREAM_ORDERED, h, 3, 7, 1), 0);
    h[0].failures = 1;
    cr_assert_eq(choose(UPSTREAM_ORDERED, h, 3, 7, 1), 1);
    h[1].failures = h[2].failures = 1;
    cr_assert_eq(choose(UPSTREAM_ORDERED, h, 3, 7, 1), 0);
}

Test(upstream_choice, one_that_comes_back_gets_queries_to_prove_itself)
{
    start_random();
    struct upstream_health h[3] = {
        {.srtt_us = 10, .failures = 2}, {.srtt_us = 10}, {.srtt_us = 10}};
    for (unsigned strategy = 0; strategy < 3; strategy++) {
        unsigned given = 0;
        for (unsigned i = 0; i < 20000; i++)
            given += choose(strategy, h, 3, 7, next_random()) == 0;
        cr_assert(given > 60 && given < 400, "strategy %u gave %u", strategy, given);
    }
}

Test(upstream_choice, spread_reaches_all_alike)
{
    start_random();
    struct upstream_health h[4] = {0};
    unsigned seen[4] = {0};
    for (unsigned i = 0; i < 40000; i++)
        seen[choose(UPSTREAM_SPREAD, h, 4, 15, next_random())]++;
    for (unsigned i = 0; i < 4; i++)
        cr_assert(seen[i] > 9000 && seen[i] < 11000);
}

Test(upstream_choice, spread_follows_the_weights)
{
    start_random();
    struct upstream_health h[3] = {0};
    uint32_t weights[3] = {1, 5, 2};
    unsigned seen[3] = {0};
    struct upstream_ask ask = {
        .strategy = UPSTREAM_SPREAD, .count = 3, .usable = 7, .weights = weights};
    for (unsigned i = 0; i < 80000; i++) {
        ask.random = next_random();
        seen[upstream_choose(&ask, h)]++;
    }
    for (unsigned i = 0; i < 3; i++)
        cr_assert(seen[i] > weights[i] * 9400 && seen[i] < weights[i] * 10600, "%u of weight %u",
                  seen[i], weights[i]);
}

Test(upstream_choice, what_is_avoided_or_suspect_is_taken_only_where_nothing_else_is_left)
{
    struct upstream_health h[3] = {{.srtt_us = 10}, {.srtt_us = 20}, {.srtt_us = 30}};
    for (unsigned strategy = 0; strategy < 3; strategy++)
        for (uint32_t random = 0; random < 300; random++) {
            struct upstream_ask ask = {.strategy = strategy,
                                       .count = 3,
                                       .usable = 7,
                                       .avoid = 1,
                                       .suspect = 2,
                                       .random = random << 24 | random};
            cr_assert_eq(upstream_choose(&ask, h), 2);
            ask.usable = 3; /* a suspect rather than one that had its chance */
            cr_assert_eq(upstream_choose(&ask, h), 1);
            ask.usable = 1;
            cr_assert_eq(upstream_choose(&ask, h), 0);
        }
}

Test(upstream_choice, estimate_of_the_95th_percentile_settles_where_it_is)
{
    start_random();
    struct upstream_health h = {0};
    unsigned later = 0;
    for (unsigned i = 0; i < 60000; i++) {
        uint32_t rtt = 1000 + next_random() % 1000 + (next_random() % 10 == 0 ? 50000 : 0) +
                       (next_random() % 40 == 0 ? 200000 : 0);
        if (i > 20000)
            later += rtt > h.p95_us;
        upstream_health_answered(&h, rtt, true);
    }
    cr_assert(later > 40000 / 40 && later < 40000 / 12, "%u of 40000 later, %u us", later,
              h.p95_us);
}

Test(upstream_choice, the_estimate_sinks_again)
{
    start_random();
    for (uint32_t start = 1; start < 10000000; start *= 7) {
        struct upstream_health h = {.p95_us = start};
        for (unsigned i = 0; i < 20000; i++)
            upstream_health_answered(&h, next_random() % 100, true);
        cr_assert(h.p95_us < 300 && h.p95_us > 50, "%u from %u", h.p95_us, start);
    }
}

Test(upstream_choice, a_query_is_late_by_the_best_upstreams_measure_only_with_fastest)
{
    struct upstream_health h[3] = {{.p95_us = 200000}, {.p95_us = 50000}, {.p95_us = 30000}};
    h[2].failures = 1;
    cr_assert_eq(upstream_hedge_us(UPSTREAM_FASTEST, h, 3, 0), 50000);
    cr_assert_eq(upstream_hedge_us(UPSTREAM_ORDERED, h, 3, 0), 200000);
    h[1].p95_us = 10;
    cr_assert_eq(upstream_hedge_us(UPSTREAM_FASTEST, h, 3, 0), UPSTREAM_HEDGE_MIN_US);
}

Test(upstream_choice, suspicion_the_probe_and_the_end_fit_into_a_query)
{
    start_random();
    for (unsigned round = 0; round < 100000; round++) {
        struct upstream_health h = {.srtt_us = next_random() >> (next_random() % 32),
                                    .failures = next_random() % 2};
        uint32_t query_ms = 100 + next_random() % 29901;
        uint64_t suspect = upstream_suspect_us(&h, query_ms),
                 answer = upstream_answer_us(&h, query_ms), end = upstream_silence_us(&h, query_ms);
        cr_assert(suspect <= end && answer <= suspect && end <= (uint64_t)query_ms * 500);
    }
    struct upstream_health near = {.srtt_us = 500}, far = {.srtt_us = 100000};
    cr_assert_eq(upstream_suspect_us(&near, 4000), 100000);
    cr_assert_eq(upstream_answer_us(&near, 4000), 50000);
    cr_assert_eq(upstream_suspect_us(&far, 4000), 400000);
    cr_assert_eq(upstream_answer_us(&far, 4000), 200000);
}

Test(upstream_choice, a_back_off_that_was_long_for_want_of_traffic_ends_with_traffic)
{
    struct upstream_health h = {.failures = 9, .retry_us = 5000000};
    upstream_health_hurry(&h, 1000000);
    cr_assert_eq(h.retry_us, 1000000);
    h.retry_us = 1000000 + UPSTREAM_BACKOFF_LONE_US / 2;
    upstream_health_hurry(&h, 1000000);
    cr_assert_eq(h.retry_us, 1000000 + UPSTREAM_BACKOFF_LONE_US / 2);
}
