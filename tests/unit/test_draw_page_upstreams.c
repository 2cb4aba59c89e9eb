/* test_draw_page_upstreams.c - the table of upstreams: what a finding is about has its sign
 * SPDX-License-Identifier: ISC
 */
#include "draw_page_scene.h"

#include "view/draw_page_upstreams.h"

static void
draw(void)
{
    cr_assert_eq(page_scene_draw(&scene), STATUS_OK);
    markup_begin(&scene.page, scene.text, sizeof scene.text);
    draw_page_upstreams(&scene.figures, &scene.judgement, &scene.page);
}

Test(draw_page_upstreams, stand_in_the_order_of_the_configuration)
{
    page_scene_begin(&scene);
    draw();
    const char *north = strstr(scene.text, "north</span></th>");
    const char *south = strstr(scene.text, "south</span></th>");
    cr_assert_not_null(north);
    cr_assert_not_null(south);
    cr_expect_lt(north, south);
    cr_expect(has("axis 0–60 /s"));
    cr_expect(has("data-l=\"answer ms\">9.2</td>"));
}

Test(draw_page_upstreams, a_refused_one_says_why_and_has_its_sign)
{
    page_scene_begin(&scene);
    page_scene_trouble(&scene);
    draw();
    cr_expect(has("<svg class=\"m look\" viewBox=\"0 0 24 24\" aria-hidden=\"true\">"));
    cr_expect(has("<td role=\"cell\" class=\"st look\">refused: no pin matches its key</td>"));
    cr_expect(has("data-l=\"answer ms\">–</td>"), "it is not connected");
    cr_expect(has("</svg>none of 2</td>"));
    cr_expect(has("</svg>pin 2/2, last</td>"));
    cr_expect(has("</svg>6 days</td>"));
}

Test(draw_page_upstreams, one_that_was_not_asked_is_neither_well_nor_failed)
{
    page_scene_begin(&scene);
    scene.reading.upstreams = 1;
    scene.reading.of_upstream[0].state = STATS_UPSTREAM_UNASKED;
    draw();
    cr_expect(has("class=\"st \">not asked yet</td>"));
    cr_expect_not(has("<svg class=\"m "));
}

Test(draw_page_upstreams, each_line_says_in_words_what_it_shows)
{
    page_scene_begin(&scene);
    draw();
    cr_expect(has("aria-label=\"Questions to harbour per second over the last hour, in its last "
                  "minute 2"));
}
