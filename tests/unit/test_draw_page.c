/* test_draw_page.c - the status page as a whole: what is on it, what never is, and how large it becomes
 * SPDX-License-Identifier: ISC
 */
#include "draw_page_scene.h"

static const char *
draw(void)
{
    cr_assert_eq(page_scene_draw(&scene), STATUS_OK);
    return scene.text;
}

Test(draw_page, of_a_service_that_is_well)
{
    page_scene_begin(&scene);
    draw();
    cr_expect(has("<title>well – penstock ns1</title>"));
    cr_expect(
        has("<h1><span class=\"well\">Well.</span> Clients are answered. Nothing needs you."));
    cr_expect_not(has("class=\"find\""), "there is no finding, and a list of them");
    cr_expect(has("http-equiv=\"refresh\" content=\"10\""));
}

Test(draw_page, of_a_service_in_trouble)
{
    page_scene_begin(&scene);
    page_scene_trouble(&scene);
    draw();
    cr_expect(has("<title>look – penstock ns1</title>"));
    cr_expect(has("Four things need you, none of them tonight.</h1>"));
    cr_expect(has("<b>north</b> is refused: no pin matches its key. It is asked nothing."));
}

Test(draw_page, shows_no_network_and_no_key_even_if_it_is_handed_them)
{
    page_scene_begin(&scene);
    page_scene_trouble(&scene);
    draw();
    cr_expect_not(has("203.0.113"));
    cr_expect_not(has("never-shown"));
}

Test(draw_page, held_still_does_not_load_itself_again)
{
    page_scene_begin(&scene);
    scene.when.is_held = true;
    draw();
    cr_expect_not(has("http-equiv=\"refresh\""));
    cr_expect(has("<a href=\"?\">go on</a>"));
}

Test(draw_page, that_is_old_says_so_first)
{
    page_scene_begin(&scene);
    scene.silent_s = 240;
    draw();
    cr_expect(has("<title>act – penstock ns1</title>"));
    cr_expect(has("<body class=\"stale\">"));
    cr_expect(has("This page is old. It says how things were 4 minutes ago.</h1>"));
    cr_expect(has("drawn <b>26 Nov 03:12:40</b>, from figures of <b>26 Nov 03:08:40</b>"));
    cr_expect(has("<small>/s at 03:08</small>"));
    cr_expect_not(has(" now</small>"));
}

Test(draw_page, without_a_service_says_what_to_do)
{
    struct draw_page_when when = {.drawn_s = PAGE_SCENE_NOW_WALL};
    markup_begin(&scene.page, scene.text, sizeof scene.text);
    cr_assert_eq(draw_page_unreached(PAGE_SCENE_NOW_WALL - 260, &when, &scene.page), STATUS_OK);
    cr_expect(has("<title>act – penstock</title>"));
    cr_expect(has("The service cannot be asked.</h1><p>It could be last at <b>03:08</b>."));
    cr_expect(has("<code>systemctl status penstock</code>"));
    markup_begin(&scene.page, scene.text, sizeof scene.text);
    cr_assert_eq(draw_page_unreached(0, &when, &scene.page), STATUS_OK);
    cr_expect_not(has("It could be last"));
    markup_begin(&scene.page, scene.text, 100);
    cr_expect_eq(draw_page_unreached(0, &when, &scene.page), STATUS_FULL);
    cr_expect_str_empty(scene.text);
}

Test(draw_page, has_room_for_the_most_upstreams_with_the_longest_names_and_all_their_findings)
{
    for (unsigned upstreams = 1; upstreams <= STATS_UPSTREAMS; upstreams++) {
        page_scene_begin(&scene);
        page_scene_trouble(&scene);
        scene.rate = 123456;
        scene.reading.upstreams = upstreams;
        for (unsigned i = 0; i < upstreams; i++) {
            scene.reading.of_upstream[i] = page_scene_upstream(
                "a-name-that-is-as-long-as-the-configuration-permits-it-to-be.it", 2, 1, 9123);
            if (i % 2 == 1) {
                scene.reading.of_upstream[i].state = STATS_UPSTREAM_DOWN;
                scene.reading.of_upstream[i].cause = STATS_CAUSE_CERTIFICATE;
            }
        }
        draw();
        cr_expect_eq(strlen(scene.text), scene.page.used);
        cr_expect(has("</html>"));
    }
}

/* Whatever room there is: a whole page, one that says that it is short, or none. */
Test(draw_page, is_never_cut)
{
    page_scene_begin(&scene);
    page_scene_trouble(&scene);
    draw();
    size_t whole = scene.page.used;
    for (size_t size = 1; size <= whole + 1; size += size < whole - 100 ? 613 : 1) {
        markup_begin(&scene.page, scene.text, size);
        enum status status = draw_page(&scene.figures, &scene.judgement, &scene.when, &scene.page);
        cr_assert_eq(status, size > whole ? STATUS_OK : STATUS_FULL, "%zu", size);
        cr_assert_eq(strlen(scene.text), scene.page.used);
        cr_assert(scene.page.used == 0 || has("</body></html>"), "%zu", size);
        cr_assert(status == STATUS_OK || scene.page.used == 0 ||
                      has("There is more to say than this page has room for"),
                  "%zu", size);
    }
}

Test(draw_page, policy_permits_its_style_sheet_and_nothing_else)
{
    cr_expect_eq(strncmp(draw_page_policy(), "default-src 'none'; style-src 'sha256-", 38), 0);
    cr_expect_not_null(strstr(draw_page_policy(), "frame-ancestors 'none'"));
    cr_expect_null(strstr(draw_page_policy(), "unsafe"));
}
