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

/* --- when it closes connections --------------------------------------------------------------- */

#define S 1000000ULL

Test(health, closes_before_a_known_server_does)
{
    cr_assert_eq(health_idle_us(0, 30 * S), 30 * S);
    cr_assert_eq(health_idle_us(10 * S, 30 * S), 8 * S);
    cr_assert_eq(health_idle_us(100 * S, 30 * S), 30 * S);
}

Test(health, a_close_at_once_teaches_nothing)
{
    cr_assert_eq(health_idle_closed(0, UPSTREAM_IDLE_LEARN_US - 1), 0);
    cr_assert_eq(health_idle_closed(7 * S, 0), 7 * S);
    cr_assert_eq(health_idle_closed(0, 10 * S), 10 * S);
    cr_assert_eq(health_idle_closed(10 * S, 5 * S), 5 * S);
}

Test(health, a_limit_that_was_lifted_is_forgotten_step_by_step)
{
    uint64_t server = 2 * S;
    unsigned steps = 0;
    for (; server != 0 && steps < 1000; steps++) {
        uint64_t next = health_idle_outlived(server, 30 * S);
        cr_assert(next == 0 || next > server);
        /* never so far that the server's limit is missed by more than the fifth we keep */
        cr_assert(next == 0 || health_idle_us(next, 30 * S) < server);
        server = next;
    }
    cr_assert(steps > 20 && steps < 100, "%u steps", steps);
    cr_assert_eq(health_idle_outlived(0, 30 * S), 0);
}

/* A server that closes at its quota, or only at the first query beyond it; 0: never. */
struct server {
    uint32_t quota;
    int at_excess;
};

static uint64_t now;
static unsigned lost, connections;

/* One connection, one query after the other as long as it may be used. */
static void
connect_and_ask(struct health_quota *quota, const struct server *server, uint32_t most)
{
    uint64_t since = ++now;
    connections++;
    for (uint32_t asked = 1; asked <= most; asked++) {
        now += 10;
        if (server->quota != 0 && asked > server->quota) { /* never answered */
            lost++;
            health_quota_closed(quota, server->quota, since, now);
            return;
        }
        health_quota_answered(quota, asked, since);
        if (asked == server->quota && !server->at_excess) {
            lost += quota->known != asked; /* the next was written already */
            health_quota_closed(quota, asked, since, now);
            return;
        }
        if (asked == quota->known) {
            health_quota_outlived(quota);
            return;
        }
    }
}

static void
use(struct health_quota *quota, struct server server, unsigned count)
{
    lost = connections = 0;
    for (unsigned i = 0; i < count; i++)
        connect_and_ask(quota, &server, 2000);
}

Test(health, is_learned_from_two_connections_and_kept)
{
    static const uint32_t quotas[] = {1, 2, 10, 100};
    for (unsigned i = 0; i < 4; i++) {
        struct health_quota quota = {0};
        use(&quota, (struct server){quotas[i], 0}, 2);
        cr_assert_eq(quota.known, quotas[i]);
        use(&quota, (struct server){quotas[i], 0}, 1000);
        cr_assert_eq(quota.known, quotas[i]);
        cr_assert_eq(lost, 0);
    }
}

Test(health, one_close_proves_nothing)
{
    struct health_quota quota = {0};
    health_quota_closed(&quota, 3, 10, 100);
    cr_assert_eq(quota.known, 0);
    /* a restart ends all connections at once */
    for (uint32_t answers = 1; answers < 9; answers++)
        health_quota_closed(&quota, answers, 10 + answers, 100 + answers);
    cr_assert_eq(quota.known, 0);
    health_quota_answered(&quota, 4, 200);
    health_quota_closed(&quota, 500, 200, 300);
    cr_assert_eq(quota.known, 0, "the one after it was used for longer");
    health_quota_closed(&quota, 0, 400, 500);
    health_quota_closed(&quota, 0, 600, 700);
    cr_assert_eq(quota.known, 0, "no answer teaches nothing");
}

Test(health, grows_where_the_server_closes_no_more)
{
    struct health_quota quota = {0};
    use(&quota, (struct server){3, 0}, 2);
    cr_assert_eq(quota.known, 3);
    use(&quota, (struct server){0, 0}, 20);
    cr_assert_gt(quota.known, 2000, "as many as anybody asked");
    cr_assert_leq(connections, 20);
}

Test(health, a_server_that_closes_at_the_excess_costs_less_and_less)
{
    struct health_quota quota = {0};
    use(&quota, (struct server){5, 1}, 1000);
    cr_assert_lt(lost, 60, "%u", lost);
    use(&quota, (struct server){5, 1}, 1000);
    cr_assert_lt(lost, 40, "%u", lost);
    cr_assert(quota.known == 5 || quota.known == 10);
}

/* Where others wait for its place, a connection that had its number is not left open to see. */
Test(health, asks_beyond_on_some_connections_and_learns_of_an_answer)
{
    struct health_quota quota = {0};
    cr_assert_not(health_quota_is_tried(&quota), "there is nothing beyond none");
    use(&quota, (struct server){5, 0}, 2);
    cr_assert(health_quota_is_tried(&quota));
    health_quota_tried(&quota, true);
    cr_assert_eq(quota.known, 10);
    unsigned tried = 0, heard = quota.known;
    for (unsigned i = 0; i < 1000; i++)
        if (health_quota_is_tried(&quota)) {
            health_quota_tried(&quota, false);
            tried++;
        }
    cr_assert(tried >= 1000 / UPSTREAM_QUOTA_TRIALS && tried <= 1000 / UPSTREAM_QUOTA_TRIALS + 8,
              "%u", tried);
    cr_assert_eq(quota.known, heard, "no answer is no reason to ask less");
    while (!health_quota_is_tried(&quota))
        continue;
    health_quota_tried(&quota, true);
    cr_assert(health_quota_is_tried(&quota), "an answer, and the next is tried at once");
    while (quota.known != 0)
        health_quota_tried(&quota, true);
    cr_assert_not(health_quota_is_tried(&quota), "a number that large is none");
}

Test(health, follows_a_server_that_allows_less)
{
    struct health_quota quota = {0};
    use(&quota, (struct server){100, 0}, 5);
    use(&quota, (struct server){7, 0}, 2);
    cr_assert_eq(quota.known, 7);
}
