/* test_draw_page_chart.c - the picture of an hour: lines begin where readings do, and what began is marked
 * SPDX-License-Identifier: ISC
 */
#include "../fixtures/page_scene.h"

#include <criterion/criterion.h>

static struct page_scene scene;

#include "view/draw_page_chart.h"

static uint64_t values[DRAW_PAGE_CHART_COLUMNS];

static const char *
draw(unsigned which, uint64_t most)
{
    struct draw_page_chart chart;
    markup_begin(&scene.page, scene.text, sizeof scene.text);
    draw_page_chart_values(&scene.figures, which, values);
    draw_page_chart_begin(&chart, &scene.figures, &scene.judgement, "a & b", &scene.page);
    draw_page_chart_axes(&chart, most, 1000);
    draw_page_chart_line(&chart, values, "l");
    draw_page_chart_name(&chart, values, "k", false, "name");
    draw_page_chart_end(&chart);
    return scene.text;
}

static void
live(unsigned steps)
{
    page_scene_begin(&scene);
    page_scene_trouble(&scene);
    scene.steps = steps;
    cr_assert_eq(page_scene_draw(&scene), STATUS_OK);
}

Test(draw_page_chart, has_a_text_axes_and_times)
{
    live(PAGE_SCENE_STEPS);
    draw(HISTORY_QUERIES, 446000);
    cr_expect_not_null(strstr(scene.text, "role=\"img\" aria-label=\"a &amp; b\""));
    cr_expect_not_null(strstr(scene.text, ">600</text>"));
    cr_expect_not_null(strstr(scene.text, ">02:15</text>"));
    cr_expect_not_null(strstr(scene.text, ">03:00</text>"));
    cr_expect_null(strstr(scene.text, ">02:00</text>"), "that is more than an hour ago");
}

/* 03:12:40 is the right end, an hour before it the left one. */
Test(draw_page_chart, marks_what_began_where_it_began)
{
    live(PAGE_SCENE_STEPS);
    draw(HISTORY_QUERIES, 446000);
    unsigned expected = 370 + (3160 - 370) * (3600 - PAGE_SCENE_FAILS_S) / 3600;
    const char *mark = strstr(scene.text, "<path class=\"ev\" d=\"M");
    cr_assert_not_null(mark);
    cr_expect_eq(strtoul(mark + strlen("<path class=\"ev\" d=\"M"), NULL, 10), expected + 1);
    cr_expect_not_null(strstr(scene.text, ">north refused</text>"));
    cr_expect_not_null(strstr(scene.text, ">over limit</text>"));
}

Test(draw_page_chart, large_values_are_short)
{
    live(PAGE_SCENE_STEPS);
    cr_expect_not_null(strstr(draw(HISTORY_QUERIES, 19000000), ">20k</text>"));
    cr_expect_not_null(strstr(draw(HISTORY_QUERIES, 2400000), ">2000</text>"));
    cr_expect_not_null(strstr(draw(HISTORY_QUERIES, 1400), ">0.5</text>"));
    cr_expect_not_null(strstr(draw(HISTORY_QUERIES, 0), ">1</text>"));
}

Test(draw_page_chart, without_readings_says_so)
{
    live(0);
    cr_expect_not_null(strstr(draw(HISTORY_QUERIES, 0), ">no reading yet</text>"));
    cr_expect_null(strstr(scene.text, ">name</text>"));
    live(3);
    cr_expect_null(strstr(draw(HISTORY_QUERIES, 446000), "no reading yet"));
    cr_expect_not_null(strstr(scene.text, "text-anchor=\"end\">name</text>"),
                       "the name stands where the line begins");
}

Test(draw_page_chart, names_stand_apart)
{
    struct draw_page_chart chart;
    live(PAGE_SCENE_STEPS);
    markup_begin(&scene.page, scene.text, sizeof scene.text);
    draw_page_chart_values(&scene.figures, HISTORY_QUERIES, values);
    draw_page_chart_begin(&chart, &scene.figures, &scene.judgement, "", &scene.page);
    draw_page_chart_axes(&chart, 446000, 1000);
    draw_page_chart_name(&chart, values, "k", false, "one");
    unsigned one = chart.named_at;
    draw_page_chart_name(&chart, values, "k", false, "two");
    cr_expect_geq(one > chart.named_at ? one - chart.named_at : chart.named_at - one, 100);
}
