/* test_draw_page_spread.c - how times are spread: bars where answers are, and the times of 50, 90 and 99 of 100
 * SPDX-License-Identifier: ISC
 */
#include "draw_page_scene.h"

#include "view/draw_page_spread.h"

static void
draw(void)
{
    cr_assert_eq(page_scene_draw(&scene), STATUS_OK);
    markup_begin(&scene.page, scene.text, sizeof scene.text);
    draw_page_spread(&scene.figures, &scene.page);
}

Test(draw_page_spread, says_in_words_what_it_shows)
{
    page_scene_begin(&scene);
    draw();
    cr_expect(
        has("answers in the last 5 minutes: half within 0.16 ms, 90 of 100 within 20.5, 99 of "
            "100 within 41.0\""));
    cr_expect(has(">half 0.16 ms</text>"));
    cr_expect(has(">99 % 41.0 ms</text>"));
    cr_expect(has("<path class=\"b1\" d=\"M"));
}

/* What took less than the axis shows is one bar, as wide as others and as high as its share. */
Test(draw_page_spread, the_fastest_answers_are_one_bar)
{
    page_scene_begin(&scene);
    cr_assert_eq(page_scene_draw(&scene), STATUS_OK);
    for (unsigned i = 0; i < 8; i++) /* 0 to 9 µs */
        scene.reading.tally.answer_buckets[i] += 1000000;
    figures_make(&scene.figures, &scene.reading, &scene.history);
    markup_begin(&scene.page, scene.text, sizeof scene.text);
    draw_page_spread(&scene.figures, &scene.page);
    unsigned left, foot, top, right;
    const char *bar = strstr(scene.text, "<path class=\"b1\" d=\"M");
    cr_assert_not_null(bar);
    cr_assert_eq(sscanf(bar, "<path class=\"b1\" d=\"M%u %uV%uH%u", &left, &foot, &top, &right), 4);
    cr_expect_gt(right, left + 100, "it is seen");
    cr_expect_lt(top, foot - (foot - 420) * 3 / 4, "its share is nearly all");
}

Test(draw_page_spread, few_answers_have_bars_and_no_percentiles)
{
    page_scene_begin(&scene);
    scene.rate = 0;
    scene.steps = 2;
    draw();
    cr_expect(has("fewer than 100 answers"));
    cr_expect_not(has("<path class=\"b1\""));
    cr_expect_not(has("half –"));
}
