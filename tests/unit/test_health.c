/* test_health.c - round trip, failures, back-off, and what silence means
 * SPDX-License-Identifier: ISC
 */
#include "upstream/health.h"

#include "prng.h"

#include <criterion/criterion.h>

static struct prng prng;

Test(health, back_off_grows_to_its_ceiling_with_jitter)
{
    prng = prng_begin("health");
    struct health h = {0};
    uint64_t now = 1000000, expected = UPSTREAM_BACKOFF_FIRST_US;
    for (unsigned i = 0; i < 40; i++) {
        health_failed(&h, now, (uint32_t)prng_next(&prng), false);
        uint64_t wait = h.retry_us - now;
        cr_assert(wait >= expected * 3 / 4 && wait <= expected * 5 / 4, "%lu of %lu",
                  (unsigned long)wait, (unsigned long)expected);
        cr_assert_gt(h.retry_us, now);
        now = h.retry_us;
        expected =
            expected * 2 < UPSTREAM_BACKOFF_MOST_US ? expected * 2 : UPSTREAM_BACKOFF_MOST_US;
    }
}

Test(health, a_lone_upstream_is_tried_again_within_a_second)
{
    prng = prng_begin("health");
    struct health h = {0};
    uint64_t now = 5;
    for (unsigned i = 0; i < 1000; i++) {
        health_failed(&h, now, (uint32_t)prng_next(&prng), true);
        cr_assert(h.retry_us - now < 1000000);
        now = h.retry_us;
    }
}

Test(health, failures_within_one_back_off_count_once)
{
    struct health h = {0};
    health_failed(&h, 1000, 7, false);
    uint64_t retry = h.retry_us;
    for (unsigned i = 0; i < 30; i++)
        health_failed(&h, 1000 + i, 7, false);
    cr_assert_eq(h.failures, 1);
    cr_assert_eq(h.retry_us, retry);
}

Test(health, only_an_answer_clears_failures)
{
    struct health h = {0};
    health_failed(&h, 1000, 7, false);
    health_connected(&h, 20000);
    cr_assert_eq(h.failures, 1);
    health_answered(&h, 20000, true);
    cr_assert_eq(h.failures, 0);
    cr_assert_eq(h.retry_us, 0);
}

Test(health, round_trip_is_smoothed)
{
    struct health h = {0};
    health_connected(&h, 30000);
    cr_assert_eq(h.srtt_us, 30000);
    for (unsigned i = 0; i < 100; i++)
        health_answered(&h, 10000, true);
    cr_assert(h.srtt_us >= 10000 && h.srtt_us < 10100);
    health_answered(&h, 90000, true);
    cr_assert(h.srtt_us > 19000 && h.srtt_us < 21000);
}

Test(health, silence_follows_the_round_trip_within_bounds)
{
    struct health h = {.srtt_us = 1000};
    cr_assert_eq(health_silence_us(&h, 4000), UPSTREAM_SILENCE_MIN_US);
    h.srtt_us = 400000;
    cr_assert_eq(health_silence_us(&h, 4000), 1600000);
    h.srtt_us = 4000000;
    cr_assert_eq(health_silence_us(&h, 4000), 2000000);
    cr_assert_eq(health_silence_us(&h, 1000), 500000);
}

Test(health, a_slow_name_moves_the_round_trip_by_a_bounded_step)
{
    struct health h = {.srtt_us = 1000};
    health_answered(&h, 4000000, true);
    cr_assert(h.srtt_us > 1000 && h.srtt_us < 4000, "%u", h.srtt_us);
    cr_assert_eq(health_suspect_us(&h, 4000), UPSTREAM_SUSPECT_MIN_US);
    /* a server that is far away is known to be within some answers */
    for (unsigned i = 0; i < 20; i++)
        health_answered(&h, 400000, true);
    cr_assert(h.srtt_us > 300000, "%u", h.srtt_us);
}

Test(health, silence_goes_by_answers_that_are_at_hand)
{
    /* one name in three is slow: the average is far from what a lost connection looks like */
    struct health h = {0};
    health_connected(&h, 20000);
    for (unsigned i = 0; i < 300; i++)
        health_answered(&h, i % 3 == 0 ? 900000 : 20000, true);
    cr_assert(h.srtt_us > 50000, "%u", h.srtt_us);
    cr_assert_eq(health_near_us(&h), 20000);
    cr_assert_eq(health_suspect_us(&h, 4000), UPSTREAM_SUSPECT_MIN_US);
    cr_assert_eq(health_answer_us(&h, 4000), UPSTREAM_ANSWER_MIN_US);
    /* the way became longer: that is known within two sets of answers */
    for (unsigned i = 0; i < 2 * UPSTREAM_NEAR_ANSWERS; i++)
        health_answered(&h, 400000, true);
    cr_assert(health_near_us(&h) > 300000, "%u", health_near_us(&h));
    /* the first name that was ever asked is slow */
    h = (struct health){0};
    health_connected(&h, 20000);
    health_answered(&h, 1500000, true);
    cr_assert(health_near_us(&h) < 50000, "%u", health_near_us(&h));
}

