/* test_draw_page_findings.c - the list of findings: the most urgent first, and not without an end
 * SPDX-License-Identifier: ISC
 */
#include "../fixtures/page_scene.h"

#include <criterion/criterion.h>

static struct page_scene scene;

#include "view/draw_page_findings.h"

static void
add(enum judge_kind kind, enum judge_level level, unsigned upstream)
{
    scene.judgement.findings[scene.judgement.count++] = (struct judge_finding){
        .kind = kind, .level = level, .upstream = upstream, .since_s = PAGE_SCENE_NOW_WALL - 1860};
}

static const char *
draw(void)
{
    markup_begin(&scene.page, scene.text, sizeof scene.text);
    draw_page_findings(&scene.figures, &scene.judgement, &scene.page);
    return scene.text;
}

static void
begin(void)
{
    page_scene_begin(&scene);
    cr_assert_eq(page_scene_draw(&scene), STATUS_OK);
}

Test(draw_page_findings, without_one_there_is_no_list)
{
    begin();
    cr_expect_str_empty(draw());
}

Test(draw_page_findings, say_when_what_and_since_when)
{
    begin();
    scene.reading.of_upstream[2].valid_days = 7;
    scene.reading.of_upstream[2].ends_s = PAGE_SCENE_NOW_WALL + 6 * 86400 + 9000;
    add(JUDGE_CERTIFICATE, JUDGE_LOOK, 2);
    draw();
    cr_expect_not_null(strstr(scene.text, "<span class=\"when look\">by 2 Dec</span>"));
    cr_expect_not_null(
        strstr(scene.text, "<span class=\"what\"><b>harbour</b>: its certificate ends in 6 days."));
    cr_expect_not_null(strstr(scene.text, "<span class=\"since\">since 02:41</span>"));
}

Test(draw_page_findings, what_is_to_be_typed_is_code)
{
    begin();
    add(JUDGE_DIED, JUDGE_ACT, 0);
    draw();
    cr_expect_not_null(strstr(scene.text, "<span class=\"when act\">now</span>"));
    cr_expect_not_null(strstr(scene.text, "<code>journalctl -u penstock -p err</code>"));
}

Test(draw_page_findings, very_many_are_counted)
{
    begin();
    for (unsigned i = 0; i < DRAW_PAGE_FINDINGS_MAX + 3; i++)
        add(JUDGE_LAST_PIN, JUDGE_LOOK, i % 3);
    draw();
    unsigned count = 0;
    for (const char *at = scene.text; (at = strstr(at, "no spare pin is left")) != NULL; at++)
        count++;
    cr_expect_eq(count, DRAW_PAGE_FINDINGS_MAX);
    cr_expect_not_null(strstr(scene.text, "And 3 more."));
}
