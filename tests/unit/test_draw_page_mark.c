/* test_draw_page_mark.c - signs whose shapes differ, and bars that tell some from none
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_page_mark.h"

#include "view/number.h"

#include <criterion/criterion.h>
#include <string.h>

static char text[1024];
static struct markup to;

static const char *
bar(uint64_t share)
{
    markup_begin(&to, text, sizeof text);
    draw_page_mark_bar(&to, share, "b1");
    return text;
}

Test(draw_page_mark, shapes_differ)
{
    static const char *const shapes[] = {"<circle", "M12 1.2L23.4", "M7.4 1h9.2"};
    for (unsigned level = 0; level < JUDGE_LEVELS; level++) {
        markup_begin(&to, text, sizeof text);
        draw_page_mark(&to, (enum judge_level)level, "m");
        cr_expect_not_null(strstr(text, shapes[level]));
        cr_expect_not_null(strstr(text, draw_page_mark_word((enum judge_level)level)));
    }
}

Test(draw_page_mark, a_bar_is_as_long_as_its_share)
{
    cr_expect_not_null(strstr(bar(6100), "class=\"b1\" width=\"610\""));
    cr_expect_not_null(strstr(bar(10000), "class=\"b1\" width=\"1000\""));
    cr_expect_not_null(strstr(bar(20000), "class=\"b1\" width=\"1000\""));
    cr_expect_not_null(strstr(bar(1), "class=\"b1\""), "a little is not none");
    cr_expect_null(strstr(bar(0), "class=\"b1\""));
    cr_expect_null(strstr(bar(NUMBER_NONE), "class=\"b1\""));
}

Test(draw_page_mark, the_level_is_that_of_the_finding)
{
    static struct judgement j = {
        .count = 1, .findings = {{.kind = JUDGE_PIN, .level = JUDGE_ACT, .upstream = 2}}};
    cr_expect_eq(draw_page_mark_level(&j, JUDGE_PIN, 2), JUDGE_ACT);
    cr_expect_eq(draw_page_mark_level(&j, JUDGE_PIN, 1), JUDGE_WELL);
    cr_expect_eq(draw_page_mark_level(&j, JUDGE_MISSING, 2), JUDGE_WELL);
}
