/* test_judge.c - each finding at, below and above its threshold and its holding time
 * SPDX-License-Identifier: ISC
 */
#include "view/judge.h"

#include "view_scene.h"

static struct view_scene scene;
static struct figures *const f = &scene.figures;

static void
begin(void)
{
    view_scene_begin(&scene);
    view_scene_figures(&scene);
}

/* The level of the finding, WELL if it is not there. The figures are judged as they stand. */
static enum judge_level
level_of(enum judge_kind kind)
{
    view_scene_judge(&scene);
    for (unsigned i = 0; i < scene.judgement.count; i++)
        if (scene.judgement.findings[i].kind == kind)
            return scene.judgement.findings[i].level;
    return JUDGE_WELL;
}

/* Judged anew, with nothing that happened before. */
#define EXPECT_AT_ONCE(kind, level)                                                                \
    do {                                                                                           \
        scene.judge = (struct judge){0};                                                           \
        cr_expect_eq(level_of(kind), level);                                                       \
    } while (0)

Test(judge, a_quiet_service_is_well)
{
    begin();
    view_scene_judge(&scene);
    cr_assert_eq(scene.judgement.level, JUDGE_WELL);
    cr_assert_eq(scene.judgement.count, 0);
    cr_assert_eq(scene.judgement.since_s, VIEW_SCENE_NOW_WALL);
}

Test(judge, share_of_answered_queries)
{
    begin();
    f->failed_count = 20;
    f->share = 9990;
    EXPECT_AT_ONCE(JUDGE_SHARE, JUDGE_WELL);
    f->share = 9989;
    EXPECT_AT_ONCE(JUDGE_SHARE, JUDGE_LOOK);
    f->failed_count = 19;
    EXPECT_AT_ONCE(JUDGE_SHARE, JUDGE_WELL);
    f->failed_minute_count = 20;
    f->share_minute = 9900;
    EXPECT_AT_ONCE(JUDGE_SHARE, JUDGE_WELL);
    f->share_minute = 9899;
    EXPECT_AT_ONCE(JUDGE_SHARE, JUDGE_ACT);
    f->failed_minute_count = 19;
    EXPECT_AT_ONCE(JUDGE_SHARE, JUDGE_WELL);
    f->share = f->share_minute = NUMBER_NONE;
    EXPECT_AT_ONCE(JUDGE_SHARE, JUDGE_WELL);
}

/* Of a look that is too short for twenty failures. */
static void
short_look(uint64_t answered, uint64_t failed)
{
    f->span_s = 1;
    f->is_whole = false;
    f->failed_count = f->failed_minute_count = failed;
    f->answered_minute_count = answered;
    f->share = f->share_minute = number_share_of(answered, answered + failed);
}

Test(judge, share_of_a_short_look)
{
    begin();
    short_look(0, 5);
    EXPECT_AT_ONCE(JUDGE_SHARE, JUDGE_ACT);
    short_look(0, 3);
    EXPECT_AT_ONCE(JUDGE_SHARE, JUDGE_ACT);
    short_look(0, 2);
    EXPECT_AT_ONCE(JUDGE_SHARE, JUDGE_WELL);
    short_look(14, 4);
    EXPECT_AT_ONCE(JUDGE_SHARE, JUDGE_LOOK);
    short_look(297, 3);
    EXPECT_AT_ONCE(JUDGE_SHARE, JUDGE_WELL); /* 99 % */
    short_look(296, 3);
    EXPECT_AT_ONCE(JUDGE_SHARE, JUDGE_LOOK);
    short_look(0, 5);
    f->span_s = 60;
    EXPECT_AT_ONCE(JUDGE_SHARE, JUDGE_WELL);
    f->span_s = 59;
    EXPECT_AT_ONCE(JUDGE_SHARE, JUDGE_ACT);
}

static void
upstream_is(unsigned i, enum stats_upstream_state state, enum stats_upstream_cause cause,
            uint64_t since_us)
{
    scene.reading.of_upstream[i].state = state;
    scene.reading.of_upstream[i].cause = cause;
    scene.reading.of_upstream[i].changed_us = since_us;
    view_scene_figures(&scene);
}

