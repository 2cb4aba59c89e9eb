/* test_draw_page_panels.c - the four panels: each figure with its unit and its span
 * SPDX-License-Identifier: ISC
 */
#include "draw_page_scene.h"

#include "view/draw_page_panels.h"

static void
draw(void)
{
    cr_assert_eq(page_scene_draw(&scene), STATUS_OK);
    markup_begin(&scene.page, scene.text, sizeof scene.text);
    draw_page_panels(&scene.figures, &scene.judgement, &scene.when, &scene.page);
}

Test(draw_page_panels, figures_have_units_and_spans)
{
    page_scene_begin(&scene);
    draw();
    cr_expect(has("<h2>Queries <span>per second, last hour</span></h2><p class=\"now\">435."));
    cr_expect(has("<small>/s now</small>"));
    cr_expect(has("411 UDP, 19 TCP; at most 453"), "%.600s", scene.text);
    cr_expect(has("<small>ms for 99 of 100, last 5 minutes</small>"));
    cr_expect(has("none stale"));
    cr_expect(has("/s turned away by a rule"));
}

Test(draw_page_panels, without_queries_there_are_dashes_and_no_invented_zero)
{
    page_scene_begin(&scene);
    scene.rate = 0;
    draw();
    cr_expect(has("<p class=\"now\">0.0 <small>/s now"));
    cr_expect(has("<p class=\"now\">– <small>% now"));
    cr_expect(has("<p class=\"now\">– <small>ms for 99"));
    cr_expect(has("fewer than 100 answers"));
}

Test(draw_page_panels, one_reading_is_no_rate)
{
    page_scene_begin(&scene);
    scene.steps = 0;
    draw();
    cr_expect(has("<p class=\"now\">– <small>/s now"));
    cr_expect(has("– UDP, – TCP"));
    cr_expect(has(">no reading yet</text>"));
}
