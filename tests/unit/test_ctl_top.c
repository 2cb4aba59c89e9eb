/* test_ctl_top.c - what keys do to the live view
 * SPDX-License-Identifier: ISC
 *
 * A terminal and a running service have tests/integration/test_top.py.
 */
#include "ctl/ctl_top.h"

#include "view_scene.h"

static struct view_scene scene;
static struct ctl_top top;

static void
begin(void)
{
    view_scene_begin(&scene);
    view_scene_figures(&scene);
    ctl_top_begin(&top, 2);
}

static void
press(int key)
{
    ctl_top_press(&top, key, &scene.figures);
}

Test(ctl_top, a_page_has_a_key_and_escape_leaves_it)
{
    static const struct {
        int key;
        enum draw_top_page page;
    } pages[] = {{'u', DRAW_TOP_UPSTREAMS}, {'r', DRAW_TOP_REASONS}, {'l', DRAW_TOP_LANES},
                 {'n', DRAW_TOP_NETWORKS},  {'t', DRAW_TOP_TIMES},   {'?', DRAW_TOP_HELP}};
    begin();
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        press(pages[i].key);
        cr_expect_eq(top.view.page, pages[i].page);
        press(i % 2 == 0 ? CTL_SCREEN_ESCAPE : pages[i].key);
        cr_expect_eq(top.view.page, DRAW_TOP_ALL);
    }
    press('u');
    press('t');
    cr_expect_eq(top.view.page, DRAW_TOP_TIMES);
}

Test(ctl_top, sorting_goes_round)
{
    begin();
    for (unsigned i = 0; i < DRAW_TOP_SORTS; i++) {
        cr_expect_eq(top.view.sort, i);
        press('s');
    }
    cr_expect_eq(top.view.sort, DRAW_TOP_BY_SHARE);
}

Test(ctl_top, a_pace_stays_within_its_bounds)
{
    begin();
    press('+');
    cr_expect_eq(top.view.interval_s, 1);
    press('+');
    cr_expect_eq(top.view.interval_s, 1);
    for (unsigned i = 0; i < 9; i++)
        press('-');
    cr_expect_eq(top.view.interval_s, 60);
    ctl_top_begin(&top, 7);
    press('-');
    cr_expect_eq(top.view.interval_s, 10);
    ctl_top_begin(&top, 7);
    press('+');
    cr_expect_eq(top.view.interval_s, 5);
}

Test(ctl_top, who_goes_on_wants_a_reading)
{
    begin();
    press('p');
    cr_expect(top.view.is_paused && !top.is_due);
    press('p');
    cr_expect(!top.view.is_paused && top.is_due);
    begin();
    press(' ');
    cr_expect(top.is_due && !top.is_ended);
    press('q');
    cr_expect(top.is_ended);
}

Test(ctl_top, scrolling_stays_within_the_page)
{
    begin();
    press(CTL_SCREEN_DOWN);
    cr_expect_eq(top.view.first, 0); /* the whole view has nothing to scroll */
    press('r');
    press(CTL_SCREEN_UP);
    cr_expect_eq(top.view.first, 0);
    press(CTL_SCREEN_DOWN);
    cr_expect_eq(top.view.first, 1);
    for (unsigned i = 0; i < 100; i++)
        press(CTL_SCREEN_PAGE_DOWN);
    cr_expect_eq(top.view.first, WHY_COUNT - 1);
    press(CTL_SCREEN_PAGE_UP);
    cr_expect_eq(top.view.first, WHY_COUNT - 11);
    press(CTL_SCREEN_HOME);
    cr_expect_eq(top.view.first, 0);
    press(CTL_SCREEN_PAGE_DOWN);
    press('u');
    cr_expect_eq(top.view.first, 0);
}

Test(ctl_top, other_keys_do_nothing)
{
    begin();
    struct ctl_top before = top;
    for (int key = 0; key < 512; key++)
        if (key > 255 ? key > CTL_SCREEN_HOME : strchr("qsputrln?h+=- \033", key) == NULL)
            press(key);
    cr_expect_eq(memcmp(&before, &top, sizeof top), 0);
}