Test(judge, an_upstream_that_is_missing_for_a_minute)
{
    begin();
    upstream_is(0, STATS_UPSTREAM_DOWN, STATS_CAUSE_LOST, VIEW_SCENE_NOW_US);
    cr_expect_eq(level_of(JUDGE_MISSING), JUDGE_WELL);
    view_scene_pass(&scene, VIEW_SCENE_MINUTE - 1);
    cr_expect_eq(level_of(JUDGE_MISSING), JUDGE_WELL);
    view_scene_pass(&scene, 1);
    cr_expect_eq(level_of(JUDGE_MISSING), JUDGE_LOOK);
    cr_expect_eq(scene.judgement.findings[0].since_s, VIEW_SCENE_NOW_WALL);
}

Test(judge, the_service_itself_says_since_when_an_upstream_is_missing)
{
    begin();
    upstream_is(0, STATS_UPSTREAM_DOWN, STATS_CAUSE_LOST, VIEW_SCENE_NOW_US - VIEW_SCENE_HOUR);
    cr_expect_eq(level_of(JUDGE_MISSING), JUDGE_LOOK);
    cr_expect_eq(scene.judgement.findings[0].since_s, VIEW_SCENE_NOW_WALL - 3600);
}

Test(judge, one_upstream_left_is_told_at_once)
{
    begin();
    upstream_is(0, STATS_UPSTREAM_DOWN, STATS_CAUSE_LOST, VIEW_SCENE_NOW_US);
    upstream_is(1, STATS_UPSTREAM_DOWN, STATS_CAUSE_LOST, VIEW_SCENE_NOW_US);
    cr_expect_eq(level_of(JUDGE_MISSING), JUDGE_LOOK);
    cr_expect_eq(scene.judgement.count, 2);
}

Test(judge, no_upstream_for_ten_seconds)
{
    begin();
    for (unsigned i = 0; i < 3; i++)
        upstream_is(i, STATS_UPSTREAM_DOWN, STATS_CAUSE_LOST, VIEW_SCENE_NOW_US);
    cr_expect_eq(level_of(JUDGE_NONE), JUDGE_LOOK);
    view_scene_pass(&scene, 10 * VIEW_SCENE_S - 1);
    cr_expect_eq(level_of(JUDGE_NONE), JUDGE_LOOK);
    view_scene_pass(&scene, 1);
    cr_expect_eq(level_of(JUDGE_NONE), JUDGE_ACT);
    cr_expect_eq(scene.judgement.count, 1, "that each is missing is said by it");
}

Test(judge, an_upstream_that_nobody_asked_yet_is_not_missing)
{
    begin();
    for (unsigned i = 0; i < 3; i++)
        upstream_is(i, STATS_UPSTREAM_UNASKED, STATS_CAUSE_NONE, 0);
    view_scene_pass(&scene, VIEW_SCENE_HOUR);
    view_scene_judge(&scene);
    cr_expect_eq(scene.judgement.count, 0);
}

Test(judge, no_pin_matches)
{
    begin();
    upstream_is(0, STATS_UPSTREAM_REFUSED, STATS_CAUSE_PIN, VIEW_SCENE_NOW_US);
    cr_expect_eq(level_of(JUDGE_PIN), JUDGE_LOOK);
    cr_expect_eq(scene.judgement.count, 1, "it is not also called missing");
    upstream_is(1, STATS_UPSTREAM_REFUSED, STATS_CAUSE_PIN, VIEW_SCENE_NOW_US);
    cr_expect_eq(level_of(JUDGE_PIN), JUDGE_LOOK);
    upstream_is(2, STATS_UPSTREAM_REFUSED, STATS_CAUSE_PIN, VIEW_SCENE_NOW_US);
    cr_expect_eq(level_of(JUDGE_PIN), JUDGE_ACT);
    cr_expect_eq(scene.judgement.act, 3);
}

Test(judge, the_last_known_key)
{
    begin();
    scene.reading.of_upstream[1].pin_seen = 2;
    scene.reading.of_upstream[1].pin_changed_us = VIEW_SCENE_NOW_US - VIEW_SCENE_DAY;
    view_scene_figures(&scene);
    EXPECT_AT_ONCE(JUDGE_LAST_PIN, JUDGE_LOOK);
    cr_expect_eq(scene.judgement.findings[0].since_s, VIEW_SCENE_NOW_WALL - 86400);
    scene.reading.of_upstream[1].pins = 3;
    view_scene_figures(&scene);
    EXPECT_AT_ONCE(JUDGE_LAST_PIN, JUDGE_WELL);
    scene.reading.of_upstream[1].pins = scene.reading.of_upstream[1].pin_seen = 1;
    view_scene_figures(&scene);
    EXPECT_AT_ONCE(JUDGE_LAST_PIN, JUDGE_WELL);
}

