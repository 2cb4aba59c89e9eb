/* test_draw_top_table.c - tests of draw_top_table
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_top_table.h"

#include "draw_top_scene.h"

Test(draw_top_table, in_the_order_that_is_asked_for)
{
    static const char *const first[DRAW_TOP_SORTS] = {[DRAW_TOP_BY_SHARE] = "south",
                                                      [DRAW_TOP_BY_MS] = "harbour",
                                                      [DRAW_TOP_BY_FAILED] = "north",
                                                      [DRAW_TOP_BY_CERTIFICATE] = "north",
                                                      [DRAW_TOP_BY_NAME] = "harbour"};
    for (unsigned sort = 0; sort < DRAW_TOP_SORTS; sort++) {
        begin(VIEW_HOUR_TROUBLE, 3600);
        draw_top_table(&scene.figures, &scene.judgement, (enum draw_top_sort)sort, false, 0, 9,
                       &sheet);
        const char *row = strchr(strstr(text, "UPSTREAM"), '\n');
        cr_assert_not_null(row);
        const char *at = strstr(row, first[sort]);
        cr_expect(at != NULL && memchr(row + 1, '\n', (size_t)(at - row - 1)) == NULL, "%u: %s",
                  sort, row);
    }
}

Test(draw_top_table, what_does_not_fit_is_counted)
{
    begin(VIEW_HOUR_WELL, 3600);
    draw_top_table(&scene.figures, &scene.judgement, DRAW_TOP_BY_SHARE, false, 0, 3, &sheet);
    has("   north ");
    has("   and 2 more\n");
    begin(VIEW_HOUR_WELL, 3600);
    draw_top_table(&scene.figures, &scene.judgement, DRAW_TOP_BY_SHARE, true, 2, 3, &sheet);
    has("   harbour ");
    cr_expect_null(strstr(text, "more"));
}

/* Signs stand where findings are, and nowhere else. */
Test(draw_top_table, signs_are_those_of_findings)
{
    begin(VIEW_HOUR_WELL, 3600);
    draw_top_table(&scene.figures, &scene.judgement, DRAW_TOP_BY_SHARE, false, 0, 4, &sheet);
    cr_expect_null(strchr(text, '!'));
    scene.judgement.count = 2;
    scene.judgement.findings[0] =
        (struct judge_finding){.kind = JUDGE_CERTIFICATE, .level = JUDGE_ACT, .upstream = 1};
    scene.judgement.findings[1] = (struct judge_finding){.kind = JUDGE_SLOW, .level = JUDGE_LOOK};
    sheet_begin(&sheet, text, sizeof text, true, false);
    draw_top_table(&scene.figures, &scene.judgement, DRAW_TOP_BY_SHARE, false, 0, 4, &sheet);
    has("\n # south ");
    has(" 71 d#\n");
    cr_expect_null(strchr(text, '!'));
}
