/* test_figures.c - tests of figures
 * SPDX-License-Identifier: ISC
 */
#include "view_scene.h"

static struct view_scene scene;
static struct figures *const f = &scene.figures;

/* One more reading, `seconds` later; the test has changed the tally. */
static void
read_after(uint64_t seconds)
{
    view_scene_pass(&scene, seconds * VIEW_SCENE_S);
    history_add(&scene.history, &scene.reading.tally);
    figures_make(f, &scene.reading, &scene.history);
}

static void
begin(void)
{
    view_scene_begin(&scene);
    read_after(0);
}

Test(figures, of_one_reading_no_rate_is_told)
{
    begin();
    cr_expect_eq(f->span_s, 0);
    cr_expect_eq(f->queries, NUMBER_NONE);
    cr_expect_eq(f->failed, NUMBER_NONE);
    cr_expect_eq(f->share, NUMBER_NONE);
    cr_expect_eq(f->queries_now, NUMBER_NONE);
    cr_expect_eq(f->of_upstream[0].share, NUMBER_NONE);
    cr_expect_eq(f->usable, 3, "what is not counted over a time is known at once");
}

Test(figures, rates_and_shares_are_of_the_last_five_minutes)
{
    begin();
    for (unsigned i = 0; i < 60; i++) { /* ten minutes; the first five are busier */
        uint64_t more = i < 30 ? 5 : 1;
        struct tally *t = &scene.reading.tally;
        t->counts[STAT_UDP_QUERIES] += 1000 * more;
        t->why[WHY_CACHE_HIT] += 700 * more;
        t->why[WHY_ANSWERED] += 297 * more;
        t->why[WHY_BLOCKED] += 2 * more;
        t->why[WHY_TIMEOUT] += 1 * more;
        t->answer_buckets[8] += 997 * more;
        t->asked[0] += 200 * more;
        t->asked[2] += 100 * more;
        t->failed[2] += 1 * more;
        read_after(10);
    }
    cr_expect(f->is_whole);
    cr_expect_eq(f->span_s, 300);
    cr_expect_eq(f->queries, 100000);
    cr_expect_eq(f->queries_count, 30000);
    cr_expect_eq(f->answered, 99700);
    cr_expect_eq(f->turned_away, 200);
    cr_expect_eq(f->failed, 100);
    cr_expect_eq(f->neither, 0);
    cr_expect_eq(f->parts[WHY_PART_LISTED], 200);
    cr_expect_eq(f->share, 9989, "997 of 998, cut");
    cr_expect_eq(f->cached_share, 7021);
    cr_expect_eq(f->failed_minute_count, 6);
    cr_expect_eq(f->half_us, stats_bucket_top(8));
    cr_expect_eq(f->of_upstream[0].share, 6666);
    cr_expect_eq(f->of_upstream[1].share, 0);
    cr_expect_eq(f->of_upstream[2].failed, 6000, "one in ten seconds are six a minute");
    cr_expect_eq(f->usual_low, NUMBER_NONE, "what is usual takes half an hour");
}

Test(figures, failures_of_a_minute_are_told_when_a_minute_was_seen)
{
    begin();
    scene.reading.tally.failed[2] += 1;
    scene.reading.tally.asked[2] += 10;
    read_after(2);
    cr_expect_eq(f->of_upstream[2].failed, NUMBER_NONE, "one in two seconds is not thirty");
    cr_expect_eq(f->of_upstream[2].rate, 5000);
    for (unsigned i = 0; i < 6; i++)
        read_after(10);
    cr_expect(f->of_upstream[2].failed > 900 && f->of_upstream[2].failed <= 1000, "%llu",
              (unsigned long long)f->of_upstream[2].failed);
}

Test(figures, now_is_the_last_two_readings)
{
    begin();
    scene.reading.tally.counts[STAT_TCP_QUERIES] += 100;
    read_after(10);
    scene.reading.tally.counts[STAT_TCP_QUERIES] += 4;
    scene.reading.tally.why[WHY_LOCAL] += 4;
    read_after(2);
    cr_expect_eq(f->queries_now, 2000);
    cr_expect_eq(f->cached_share_now, 0);
    cr_expect_eq(f->queries, 104 * 1000 / 12);
    cr_expect_eq(f->span_s, 12);
    cr_expect_not(f->is_whole);
}

Test(figures, what_is_usual_leaves_the_odd_minutes_out)
{
    begin();
    for (unsigned i = 0; i < 360; i++) {
        scene.reading.tally.counts[STAT_UDP_QUERIES] += i / 6 == 7 ? 100000 : 1000 + i;
        scene.reading.tally.answer_buckets[20] += 200;
        read_after(10);
    }
    cr_expect(f->usual_low >= 103000 && f->usual_low <= 105000, "%llu",
              (unsigned long long)f->usual_low);
    cr_expect(f->usual_high >= 131000 && f->usual_high <= 134000, "%llu",
              (unsigned long long)f->usual_high);
    cr_expect_eq(f->usual_most_us, stats_bucket_top(20));
}