static void
ends_in(unsigned i, uint64_t days)
{
    view_scene_ends(&scene, i, days);
    view_scene_figures(&scene);
}

/* So many of a hundred responses in five minutes, and of as many in one. */
static void
errors_are(unsigned i, uint64_t percent, uint64_t others, uint64_t usual)
{
    struct figures_upstream *up = &f->of_upstream[i];
    up->errors_count = up->errors_minute_count = percent;
    up->errors = up->errors_minute = percent * 100;
    up->errors_others = others;
    up->errors_usual = usual;
}

/* Figures that stay as they are for as long as the level of this kind must hold. */
static enum judge_level
level_after_holding(enum judge_kind kind)
{
    scene.judge = (struct judge){0};
    (void)level_of(kind);
    view_scene_pass(&scene, VIEW_SCENE_MINUTE);
    return level_of(kind);
}

Test(judge, an_upstream_that_answers_with_errors)
{
    begin();
    errors_are(1, 81, 100, NUMBER_NONE);
    cr_expect_eq(level_of(JUDGE_ERRORS), JUDGE_WELL, "it has to hold");
    cr_expect_eq(level_after_holding(JUDGE_ERRORS), JUDGE_LOOK);
    errors_are(1, 80, 2700, NUMBER_NONE);
    cr_expect_eq(level_after_holding(JUDGE_ERRORS), JUDGE_WELL, "names that are broken everywhere");
    errors_are(1, 80, 2600, NUMBER_NONE);
    cr_expect_eq(level_after_holding(JUDGE_ERRORS), JUDGE_LOOK);
    errors_are(1, 20, 0, NUMBER_NONE);
    cr_expect_eq(level_after_holding(JUDGE_ERRORS), JUDGE_WELL);
    errors_are(1, 21, 0, NUMBER_NONE);
    cr_expect_eq(level_after_holding(JUDGE_ERRORS), JUDGE_LOOK);
    f->of_upstream[1].errors_count = 19;
    cr_expect_eq(level_after_holding(JUDGE_ERRORS), JUDGE_WELL, "too few names");
}

Test(judge, errors_of_an_only_upstream_are_measured_by_what_is_usual)
{
    begin();
    errors_are(1, 40, NUMBER_NONE, 900);
    cr_expect_eq(level_after_holding(JUDGE_ERRORS), JUDGE_LOOK);
    errors_are(1, 40, NUMBER_NONE, 1000);
    cr_expect_eq(level_after_holding(JUDGE_ERRORS), JUDGE_WELL);
    errors_are(1, 40, NUMBER_NONE, NUMBER_NONE);
    cr_expect_eq(level_after_holding(JUDGE_ERRORS), JUDGE_WELL, "nobody knows what is usual");
    errors_are(1, 90, NUMBER_NONE, 9000);
    cr_expect_eq(level_after_holding(JUDGE_ERRORS), JUDGE_LOOK, "so long does not make it right");
}

Test(judge, errors_of_all_upstreams_are_to_be_acted_upon)
{
    begin();
    errors_are(1, 90, NUMBER_NONE, NUMBER_NONE);
    f->errors_minute = 8000;
    cr_expect_eq(level_after_holding(JUDGE_ERRORS), JUDGE_LOOK, "others answer");
    f->errors_minute = 8001;
    cr_expect_eq(level_after_holding(JUDGE_ERRORS), JUDGE_ACT);
    f->of_upstream[1].is_usable = false;
    cr_expect_eq(level_after_holding(JUDGE_ERRORS), JUDGE_WELL, "it is missing: that says more");
}

