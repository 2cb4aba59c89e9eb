/* test_sight.c - from pages to findings: the same for who looks once and who looked all the time
 * SPDX-License-Identifier: ISC
 */
#include "view/sight.h"

#include "prng.h"
#include "view_scene.h"

#include "view/draw_page.h"
#include "view/draw_status.h"
#include "view/sheet.h"

#define BEGIN_US (1000 * VIEW_SCENE_S)
#define WALL_S   UINT64_C(1800000000)

static struct service_page service;
static struct stats_page front, worker;
static struct chronicle_page page;
static struct service_page_set pages;
static struct sight keeper, reader;
static uint64_t now_us;
static char text[DRAW_STATUS_MAX], html[DRAW_PAGE_MAX];

/* A lane and an upstream that serves. */
static void
begin(void)
{
    service = (struct service_page){.magic = SERVICE_PAGE_MAGIC,
                                    .bytes = sizeof service,
                                    .stats_bytes = sizeof front,
                                    .version = PENSTOCK_VERSION,
                                    .started_us = BEGIN_US,
                                    .started_s = WALL_S,
                                    .lanes = 1,
                                    .upstreams = 1,
                                    .queries = 100,
                                    .tcp_clients = 100,
                                    .query_ms = 5000,
                                    .of_upstream[0] = {.name = "north", .pins = 2}};
    service.of_lane[0].children[0].state = service.of_lane[0].children[1].state =
        SERVICE_PAGE_READY;
    service.phase = SERVICE_PAGE_RUNS;
    worker.upstreams[0].state = STATS_UPSTREAM_USABLE;
    pages = (struct service_page_set){.service = &service, .stats[0] = {&front, &worker}};
    now_us = BEGIN_US;
    chronicle_begin(&page);
}

/* So many seconds in which so many queries are answered, and others fail. */
static void
pass(unsigned seconds, uint64_t answered, uint64_t failed)
{
    for (unsigned i = 0; i < seconds; i++) {
        now_us += VIEW_SCENE_S;
        stats_add(&front, STAT_UDP_QUERIES, answered + failed);
        front.why[WHY_CACHE_HIT] += answered;
        front.why[WHY_TIMEOUT] += failed;
        stats_store(&service.updated_us, now_us);
        cr_assert_eq(
            sight_take(&keeper, &pages, now_us, WALL_S + (now_us - BEGIN_US) / VIEW_SCENE_S),
            STATUS_OK);
        chronicle_publish(&page, &keeper.chronicle);
    }
}

/* Somebody comes, so much later than the last reading. */
static void
come(uint64_t later_us, bool has_history)
{
    struct service_page_set seen = pages;
    uint64_t at_us = now_us + later_us;
    seen.history = has_history ? &page : NULL;
    seen.history_bytes = has_history ? sizeof page : 0;
    memset(&reader, 0, sizeof reader);
    cr_assert_eq(sight_take(&reader, &seen, at_us, WALL_S + (at_us - BEGIN_US) / VIEW_SCENE_S),
                 STATUS_OK);
}

Test(sight, who_looks_once_has_the_last_hour)
{
    begin();
    pass(1800, 10, 0);
    come(VIEW_SCENE_S / 2, true);
    cr_assert(reader.is_shared);
    cr_assert(reader.figures.is_whole);
    cr_assert_eq(reader.judgement.level, JUDGE_WELL);
    cr_assert_eq(reader.judgement.since_s, WALL_S + 1);
    cr_assert(reader.judgement.is_from_start);
    cr_assert_neq(reader.figures.usual_low, NUMBER_NONE);
    come(VIEW_SCENE_S / 2, false);
    cr_assert_not(reader.is_shared);
    cr_assert_eq(reader.figures.span_s, 0, "a reading alone has no rates");
}

Test(sight, who_looked_before_the_first_reading_has_the_hour_when_it_is_there)
{
    begin();
    stats_store(&service.updated_us, now_us);
    come(1, true);
    cr_assert_not(reader.is_shared);
    pass(30, 10, 0);
    pages.history = &page;
    pages.history_bytes = sizeof page;
    cr_assert_eq(sight_take(&reader, &pages, now_us + 1, WALL_S + 30), STATUS_OK);
    cr_assert(reader.is_shared);
}

Test(sight, since_is_when_it_began_whoever_looks_when)
{
    begin();
    pass(600, 10, 0);
    uint64_t cause_s = WALL_S + 600;
    pass(100, 5, 5);
    come(1, true);
    cr_assert_eq(reader.judgement.level, JUDGE_ACT);
    uint64_t since_s = reader.judgement.since_s;
    cr_assert_leq(since_s - cause_s, 5, "%d s late", (int)(since_s - cause_s));
    pass(100, 5, 5);
    come(VIEW_SCENE_S, true);
    cr_assert_eq(reader.judgement.since_s, since_s, "it goes on");
    pass(200, 10, 0);
    come(1, true);
    cr_assert_eq(reader.judgement.since_s, since_s, "it is not over for five quiet minutes");
    pass(600, 10, 0);
    come(1, true);
    cr_assert_eq(reader.judgement.level, JUDGE_WELL);
    cr_assert_gt(reader.judgement.since_s, cause_s + 300);
}

Test(sight, a_reading_of_ones_own_counts_too)
{
    begin();
    pass(600, 10, 0);
    worker.upstreams[0].state = STATS_UPSTREAM_DOWN;
    worker.upstreams[0].cause = STATS_CAUSE_LOST;
    worker.upstreams[0].changed_us = now_us + 1;
    come(VIEW_SCENE_S / 2, true);
    cr_assert_eq(reader.judgement.count, 1);
    cr_assert_eq(reader.judgement.findings[0].kind, JUDGE_NONE);
    cr_assert_eq(keeper.judgement.count, 0, "the supervisor's is not changed by it");
}

