/* test_draw_page_head.c - what the page begins with
 * SPDX-License-Identifier: ISC
 */
#include "draw_page_scene.h"

static const char *
draw(void)
{
    cr_assert_eq(page_scene_draw(&scene), STATUS_OK);
    markup_begin(&scene.page, scene.text, sizeof scene.text);
    draw_page_head(&scene.figures, &scene.judgement, &scene.when, &scene.page);
    draw_page_head_sentence(&scene.figures, &scene.judgement, &scene.when, &scene.page);
    return scene.text;
}

Test(draw_page_head, says_whose_it_is_and_when_it_was_read)
{
    page_scene_begin(&scene);
    draw();
    cr_expect(has("<b>penstock</b> on <b>ns1</b></span><span>version 0.1.0</span>"
                  "<span>up 12 days 4 hours</span><span>2 lanes</span>"));
    cr_expect(has("read <b>26 Nov 2026 03:12:40 UTC</b>, again every 10 s · "));
    scene.reading.host[0] = '\0';
    scene.reading.lanes = 1;
    markup_begin(&scene.page, scene.text, sizeof scene.text);
    draw_page_head(&scene.figures, &scene.judgement, &scene.when, &scene.page);
    cr_expect(has("<b>penstock</b></span>"));
    cr_expect(has("<span>1 lane</span>"));
}

Test(draw_page_head, just_started_says_how_little_it_knows)
{
    page_scene_begin(&scene);
    scene.steps = 6;
    draw();
    cr_expect(has("were answered in the last 1 minute. Well, as far as 1 minute can tell.</p>"));
}

Test(draw_page_head, without_queries_says_that_none_came)
{
    page_scene_begin(&scene);
    scene.rate = 0;
    draw();
    cr_expect(has(
        "No query came in 5 minutes. All three upstreams can be asked. Nothing needs you.</h1>"));
    cr_expect_not(has(" %</b>"), "a share of nothing");
}

Test(draw_page_head, old_figures_are_not_called_an_answer)
{
    page_scene_begin(&scene);
    scene.silent_s = 240;
    draw();
    cr_expect(draw_page_head_is_old(&scene.judgement));
    cr_expect(has("Whether clients are answered is not known here"));
    cr_expect_not(has("Clients are answered"));
}

Test(draw_page_head, a_level_has_a_word_and_a_shape)
{
    for (unsigned level = 0; level < JUDGE_LEVELS; level++) {
        static const char *const words[] = {"Well.", "Look.", "Act."};
        markup_begin(&scene.page, scene.text, sizeof scene.text);
        draw_page_head_level(&scene.page, (enum judge_level)level);
        cr_expect(has(words[level]));
        cr_expect(has("<svg class=\"big "));
    }
}

Test(draw_page_head, a_page_can_be_held_and_let_go)
{
    struct draw_page_when when = {.is_held = true};
    markup_begin(&scene.page, scene.text, sizeof scene.text);
    draw_page_head_pace(&when, &scene.page);
    cr_expect_str_eq(scene.text, ", held still · <a href=\"?\">go on</a>");
}