Test(judge, a_certificate_that_ends)
{
    begin();
    ends_in(2, 14);
    EXPECT_AT_ONCE(JUDGE_CERTIFICATE, JUDGE_WELL);
    ends_in(2, 13);
    EXPECT_AT_ONCE(JUDGE_CERTIFICATE, JUDGE_LOOK);
    ends_in(2, 0);
    EXPECT_AT_ONCE(JUDGE_CERTIFICATE, JUDGE_LOOK); /* two others can be asked */
    upstream_is(0, STATS_UPSTREAM_DOWN, STATS_CAUSE_LOST, VIEW_SCENE_NOW_US);
    EXPECT_AT_ONCE(JUDGE_CERTIFICATE, JUDGE_ACT);
    ends_in(2, 1);
    EXPECT_AT_ONCE(JUDGE_CERTIFICATE, JUDGE_ACT);
    ends_in(2, 2);
    EXPECT_AT_ONCE(JUDGE_CERTIFICATE, JUDGE_LOOK);
    scene.reading.of_upstream[2].valid_days = scene.reading.of_upstream[2].ends_s = 0;
    view_scene_figures(&scene);
    EXPECT_AT_ONCE(JUDGE_CERTIFICATE, JUDGE_WELL); /* not known */
}

Test(judge, stale_answers)
{
    begin();
    f->stale_count = 1;
    f->stale_share = 1;
    EXPECT_AT_ONCE(JUDGE_STALE, JUDGE_LOOK);
    f->stale_share = 100;
    EXPECT_AT_ONCE(JUDGE_STALE, JUDGE_LOOK);
    f->stale_share = 101;
    EXPECT_AT_ONCE(JUDGE_STALE, JUDGE_ACT);
    f->stale_count = 0;
    f->stale_share = NUMBER_NONE;
    EXPECT_AT_ONCE(JUDGE_STALE, JUDGE_WELL);
}

Test(judge, ninety_nine_of_a_hundred)
{
    begin();
    f->usual_most_us = 60000;
    f->most_us = 240000;
    EXPECT_AT_ONCE(JUDGE_SLOW, JUDGE_WELL);
    f->most_us = 240001;
    EXPECT_AT_ONCE(JUDGE_SLOW, JUDGE_LOOK);
    f->usual_most_us = 10000;
    f->most_us = 200000;
    EXPECT_AT_ONCE(JUDGE_SLOW, JUDGE_WELL);
    f->most_us = 200001;
    EXPECT_AT_ONCE(JUDGE_SLOW, JUDGE_LOOK);
    f->usual_most_us = NUMBER_NONE;
    EXPECT_AT_ONCE(JUDGE_SLOW, JUDGE_WELL);
    f->most_us = 2500000; /* half of timeouts.query */
    EXPECT_AT_ONCE(JUDGE_SLOW, JUDGE_WELL);
    f->most_us = 2500001;
    EXPECT_AT_ONCE(JUDGE_SLOW, JUDGE_ACT);
    f->most_us = NUMBER_NONE;
    EXPECT_AT_ONCE(JUDGE_SLOW, JUDGE_WELL);
}

Test(judge, room_for_queries)
{
    begin();
    f->waiting = 8192;
    EXPECT_AT_ONCE(JUDGE_WAITING, JUDGE_WELL);
    f->waiting = 8193;
    EXPECT_AT_ONCE(JUDGE_WAITING, JUDGE_LOOK);
    f->waiting = 14745; /* 90 % of 16,384 are 14745.6 */
    EXPECT_AT_ONCE(JUDGE_WAITING, JUDGE_LOOK);
    f->waiting = 14746;
    EXPECT_AT_ONCE(JUDGE_WAITING, JUDGE_ACT);
    f->waiting = 0;
    f->full_count = 1;
    EXPECT_AT_ONCE(JUDGE_WAITING, JUDGE_ACT);
}

Test(judge, room_for_tcp_clients)
{
    begin();
    f->tcp_clients = 1024;
    EXPECT_AT_ONCE(JUDGE_TCP_CLIENTS, JUDGE_WELL);
    f->tcp_clients = 1025;
    EXPECT_AT_ONCE(JUDGE_TCP_CLIENTS, JUDGE_LOOK);
    f->tcp_clients = 1843;
    EXPECT_AT_ONCE(JUDGE_TCP_CLIENTS, JUDGE_LOOK);
    f->tcp_clients = 1844;
    EXPECT_AT_ONCE(JUDGE_TCP_CLIENTS, JUDGE_ACT);
}