Test(health, bad_answers_among_good_ones_count)
{
    for (unsigned one_in = 2; one_in <= 20; one_in += 18) {
        struct health h = {0};
        for (unsigned i = 0; i < 2000; i++)
            health_answered(&h, 1000, i % one_in != 0);
        cr_assert_eq(h.spoilt >= UPSTREAM_SPOILT_MANY, one_in == 2, "one in %u", one_in);
    }
}

Test(health, an_answer_of_no_use_is_a_sign_of_life)
{
    struct health h = {.failures = 3, .retry_us = 9};
    health_answered(&h, 1000, false);
    cr_assert(h.failures == 0 && h.retry_us == 0 && h.srtt_us == 1000);
    cr_assert_eq(h.spoilt, UPSTREAM_SPOILT_STEP);
    for (unsigned i = 0; i < UPSTREAM_SPOILT_STEP + 3; i++)
        health_answered(&h, 1000, true);
    cr_assert_eq(h.spoilt, 0);
    for (unsigned i = 0; i < 1000; i++)
        health_answered(&h, 1000, false);
    cr_assert_eq(h.spoilt, UPSTREAM_SPOILT_MOST);
}

Test(health, estimate_of_the_95th_percentile_settles_where_it_is)
{
    prng = prng_begin("health");
    struct health h = {0};
    unsigned later = 0;
    for (unsigned i = 0; i < 60000; i++) {
        uint32_t rtt = 1000 + (uint32_t)prng_next(&prng) % 1000 +
                       ((uint32_t)prng_next(&prng) % 10 == 0 ? 50000 : 0) +
                       ((uint32_t)prng_next(&prng) % 40 == 0 ? 200000 : 0);
        if (i > 20000)
            later += rtt > h.p95_us;
        health_answered(&h, rtt, true);
    }
    cr_assert(later > 40000 / 40 && later < 40000 / 12, "%u of 40000 later, %u us", later,
              h.p95_us);
}

Test(health, the_estimate_sinks_again)
{
    prng = prng_begin("health");
    for (uint32_t start = 1; start < 10000000; start *= 7) {
        struct health h = {.p95_us = start};
        for (unsigned i = 0; i < 20000; i++)
            health_answered(&h, (uint32_t)prng_next(&prng) % 100, true);
        cr_assert(h.p95_us < 300 && h.p95_us > 50, "%u from %u", h.p95_us, start);
    }
}

Test(health, suspicion_the_probe_and_the_end_fit_into_a_query)
{
    prng = prng_begin("health");
    for (unsigned round = 0; round < 100000; round++) {
        struct health h = {.srtt_us =
                               (uint32_t)prng_next(&prng) >> ((uint32_t)prng_next(&prng) % 32),
                           .failures = (uint32_t)prng_next(&prng) % 2};
        uint32_t query_ms = 100 + (uint32_t)prng_next(&prng) % 29901;
        uint64_t suspect = health_suspect_us(&h, query_ms), answer = health_answer_us(&h, query_ms),
                 end = health_silence_us(&h, query_ms);
        cr_assert(suspect <= end && answer <= suspect && end <= (uint64_t)query_ms * 500);
    }
    struct health near = {.srtt_us = 500}, far = {.srtt_us = 100000};
    cr_assert_eq(health_suspect_us(&near, 4000), 100000);
    cr_assert_eq(health_answer_us(&near, 4000), 50000);
    cr_assert_eq(health_suspect_us(&far, 4000), 400000);
    cr_assert_eq(health_answer_us(&far, 4000), 200000);
}

Test(health, a_back_off_that_was_long_for_want_of_traffic_ends_with_traffic)
{
    struct health h = {.failures = 9, .retry_us = 5000000};
    health_hurry(&h, 1000000);
    cr_assert_eq(h.retry_us, 1000000);
    h.retry_us = 1000000 + UPSTREAM_BACKOFF_LONE_US / 2;
    health_hurry(&h, 1000000);
    cr_assert_eq(h.retry_us, 1000000 + UPSTREAM_BACKOFF_LONE_US / 2);
}
