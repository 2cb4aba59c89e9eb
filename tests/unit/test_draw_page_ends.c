/* test_draw_page_ends.c - how queries ended adds up, and what is rare is not none
 * SPDX-License-Identifier: ISC
 */
#include "../fixtures/page_scene.h"

#include <criterion/criterion.h>

static struct page_scene scene;

#include "view/draw_page_ends.h"

static const char *
draw(void)
{
    cr_assert_eq(page_scene_draw(&scene), STATUS_OK);
    markup_begin(&scene.page, scene.text, sizeof scene.text);
    draw_page_ends(&scene.figures, &scene.page);
    return scene.text;
}

Test(draw_page_ends, every_part_that_is_there_has_a_row)
{
    page_scene_begin(&scene);
    draw();
    cr_expect_not_null(strstr(scene.text, "<th scope=\"row\" class=\"w\">from the cache</th>"));
    cr_expect_not_null(strstr(scene.text, "<th scope=\"row\">Turned away by a rule</th>"));
    cr_expect_not_null(strstr(scene.text, ">no answer in time</th>"));
    cr_expect_null(strstr(scene.text, ">not sent by the kernel</th>"), "it never happened");
    cr_expect_null(strstr(scene.text, ">Neither</th>"), "it never happened");
    scene.reading.tally.why[WHY_CLIENT_GONE] = 1;
    markup_begin(&scene.page, scene.text, sizeof scene.text);
    draw_page_ends(&scene.figures, &scene.page);
    cr_expect_not_null(strstr(scene.text, ">Neither</th>"));
}

/* Ten queries of a million: far less than a hundredth of a percent. */
Test(draw_page_ends, what_failed_is_never_rounded_to_none)
{
    page_scene_begin(&scene);
    scene.rate = 20000;
    draw();
    const char *row = strstr(scene.text, ">no answer in time</th>");
    cr_assert_not_null(row);
    cr_expect_eq(strncmp(row,
                         ">no answer in time</th><td class=\"n\">&lt;0.01</td>"
                         "<td class=\"n\">&lt;0.01</td>",
                         69),
                 0, "%.100s", row);
}

Test(draw_page_ends, without_queries_shares_are_dashes)
{
    page_scene_begin(&scene);
    scene.rate = 0;
    draw();
    cr_expect_not_null(strstr(scene.text, "from the cache</th><td class=\"n\">0.0</td>"
                                          "<td class=\"n\">–</td>"));
}

Test(draw_page_ends, without_a_second_reading_rates_are_dashes)
{
    page_scene_begin(&scene);
    scene.steps = 0;
    draw();
    cr_expect_not_null(strstr(scene.text, "from the cache</th><td class=\"n\">–</td>"
                                          "<td class=\"n\">–</td>"));
}