Test(judge, what_was_dropped_unread)
{
    begin();
    f->queries_count = 9900;
    f->dropped_count = 1;
    EXPECT_AT_ONCE(JUDGE_DROPPED, JUDGE_LOOK);
    f->dropped_count = 100; /* of 10,000 that came */
    EXPECT_AT_ONCE(JUDGE_DROPPED, JUDGE_LOOK);
    f->dropped_count = 102;
    EXPECT_AT_ONCE(JUDGE_DROPPED, JUDGE_ACT);
}

Test(judge, processes_that_died)
{
    begin();
    scene.reading.deaths = 3;
    scene.reading.died_us[0] = VIEW_SCENE_NOW_US - VIEW_SCENE_HOUR - 1;
    view_scene_figures(&scene);
    EXPECT_AT_ONCE(JUDGE_DIED, JUDGE_WELL);
    scene.reading.died_us[0] = VIEW_SCENE_NOW_US - VIEW_SCENE_HOUR;
    view_scene_figures(&scene);
    EXPECT_AT_ONCE(JUDGE_DIED, JUDGE_LOOK);
    cr_expect_eq(scene.judgement.findings[0].since_s, VIEW_SCENE_NOW_WALL - 3600);
    scene.reading.died_us[1] = VIEW_SCENE_NOW_US - VIEW_SCENE_MINUTE;
    view_scene_figures(&scene);
    EXPECT_AT_ONCE(JUDGE_DIED, JUDGE_LOOK);
    cr_expect_eq(scene.judgement.findings[0].since_s, VIEW_SCENE_NOW_WALL - 3600);
    scene.reading.died_us[0] = 0;
    view_scene_figures(&scene);
    EXPECT_AT_ONCE(JUDGE_DIED, JUDGE_LOOK);
    cr_expect_eq(scene.judgement.findings[0].since_s, VIEW_SCENE_NOW_WALL - 60);
    for (unsigned i = 0; i < 3; i++)
        scene.reading.died_us[i] = VIEW_SCENE_NOW_US - 10 * VIEW_SCENE_MINUTE;
    view_scene_figures(&scene);
    EXPECT_AT_ONCE(JUDGE_DIED, JUDGE_ACT);
    scene.reading.died_us[2]--;
    view_scene_figures(&scene);
    EXPECT_AT_ONCE(JUDGE_DIED, JUDGE_LOOK);
}

Test(judge, an_audit_log_that_is_not_written)
{
    begin();
    scene.reading.audit = SERVICE_PAGE_AUDIT_WRITES;
    EXPECT_AT_ONCE(JUDGE_AUDIT, JUDGE_WELL);
    scene.reading.audit = SERVICE_PAGE_AUDIT_FAILS;
    EXPECT_AT_ONCE(JUDGE_AUDIT, JUDGE_ACT);
    scene.reading.audit = SERVICE_PAGE_AUDIT_WAITS;
    EXPECT_AT_ONCE(JUDGE_AUDIT, JUDGE_WELL);
    scene.reading.tally.at_us += 60 * 1000000ULL;
    cr_expect_eq(level_of(JUDGE_AUDIT), JUDGE_LOOK, "as long as an upgrade takes is no time");
}

Test(judge, clients_over_their_limit_never_need_anybody_now)
{
    begin();
    f->over_limit_minute = 1000;
    EXPECT_AT_ONCE(JUDGE_NETWORK, JUDGE_WELL);
    f->over_limit_minute = 1001;
    EXPECT_AT_ONCE(JUDGE_NETWORK, JUDGE_WELL);
    view_scene_pass(&scene, VIEW_SCENE_MINUTE - 1);
    cr_expect_eq(level_of(JUDGE_NETWORK), JUDGE_WELL);
    view_scene_pass(&scene, 1);
    cr_expect_eq(level_of(JUDGE_NETWORK), JUDGE_LOOK);
    f->over_limit_minute = 1000000000;
    view_scene_pass(&scene, VIEW_SCENE_HOUR);
    cr_expect_eq(level_of(JUDGE_NETWORK), JUDGE_LOOK);
}

Test(judge, figures_that_are_old)
{
    begin();
    scene.reading.age_us = 3 * VIEW_SCENE_S;
    EXPECT_AT_ONCE(JUDGE_OLD, JUDGE_WELL);
    scene.reading.age_us++;
    EXPECT_AT_ONCE(JUDGE_OLD, JUDGE_LOOK);
    scene.reading.age_us = 60 * VIEW_SCENE_S;
    EXPECT_AT_ONCE(JUDGE_OLD, JUDGE_LOOK);
    scene.reading.age_us++;
    EXPECT_AT_ONCE(JUDGE_OLD, JUDGE_ACT);
}