Test(sight, a_supervisor_that_hangs_is_old_since_it_wrote_last)
{
    begin();
    pass(600, 10, 0);
    come(90 * VIEW_SCENE_S, true);
    cr_assert_eq(reader.judgement.findings[0].kind, JUDGE_OLD);
    cr_assert_eq(reader.judgement.level, JUDGE_ACT);
    cr_assert_eq(reader.judgement.since_s, WALL_S + 600);
}

Test(sight, rates_of_now_are_of_half_a_second_at_least)
{
    begin();
    pass(10, 10, 0);
    front.why[WHY_CACHE_HIT]++;
    stats_add(&front, STAT_UDP_QUERIES, 1);
    come(1000, true);
    cr_assert(reader.figures.queries_now >= 10000 && reader.figures.queries_now <= 11000, "%llu",
              (unsigned long long)reader.figures.queries_now);
    come(VIEW_SCENE_S, true);
    cr_assert_eq(reader.figures.queries_now, 1000);
}

Test(sight, other_upstreams_do_not_inherit_findings)
{
    begin();
    worker.upstreams[0].pin_seen = 2;
    worker.upstreams[0].pin_changed_us = BEGIN_US;
    pass(20, 10, 0);
    come(1, true);
    cr_assert_eq(reader.judgement.findings[0].kind, JUDGE_LAST_PIN);
    snprintf(service.of_upstream[0].name, sizeof service.of_upstream[0].name, "south");
    worker.upstreams[0].pin_seen = 0;
    pass(1, 10, 0);
    come(1, true);
    cr_assert_eq(reader.judgement.count, 0);
}

Test(sight, a_page_that_lies_harms_nobody)
{
    static struct chronicle lie;
    struct prng prng = prng_begin("a_page_that_lies_harms_nobody");
    begin();
    pass(100, 10, 0);
    for (unsigned round = 0; round < 300; round++) {
        struct sheet sheet;
        lie = keeper.chronicle;
        uint64_t *words = (uint64_t *)(void *)&lie;
        for (unsigned i = prng_below(&prng, 4000) + 1; i > 0; i--)
            words[prng_below(&prng, CHRONICLE_WORDS)] =
                prng_below(&prng, 2) == 0 ? prng_next(&prng) : prng_below(&prng, 400);
        if (round % 2 == 0) { /* the history keeps its order, all else is as it came */
            lie.history.tallies_count %= HISTORY_TALLIES + 1;
            lie.history.tallies_next %= HISTORY_TALLIES;
            lie.history.points_count = 1;
            lie.history.points_next = 1;
            lie.history.points[0].at_us = lie.history.before.at_us = 1;
            lie.history.newest.at_us = now_us;
            lie.history.has_newest = UINT64_MAX;
        }
        chronicle_publish(&page, &lie);
        come(prng_below(&prng, 3000000), true);
        cr_assert(round % 2 != 0 || reader.is_shared, "%u", round);
        sheet_begin(&sheet, text, sizeof text, false, true);
        draw_status(&reader.figures, &reader.judgement, &sheet);
        cr_assert_gt(strlen(text), 100);
        struct markup markup;
        struct draw_page_when when = {.drawn_s = WALL_S};
        markup_begin(&markup, html, sizeof html);
        cr_assert_eq(draw_page(&reader.figures, &reader.judgement, &when, &markup), STATUS_OK);
    }
}

Test(sight, after_a_lie_own_readings_count)
{
    struct service_page_set seen = pages;
    begin();
    pass(100, 10, 0);
    seen = pages;
    seen.history = &page;
    seen.history_bytes = sizeof page - 8;
    for (unsigned i = 1; i <= 3; i++)
        cr_assert_eq(sight_take(&reader, &seen, now_us + i * VIEW_SCENE_S, WALL_S), STATUS_OK);
    cr_assert_not(reader.is_shared);
    cr_assert_eq(reader.figures.span_s, 2);
}

/* The counters of a service that is gone stand still; that is no rate of 0. */
Test(sight, of_a_service_that_is_gone_grows_old_and_keeps_its_figures)
{
    begin();
    pass(300, 100, 0);
    uint64_t queries = keeper.figures.queries, queries_now = keeper.figures.queries_now;
    cr_expect_gt(queries_now, 0);
    sight_age(&keeper, now_us + 20 * VIEW_SCENE_S, WALL_S + 320, 20 * VIEW_SCENE_S);
    cr_expect_eq(keeper.judgement.level, JUDGE_LOOK);
    sight_age(&keeper, now_us + 240 * VIEW_SCENE_S, WALL_S + 540, 240 * VIEW_SCENE_S);
    cr_expect_eq(keeper.judgement.level, JUDGE_ACT);
    cr_assert_eq(keeper.judgement.count, 1);
    cr_expect_eq(keeper.judgement.findings[0].kind, JUDGE_OLD);
    cr_expect_eq(keeper.judgement.findings[0].since_s, WALL_S + 300);
    cr_expect_eq(keeper.figures.queries, queries);
    cr_expect_eq(keeper.figures.queries_now, queries_now);
    cr_expect_eq(keeper.reading.age_us, 240 * VIEW_SCENE_S);
    cr_expect_eq(keeper.reading.tally.at_us, now_us, "its moment stays");
}
