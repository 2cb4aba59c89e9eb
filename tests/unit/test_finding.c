/* test_finding.c - tests of finding
 * SPDX-License-Identifier: ISC
 */
#include "view/finding.h"

#include "view_scene.h"

static struct view_scene scene;
static struct figures *const f = &scene.figures;
static char text[FINDING_MAX];

static const char *
tell(enum judge_kind kind, unsigned upstream)
{
    struct judge_finding finding = {.kind = kind,
                                    .level = JUDGE_LOOK,
                                    .upstream = upstream,
                                    .since_s = VIEW_SCENE_NOW_WALL - 31 * 60};
    return finding_tell(f, &finding, text);
}

static void
begin(void)
{
    view_scene_begin(&scene);
    view_scene_figures(&scene);
}

Test(finding, each_says_since_when_and_what_to_do_and_fits)
{
    begin();
    for (unsigned i = 0; i < STATS_UPSTREAMS; i++) { /* the longest: all names, all causes */
        struct reading_upstream *up = &scene.reading.of_upstream[i];
        *up = view_scene_upstream("a-name-that-is-as-long-as-the-configuration-permits-it-to-be", 2,
                                  5, 1);
        up->state = i % 2 == 0 ? STATS_UPSTREAM_DOWN : STATS_UPSTREAM_USABLE;
        up->cause = STATS_CAUSE_CERTIFICATE;
    }
    scene.reading.upstreams = STATS_UPSTREAMS;
    view_scene_figures(&scene);
    for (unsigned i = 0; i < JUDGE_KINDS; i++) {
        tell((enum judge_kind)i, 0);
        cr_expect_gt(strlen(text), 80, "%s", judge_name((enum judge_kind)i));
        cr_expect_lt(strlen(text), FINDING_MAX - 1, "%s", judge_name((enum judge_kind)i));
    }
}

Test(finding, who_does_the_work_of_one_that_is_refused)
{
    begin();
    f->of_upstream[0].is_usable = false;
    cr_expect_not_null(strstr(tell(JUDGE_PIN, 0), "south and harbour do its work."));
    cr_expect_not_null(strstr(text, "\n    penstock pin --check north\n"));
    f->of_upstream[1].is_usable = false;
    cr_expect_not_null(strstr(tell(JUDGE_PIN, 0), "harbour alone does its work."));
    f->of_upstream[2].is_usable = false;
    cr_expect_not_null(strstr(tell(JUDGE_PIN, 0), "No other upstream can be asked."));
    snprintf(scene.reading.of_upstream[0].shows, 64, "sha256//AAAA");
    cr_expect_not_null(strstr(tell(JUDGE_PIN, 0), "It shows\n    sha256//AAAA\n"));
}

Test(finding, what_is_left_when_a_certificate_ends)
{
    begin();
    cr_expect_not_null(strstr(tell(JUDGE_CERTIFICATE, 2), "If it ends, north and south are left."));
    f->of_upstream[0].is_usable = false;
    cr_expect_not_null(strstr(tell(JUDGE_CERTIFICATE, 2), "If it ends, only south is left."));
    f->of_upstream[1].is_usable = false;
    cr_expect_not_null(strstr(tell(JUDGE_CERTIFICATE, 2), "no upstream is left"));
    view_scene_ends(&scene, 2, 0);
    cr_expect_not_null(strstr(tell(JUDGE_CERTIFICATE, 2), "ends within a day, 05:59 UTC."));
}

Test(finding, one_that_is_back_is_said_to_be_back)
{
    begin();
    cr_expect_not_null(strstr(tell(JUDGE_MISSING, 0), "north can be asked again."));
    cr_expect_not_null(strstr(tell(JUDGE_NONE, 0), "Upstreams can be asked again."));
    f->of_upstream[0].is_usable = false;
    scene.reading.of_upstream[0].cause = STATS_CAUSE_LOST;
    cr_expect_not_null(strstr(tell(JUDGE_MISSING, 0),
                              "north has not been usable since 02:41: it does not answer."));
}

/* "5 minutes" would be false of a look of a second. */
Test(finding, counts_are_of_the_time_that_was_looked_at)
{
    static const enum judge_kind kinds[] = {JUDGE_SHARE, JUDGE_STALE, JUDGE_WAITING, JUDGE_DROPPED};
    begin();
    f->full_count = 1;
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        f->is_whole = true;
        f->span_s = 300;
        cr_expect_not_null(strstr(tell(kinds[i], 0), " in the last 5 minutes"), "%s", text);
        f->is_whole = false;
        f->span_s = 1;
        cr_expect_not_null(strstr(tell(kinds[i], 0), " in the last 1 second"), "%s", text);
    }
}

Test(finding, plurals)
{
    begin();
    f->died_hour = 1;
    cr_expect_not_null(
        strstr(tell(JUDGE_DIED, 0), "One process died in the last hour, and was started"));
    f->died_hour = 2;
    cr_expect_not_null(
        strstr(tell(JUDGE_DIED, 0), "Two processes died in the last hour, and were"));
}

Test(finding, an_audit_log_that_is_not_written)
{
    begin();
    scene.reading.audit = SERVICE_PAGE_AUDIT_FAILS;
    scene.reading.audit_lost = 7;
    cr_expect_not_null(strstr(tell(JUDGE_AUDIT, 0), "The audit log cannot be written since"));
    cr_expect_not_null(strstr(tell(JUDGE_AUDIT, 0), "; 7 lines were lost since the start.\n"));
    scene.reading.audit = SERVICE_PAGE_AUDIT_WAITS;
    cr_expect_not_null(
        strstr(tell(JUDGE_AUDIT, 0), "Another process writes to the audit log since"));
    scene.reading.audit = SERVICE_PAGE_AUDIT_WRITES;
    cr_expect_not_null(strstr(tell(JUDGE_AUDIT, 0), "The audit log is written again."));
}