/* --- rising and falling ---------------------------------------------------------------------- */

Test(judge, a_finding_falls_after_five_quiet_minutes)
{
    begin();
    f->stale_count = 1;
    cr_assert_eq(level_of(JUDGE_STALE), JUDGE_LOOK);
    f->stale_count = 0;
    view_scene_pass(&scene, 5 * VIEW_SCENE_MINUTE - 1);
    cr_expect_eq(level_of(JUDGE_STALE), JUDGE_LOOK);
    cr_expect_eq(scene.judgement.findings[0].since_s, VIEW_SCENE_NOW_WALL);
    view_scene_pass(&scene, 1);
    cr_expect_eq(level_of(JUDGE_STALE), JUDGE_WELL);
    cr_expect_eq(scene.judgement.level, JUDGE_WELL);
    cr_expect_eq(scene.judgement.since_s, VIEW_SCENE_NOW_WALL + 300, "well since it fell");
}

Test(judge, what_comes_again_within_five_minutes_is_the_same_finding)
{
    begin();
    for (unsigned i = 0; i < 10; i++) {
        f->stale_count = i % 2 == 0;
        cr_assert_eq(level_of(JUDGE_STALE), JUDGE_LOOK);
        cr_assert_eq(scene.judgement.findings[0].since_s, VIEW_SCENE_NOW_WALL);
        view_scene_pass(&scene, 4 * VIEW_SCENE_MINUTE);
    }
}

Test(judge, act_falls_to_look_and_look_has_its_own_since)
{
    begin();
    f->stale_count = 1;
    cr_assert_eq(level_of(JUDGE_STALE), JUDGE_LOOK);
    view_scene_pass(&scene, VIEW_SCENE_MINUTE);
    f->stale_share = 200;
    cr_assert_eq(level_of(JUDGE_STALE), JUDGE_ACT);
    cr_expect_eq(scene.judgement.since_s, VIEW_SCENE_NOW_WALL + 60);
    f->stale_share = 1;
    view_scene_pass(&scene, 5 * VIEW_SCENE_MINUTE);
    cr_assert_eq(level_of(JUDGE_STALE), JUDGE_LOOK);
    cr_expect_eq(scene.judgement.since_s, VIEW_SCENE_NOW_WALL);
}

Test(judge, a_condition_that_breaks_off_holds_anew)
{
    begin();
    f->over_limit_minute = 2000;
    view_scene_judge(&scene);
    view_scene_pass(&scene, 40 * VIEW_SCENE_S);
    f->over_limit_minute = 0;
    view_scene_judge(&scene);
    view_scene_pass(&scene, VIEW_SCENE_S);
    f->over_limit_minute = 2000;
    view_scene_judge(&scene);
    view_scene_pass(&scene, 59 * VIEW_SCENE_S);
    cr_expect_eq(level_of(JUDGE_NETWORK), JUDGE_WELL);
    view_scene_pass(&scene, VIEW_SCENE_S);
    cr_expect_eq(level_of(JUDGE_NETWORK), JUDGE_LOOK);
}

Test(judge, the_most_urgent_comes_first)
{
    begin();
    scene.reading.of_upstream[1].pin_seen = 2;
    view_scene_ends(&scene, 2, 6);
    upstream_is(0, STATS_UPSTREAM_REFUSED, STATS_CAUSE_PIN, VIEW_SCENE_NOW_US - VIEW_SCENE_HOUR);
    f->tcp_clients = 2000;
    view_scene_judge(&scene);
    static const enum judge_kind kinds[] = {JUDGE_TCP_CLIENTS, JUDGE_PIN, JUDGE_LAST_PIN,
                                            JUDGE_CERTIFICATE};
    static const char *const whens[] = {"NOW", "TODAY", "THIS WEEK", "BY"};
    cr_assert_eq(scene.judgement.count, 4);
    for (unsigned i = 0; i < 4; i++) {
        cr_expect_eq(scene.judgement.findings[i].kind, kinds[i]);
        cr_expect_str_eq(judge_when(&scene.judgement.findings[i]), whens[i]);
    }
    cr_expect_eq(scene.judgement.level, JUDGE_ACT);
    cr_expect_eq(scene.judgement.act, 1);
}