Test(figures, an_answer_time_of_an_upstream_without_connection_is_none)
{
    view_scene_begin(&scene);
    scene.reading.of_upstream[0].connections = 0;
    scene.reading.of_upstream[1].rtt_us = 0;
    read_after(0);
    cr_expect_eq(f->of_upstream[0].answer_us, NUMBER_NONE);
    cr_expect_eq(f->of_upstream[1].answer_us, NUMBER_NONE);
    cr_expect_eq(f->of_upstream[2].answer_us, 14600);
}

Test(figures, room_is_that_of_all_lanes)
{
    view_scene_begin(&scene);
    scene.reading.tally.counts[STAT_QUERIES_ALIVE] = 37;
    read_after(0);
    cr_expect_eq(f->waiting, 37);
    cr_expect_eq(f->waiting_most, 16384);
    cr_expect_eq(f->tcp_clients_most, 2048);
    cr_expect_eq(f->cache_bytes_most, 32 << 20);
}

Test(figures, since_when_no_upstream_can_be_asked)
{
    view_scene_begin(&scene);
    for (unsigned i = 0; i < 3; i++) {
        scene.reading.of_upstream[i].state = STATS_UPSTREAM_DOWN;
        scene.reading.of_upstream[i].changed_us = VIEW_SCENE_NOW_US - (i + 1) * VIEW_SCENE_MINUTE;
    }
    read_after(0);
    cr_expect_eq(f->usable, 0);
    cr_expect_eq(f->of_route[0].none_us, VIEW_SCENE_NOW_US - VIEW_SCENE_MINUTE,
                 "since the last one");
    cr_expect_eq(figures_wall_s(f, f->of_route[0].none_us), VIEW_SCENE_NOW_WALL - 60);
    cr_expect_eq(figures_wall_s(f, VIEW_SCENE_NOW_US + 1), VIEW_SCENE_NOW_WALL);
    scene.reading.of_upstream[1].state = STATS_UPSTREAM_USABLE;
    read_after(1);
    cr_expect_eq(f->of_route[0].none_us, 0);
}

Test(figures, errors_of_an_upstream_stand_beside_those_of_others_and_of_the_hour)
{
    struct tally *t = &scene.reading.tally;
    begin();
    for (unsigned i = 0; i < 330; i++) { /* 55 minutes, of which the last five are worse */
        bool is_late = i >= 300;
        t->asked[0] += 10;
        t->responded[0] += 10;
        t->erred[0] += is_late ? 5 : i % 2;
        t->responded[1] += 4;
        t->erred[1] += i % 2;
        read_after(10);
    }
    const struct figures_upstream *up = &f->of_upstream[0];
    cr_expect_eq(up->errors_count, 150);
    cr_expect_eq(up->errors, 5000);
    cr_expect_eq(up->errors_minute, 5000);
    cr_expect_eq(up->errors_others, 1250);
    cr_expect_eq(up->errors_usual, 500, "%llu", (unsigned long long)up->errors_usual);
    cr_expect_eq(f->errors_minute, number_share_of(33, 84));
    cr_expect_eq(f->of_upstream[1].errors_usual, NUMBER_NONE, "it was not asked by us");
    cr_expect_eq(f->of_upstream[2].errors, NUMBER_NONE);
}

Test(figures, processor_time_is_of_one_core_and_not_of_a_moment)
{
    begin();
    scene.reading.tally.cpu_us += 900000;
    read_after(2);
    cr_expect_eq(f->cpu, NUMBER_NONE, "each process tells once a second");
    cr_expect_eq(f->cpu_front[0], NUMBER_NONE);
    for (unsigned i = 0; i < 40; i++) {
        scene.reading.tally.cpu_us += 15000000;
        scene.reading.tally.cpu_front_us[1] += 5000000;
        scene.reading.tally.cpu_worker_us[0] += 100000;
        read_after(10);
    }
    cr_expect_eq(f->cpu, 15000, "one core and a half");
    cr_expect_eq(f->cpu_front[1], 5000);
    cr_expect_eq(f->cpu_worker[0], 100);
    cr_expect_eq(f->cpu_supervisor, 0);
    cr_expect_eq(f->memory_peak_bytes, 57 << 20);
}

Test(figures, each_route_has_upstreams_of_its_own)
{
    view_scene_begin(&scene);
    view_scene_route(&scene, "corp.example", 1, 1 << 2);
    scene.reading.of_upstream[2].state = STATS_UPSTREAM_DOWN;
    scene.reading.of_upstream[2].changed_us = VIEW_SCENE_NOW_US - VIEW_SCENE_MINUTE;
    read_after(0);
    cr_expect_eq(f->usable, 2);
    cr_expect_eq(f->routes, 2);
    cr_expect_eq(f->routes_down, 1);
    cr_expect(figures_is_down(f, 1) && !figures_is_down(f, 0));
    cr_expect_eq(f->of_route[1].none_us, VIEW_SCENE_NOW_US - VIEW_SCENE_MINUTE);
    cr_expect_eq(f->of_route[0].upstreams, 2);
    cr_expect_eq(figures_peers(f, 0), 1 << 1);
    cr_expect_eq(figures_peers(f, 2), 0);
    view_scene_route(&scene, "lab.example", 1, 1 << 1 | 1 << 2);
    read_after(1);
    cr_expect_eq(f->routes_down, 1, "another is left for these");
    cr_expect_eq(figures_peers(f, 2), 1 << 1);
}
