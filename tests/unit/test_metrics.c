/* test_metrics.c - what is exported, and its reference
 * SPDX-License-Identifier: ISC
 */
#include "view_scene.h"

#include "exporter/metrics.h"

#include <inttypes.h>

static struct view_scene scene;
static struct stages stages;
static struct http_reply reply;
static struct metrics_self self = {.has_reading = true, .is_fresh = true, .age_us = 250000};

static const char *
draw(bool is_open)
{
    http_reply_begin(&reply, 200, HTTP_REPLY_PLAIN);
    figures_make(&scene.figures, &scene.reading, &scene.history);
    metrics_draw(&reply, is_open, &self, &scene.figures, &scene.judgement, &stages);
    cr_assert_not(reply.is_cut);
    return reply.body;
}

#define HAS(line)   cr_expect_not_null(strstr(draw(false), "\n" line "\n"), "%s", line)
#define LACKS(part) cr_expect_null(strstr(draw(false), part), "%s", part)

Test(metrics, numbers_stand_under_their_names)
{
    view_scene_begin(&scene);
    struct tally *tally = &scene.reading.tally;
    tally->counts[STAT_UDP_QUERIES] = UINT64_MAX;
    tally->counts[STAT_RATES_FORGIVEN_MS] = 1234567;
    tally->counts[STAT_TCP_CLIENTS] = 3;
    tally->why[WHY_CACHE_HIT] = 5;
    tally->rcodes[2] = 6;
    tally->filtered = 12;
    HAS("penstock_udp_queries_total 18446744073709551615");
    HAS("penstock_rates_forgiven_seconds_total 1234.567000");
    HAS("# TYPE penstock_tcp_clients gauge\npenstock_tcp_clients 3");
    HAS("penstock_queries_ended_total{reason=\"cache_hit\",group=\"answered\"} 5");
    HAS("penstock_build_info{version=\"0.1.0\",config=\"0000000000000000\"} 1");
    HAS("penstock_responses_total{rcode=\"SERVFAIL\"} 6");
    HAS("penstock_datagrams_filtered_total 12");
    HAS("penstock_queries_limit 16384");
    HAS("penstock_exporter_reading_age_seconds 0.250000");
    HAS("penstock_finding{name=\"pin\"} 0");
}

Test(metrics, buckets_add_up_and_bounds_are_true)
{
    view_scene_begin(&scene);
    uint64_t *buckets = stages.buckets[STATS_STAGE_ANSWER];
    unsigned bucket = 0;
    while (stats_bucket_top(bucket) < 127)
        bucket++;
    buckets[0] = 1;
    buckets[bucket] = 10;      /* up to 127 whole µs: less than 128 */
    buckets[bucket + 1] = 100; /* 128 µs at least */
    buckets[STATS_BUCKETS - 1] = 1000;
    HAS("penstock_duration_seconds_bucket{stage=\"answer\",le=\"0.000064\"} 1");
    HAS("penstock_duration_seconds_bucket{stage=\"answer\",le=\"0.000128\"} 11");
    HAS("penstock_duration_seconds_bucket{stage=\"answer\",le=\"0.000256\"} 111");
    HAS("penstock_duration_seconds_bucket{stage=\"answer\",le=\"8.388608\"} 111");
    HAS("penstock_duration_seconds_bucket{stage=\"answer\",le=\"+Inf\"} 1111");
    HAS("penstock_duration_seconds_count{stage=\"answer\"} 1111");
    HAS("penstock_duration_seconds_bucket{stage=\"upstream\",le=\"+Inf\"} 0");
    stages.buckets[STATS_STAGE_HANDSHAKE][0] = 3;
    HAS("penstock_duration_seconds_bucket{stage=\"handshake\",le=\"0.000064\"} 3");
    cr_expect_null(strstr(draw(true), "_count{"));
}

Test(metrics, findings_have_the_level_of_the_most_urgent_one)
{
    view_scene_begin(&scene);
    scene.judgement.level = JUDGE_ACT;
    scene.judgement.count = 3;
    scene.judgement.findings[0] = (struct judge_finding){.kind = JUDGE_PIN, .level = JUDGE_ACT};
    scene.judgement.findings[1] = (struct judge_finding){.kind = JUDGE_PIN, .level = JUDGE_LOOK};
    scene.judgement.findings[2] = (struct judge_finding){.kind = JUDGE_DIED, .level = JUDGE_LOOK};
    HAS("penstock_level 2");
    HAS("penstock_finding{name=\"pin\"} 2");
    HAS("penstock_finding{name=\"died\"} 1");
    HAS("penstock_finding{name=\"share\"} 0");
}

Test(metrics, of_a_service_that_is_gone_nothing_is_told)
{
    view_scene_begin(&scene);
    self.is_fresh = false;
    cr_expect(strstr(draw(false), "penstock_up 0\n") != NULL);
    LACKS("penstock_udp");
    LACKS("penstock_build_info");
    HAS("penstock_exporter_reading_age_seconds 0.250000");
    self.has_reading = false;
    LACKS("reading_age");
}

Test(metrics, the_largest_scrape_has_room)
{
    view_scene_begin(&scene);
    struct reading *r = &scene.reading;
    r->upstreams = STATS_UPSTREAMS;
    for (unsigned i = 0; i < STATS_UPSTREAMS; i++) {
        r->of_upstream[i] = r->of_upstream[0];
        memset(r->of_upstream[i].name, 'a' + (int)i, sizeof r->of_upstream[i].name - 1);
        memset(r->of_upstream[i].rcodes, 0xff, sizeof r->of_upstream[i].rcodes);
        r->of_upstream[i].pin_mismatches = r->of_upstream[i].connections = UINT64_MAX;
        r->tally.asked[i] = r->tally.failed[i] = UINT64_MAX;
    }
    r->routes = SERVICE_PAGE_ROUTES;
    for (unsigned i = 1; i < SERVICE_PAGE_ROUTES; i++)
        memset(r->of_route[i].name, 'a', sizeof r->of_route[i].name - 1);
    memset(&r->tally.counts, 0xff, sizeof r->tally.counts);
    memset(&r->tally.why, 0xff, sizeof r->tally.why);
    memset(&stages, 0xff, sizeof stages);
    draw(false);
    cr_expect_lt(reply.size, HTTP_REPLY_BODY_MAX / 4 * 3);
    draw(true);
}

/* docs/METRICS.md is what penstock-exporter --describe prints, under a heading. */
Test(metrics, the_reference_is_the_table)
{
    static char text[HTTP_REPLY_BODY_MAX];
    FILE *file = fopen(SOURCE_ROOT "/docs/METRICS.md", "r");
    cr_assert_not_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    http_reply_begin(&reply, 200, HTTP_REPLY_PLAIN);
    metrics_describe(&reply);
    const char *table = strstr(text, "| metric |");
    cr_assert_not_null(table);
    cr_expect_str_eq(
        table, reply.body,
        "write the output of penstock-exporter --describe to the end of docs/METRICS.md");
}