Test(judge, every_finding_has_a_name_of_its_own)
{
    for (unsigned i = 0; i < JUDGE_KINDS; i++)
        for (unsigned k = 0; k < i; k++)
            cr_assert_str_neq(judge_name((enum judge_kind)i), judge_name((enum judge_kind)k));
}

Test(judge, who_begins_with_the_service_has_seen_all_of_it)
{
    begin();
    view_scene_judge(&scene);
    cr_expect_not(scene.judgement.is_from_start);
    begin();
    scene.reading.started_us = VIEW_SCENE_NOW_US - VIEW_SCENE_S;
    view_scene_judge(&scene);
    view_scene_pass(&scene, VIEW_SCENE_HOUR);
    view_scene_judge(&scene);
    cr_expect(scene.judgement.is_from_start);
    cr_expect_eq(scene.judgement.watched_s, 3600);
}

/* harbour alone is asked names of a route. */
static void
begin_route(void)
{
    view_scene_begin(&scene);
    view_scene_route(&scene, "corp.example", 2, 1 << 2);
    view_scene_figures(&scene);
}

Test(judge, the_upstream_of_a_route_does_not_stand_in_for_others)
{
    begin_route();
    upstream_is(0, STATS_UPSTREAM_DOWN, STATS_CAUSE_LOST, VIEW_SCENE_NOW_US);
    cr_expect_eq(level_of(JUDGE_MISSING), JUDGE_LOOK, "one is left, so at once");
    upstream_is(1, STATS_UPSTREAM_DOWN, STATS_CAUSE_LOST, VIEW_SCENE_NOW_US);
    view_scene_pass(&scene, 10 * VIEW_SCENE_S);
    EXPECT_AT_ONCE(JUDGE_NONE, JUDGE_ACT);
    cr_expect_eq(scene.judgement.count, 1);
    EXPECT_AT_ONCE(JUDGE_ROUTE, JUDGE_WELL);
    upstream_is(0, STATS_UPSTREAM_REFUSED, STATS_CAUSE_PIN, VIEW_SCENE_NOW_US);
    upstream_is(1, STATS_UPSTREAM_REFUSED, STATS_CAUSE_PIN, VIEW_SCENE_NOW_US);
    EXPECT_AT_ONCE(JUDGE_NONE, JUDGE_WELL);
    EXPECT_AT_ONCE(JUDGE_PIN, JUDGE_ACT);
}

Test(judge, a_route_that_is_down_is_one_finding)
{
    begin_route();
    upstream_is(2, STATS_UPSTREAM_DOWN, STATS_CAUSE_LOST, VIEW_SCENE_NOW_US);
    cr_expect_eq(level_of(JUDGE_ROUTE), JUDGE_WELL, "it has to hold");
    view_scene_pass(&scene, 10 * VIEW_SCENE_S);
    cr_expect_eq(level_of(JUDGE_ROUTE), JUDGE_LOOK);
    cr_expect_eq(scene.judgement.findings[0].since_s, VIEW_SCENE_NOW_WALL);
    view_scene_pass(&scene, 50 * VIEW_SCENE_S);
    cr_expect_eq(level_of(JUDGE_ROUTE), JUDGE_ACT);
    view_scene_pass(&scene, 10 * VIEW_SCENE_S);
    cr_expect_eq(level_of(JUDGE_NONE), JUDGE_WELL);
    cr_expect_eq(scene.judgement.count, 1, "that its upstream is missing is said by it");
    upstream_is(2, STATS_UPSTREAM_REFUSED, STATS_CAUSE_PIN, VIEW_SCENE_NOW_US);
    scene.judge = (struct judge){0};
    cr_expect_eq(level_of(JUDGE_PIN), JUDGE_LOOK, "others are asked all other names");
}

Test(judge, a_certificate_counts_on_those_that_are_asked_the_same)
{
    begin_route();
    ends_in(2, 1);
    EXPECT_AT_ONCE(JUDGE_CERTIFICATE, JUDGE_ACT);
    begin();
    ends_in(2, 1);
    EXPECT_AT_ONCE(JUDGE_CERTIFICATE, JUDGE_LOOK);
}
