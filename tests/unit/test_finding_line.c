/* test_finding_line.c - each finding in two whole sentences, with nothing that the page must not show
 * SPDX-License-Identifier: ISC
 */
#include "view/finding_line.h"

#include "view/says.h"
#include "view_scene.h"

static struct view_scene scene;
static char what[FINDING_LINE_MAX], act[FINDING_LINE_MAX];

static void
tell(enum judge_kind kind, unsigned upstream)
{
    struct judge_finding finding = {
        .kind = kind, .level = JUDGE_LOOK, .upstream = upstream, .since_s = VIEW_SCENE_NOW_WALL};
    finding_line_what(&scene.figures, &finding, what);
    finding_line_act(&scene.figures, &finding, act);
}

static void
begin(void)
{
    view_scene_begin(&scene);
    struct reading *r = &scene.reading;
    r->of_upstream[0].state = STATS_UPSTREAM_REFUSED;
    r->of_upstream[0].cause = STATS_CAUSE_PIN;
    snprintf(r->of_upstream[0].shows, sizeof r->of_upstream[0].shows, "sha256//never-shown");
    snprintf(r->network, sizeof r->network, "203.0.113.0/24");
    r->of_upstream[2].valid_days = 7;
    view_scene_figures(&scene);
    scene.figures.over_limit = 18500;
    scene.figures.died_hour = 2;
}

Test(finding_line, says_what_it_is_and_what_to_do)
{
    begin();
    tell(JUDGE_PIN, 0);
    cr_expect_str_eq(what, "north is refused: no pin matches its key. It is asked nothing.");
    cr_expect_str_eq(act, "Compare its key with what its operator publishes before you pin it.");
    tell(JUDGE_CERTIFICATE, 2);
    cr_expect_str_eq(what, "harbour: its certificate ends in 6 days.");
    cr_expect_str_eq(act, "Ask its operator. If it ends, south alone is left.");
    tell(JUDGE_NETWORK, 0);
    cr_expect_str_eq(what, "Clients are over their limit: 18.5 /s turned away.");
    tell(JUDGE_DIED, 0);
    cr_expect_str_eq(what, "Two processes died in the last hour, and were started again.");
    scene.reading.audit = SERVICE_PAGE_AUDIT_FAILS;
    tell(JUDGE_AUDIT, 0);
    cr_expect_str_eq(what, "The audit log cannot be written.");
    cr_expect_str_eq(act, "The log says why: `journalctl -u penstock PENSTOCK_EVENT=audit`.");
}

/* It is quiet, and not yet for long enough to be forgotten. */
Test(finding_line, says_that_it_is_over)
{
    begin();
    scene.reading.of_upstream[0].state = STATS_UPSTREAM_USABLE;
    view_scene_figures(&scene);
    tell(JUDGE_MISSING, 0);
    cr_expect_str_eq(what, "north can be asked again.");
    cr_expect_str_eq(act, "If it stays so for five minutes, this goes away by itself.");
    tell(JUDGE_NONE, 0);
    cr_expect_str_eq(what, "Upstreams can be asked again.");
}

Test(finding_line, every_finding_has_whole_sentences_and_shows_nothing_that_is_not_for_all)
{
    begin();
    for (unsigned kind = 0; kind < JUDGE_KINDS; kind++) {
        for (unsigned i = 0; i < 3; i++) {
            struct judge_finding finding = {.kind = (enum judge_kind)kind, .upstream = i};
            const char *object = says_object(&scene.figures, &finding);
            tell((enum judge_kind)kind, i);
            cr_expect_gt(strlen(what), 10, "%s", judge_name((enum judge_kind)kind));
            cr_expect_gt(strlen(act), 10, "%s", judge_name((enum judge_kind)kind));
            cr_expect_eq(what[strlen(what) - 1], '.', "%s", what);
            cr_expect_eq(act[strlen(act) - 1], '.', "%s", act);
            cr_expect_eq(strncmp(what, object, strlen(object)), 0, "%s", what);
            cr_expect_null(strstr(what, "203.0.113"));
            cr_expect_null(strstr(what, "never-shown"));
        }
    }
}
