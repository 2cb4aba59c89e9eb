/* test_says.c - tests of says
 * SPDX-License-Identifier: ISC
 */
#include "view/says.h"

#include "view_scene.h"

static struct view_scene scene;
static struct figures *const f = &scene.figures;
static char text[SAYS_LINE_MAX];

static void
begin(void)
{
    view_scene_begin(&scene);
    view_scene_figures(&scene);
}

static const char *
clients(void)
{
    view_scene_judge(&scene);
    return says_clients(f, &scene.judgement, text);
}

Test(says, how_clients_fare)
{
    begin();
    cr_expect_str_eq(clients(), "Clients are answered.");
    f->failed_count = 100;
    f->share = 9985;
    cr_expect_str_eq(clients(), "Nearly all clients are answered.");
    f->failed_minute_count = 100;
    f->share_minute = 9899;
    cr_expect_str_eq(clients(), "2 in 100 queries fail.");
    f->share_minute = 9700;
    cr_expect_str_eq(clients(), "3 in 100 queries fail.");
    f->answered_minute_count = 0;
    f->share_minute = 0;
    cr_expect_str_eq(clients(), "No client is answered.");
}

static void
short_look(uint64_t answered, uint64_t failed)
{
    begin();
    f->span_s = 1;
    f->is_whole = false;
    f->failed_count = f->failed_minute_count = failed;
    f->answered_minute_count = answered;
    f->share = f->share_minute = number_share_of(answered, answered + failed);
    scene.judge = (struct judge){0};
}

Test(says, what_a_short_look_tells)
{
    short_look(0, 2);
    cr_expect_str_eq(clients(), "Too few queries came to judge by, and none was answered.");
    short_look(0, 5);
    cr_expect_str_eq(clients(), "No client is answered.");
    short_look(14, 4);
    cr_expect_str_eq(clients(), "23 in 100 queries fail.");
    struct judge_finding finding = {.kind = JUDGE_STALE, .level = JUDGE_LOOK};
    f->stale_count = 3;
    cr_expect_str_eq(says_briefly(f, &finding, text), "3 old answers in 1 second");
}

Test(says, that_answers_are_old)
{
    begin();
    f->usable = 0;
    f->stale_count = 12;
    cr_expect_str_eq(clients(), "Clients get old answers: no upstream can be asked.");
}

Test(says, that_no_query_came)
{
    begin();
    f->queries_count = 0;
    f->share = f->share_minute = NUMBER_NONE;
    cr_expect_str_eq(clients(), "No query came in 5 minutes. All three upstreams can be asked.");
    f->usable = 2;
    cr_expect_str_eq(clients(), "No query came in 5 minutes. 2 of 3 upstreams can be asked.");
    f->usable = 0;
    cr_expect_str_eq(clients(), "No query came in 5 minutes. No upstream can be asked.");
    f->usable = f->upstreams = 2;
    cr_expect_str_eq(clients(), "No query came in 5 minutes. Both upstreams can be asked.");
    f->usable = f->upstreams = 1;
    f->is_whole = false;
    f->span_s = 1;
    cr_expect_str_eq(clients(), "No query came in 1 second. The upstream can be asked.");
    f->span_s = 0;
    cr_expect_str_eq(clients(), "There is one reading only, so no rate can be told.");
}

static const char *
needs(unsigned look, unsigned act)
{
    scene.judgement = (struct judgement){.count = look + act, .act = act};
    return says_needs(&scene.judgement, text);
}

Test(says, whether_somebody_is_needed)
{
    cr_expect_str_eq(needs(0, 0), "Nothing needs you.");
    cr_expect_str_eq(needs(1, 0), "One thing needs you, not tonight.");
    cr_expect_str_eq(needs(2, 0), "Two things need you, none of them tonight.");
    cr_expect_str_eq(needs(4, 0), "Four things need you, none of them tonight.");
    cr_expect_str_eq(needs(13, 0), "13 things need you, none of them tonight.");
    cr_expect_str_eq(needs(0, 1), "One thing needs you now.");
    cr_expect_str_eq(needs(0, 2), "Two things need you now.");
    cr_expect_str_eq(needs(1, 2), "Two things need you now; one more can wait.");
}

Test(says, an_upstream_in_a_table)
{
    begin();
    struct figures_upstream *up = &f->of_upstream[0];
    struct reading_upstream *is = &scene.reading.of_upstream[0];
    cr_expect_str_eq(says_state(up), "in use");
    cr_expect_str_eq(says_key(up, text), "pin 1/2");
    cr_expect_str_eq(says_days(up, text), "48 days");
    is->connections = 0;
    is->pin_seen = 0;
    is->valid_days = 2;
    cr_expect_str_eq(says_state(up), "ready");
    cr_expect_str_eq(says_key(up, text), "-");
    cr_expect_str_eq(says_days(up, text), "1 day");
    is->state = STATS_UPSTREAM_UNASKED;
    is->valid_days = 1;
    cr_expect_str_eq(says_state(up), "not asked yet");
    cr_expect_str_eq(says_days(up, text), "today");
    is->has_pins = false;
    cr_expect_str_eq(says_key(up, text), "by CA");
    is->has_pins = true;
    is->state = STATS_UPSTREAM_REFUSED;
    is->cause = STATS_CAUSE_PIN;
    up->is_usable = false;
    cr_expect_str_eq(says_state(up), "refused");
    cr_expect_str_eq(says_key(up, text), "none of 2");
    cr_expect_str_eq(says_days(up, text), "-");
    is->state = STATS_UPSTREAM_DOWN;
    cr_expect_str_eq(says_state(up), "down");
}

Test(says, every_cause_and_every_finding_has_words)
{
    begin();
    for (unsigned i = 0; i <= STATS_CAUSE_LOST; i++)
        cr_expect_gt(strlen(says_cause((enum stats_upstream_cause)i)), 5);
    for (unsigned i = 0; i < JUDGE_KINDS; i++) {
        struct judge_finding finding = {.kind = (enum judge_kind)i, .level = JUDGE_LOOK};
        cr_expect_gt(strlen(says_briefly(f, &finding, text)), 5, "%s", judge_name(finding.kind));
        cr_expect_lt(strlen(text), 41, "%s has room in a row of 80: %s", judge_name(finding.kind),
                     text);
        cr_expect_gt(strlen(says_act(&finding)), 5);
        cr_expect_gt(strlen(says_when(f, &finding, text)), 2);
    }
}

Test(says, by_when_and_of_what)
{
    begin();
    struct judge_finding finding = {.kind = JUDGE_CERTIFICATE, .level = JUDGE_LOOK, .upstream = 2};
    view_scene_ends(&scene, 2, 6);
    cr_expect_str_eq(says_when(f, &finding, text), "BY 2 DEC");
    cr_expect_str_eq(says_object(f, &finding), "harbour");
    cr_expect_str_eq(says_briefly(f, &finding, text), "certificate ends in 6 days");
    finding.level = JUDGE_ACT;
    view_scene_ends(&scene, 2, 0);
    cr_expect_str_eq(says_when(f, &finding, text), "NOW");
    cr_expect_str_eq(says_briefly(f, &finding, text), "certificate ends today");
    finding.kind = JUDGE_NETWORK;
    cr_expect_str_eq(says_object(f, &finding), "");
}
