/* test_sheet.c - tests of sheet
 * SPDX-License-Identifier: ISC
 */
#include "view/sheet.h"

#include <criterion/criterion.h>
#include <string.h>

static char text[256];
static struct sheet sheet;

static void
begin(bool is_plain, bool has_styles)
{
    sheet_begin(&sheet, text, sizeof text, is_plain, has_styles);
}

Test(sheet, columns_count_characters)
{
    begin(false, false);
    sheet_add(&sheet, "%s %d", "▲", 7);
    cr_assert_eq(sheet.column, 3);
    sheet_to(&sheet, 6);
    sheet_add(&sheet, "x");
    sheet_end_line(&sheet, 10);
    cr_assert_str_eq(text, "▲ 7   x   \n");
    cr_assert_eq(sheet.column, 0);
    cr_assert_eq(sheet_width("└02:15"), 6);
}

Test(sheet, figures_end_below_each_other)
{
    begin(true, false);
    sheet_right(&sheet, 6, "1.5");
    sheet_end_line(&sheet, 0);
    sheet_add(&sheet, "abc");
    sheet_right(&sheet, 6, "1.5");
    sheet_end_line(&sheet, 0);
    sheet_add(&sheet, "abcd");
    sheet_right(&sheet, 6, "1.5");
    cr_assert_str_eq(text, "   1.5\nabc1.5\nabcd 1.5");
}

Test(sheet, signs_and_styles_are_left_out_where_they_cannot_be_shown)
{
    begin(true, false);
    sheet_style(&sheet, SHEET_ACT);
    sheet_sign(&sheet, "▲", "!");
    cr_assert_str_eq(text, "!");
    begin(false, true);
    sheet_style(&sheet, SHEET_ACT);
    sheet_sign(&sheet, "▲", "!");
    cr_assert_str_eq(text, "\004▲");
    cr_assert_eq(sheet.column, 1);
}

Test(sheet, sentences_are_broken_between_words)
{
    begin(true, false);
    sheet_add(&sheet, "1 NOW ");
    sheet_flow(&sheet, 2, 14,
               "one two three\nfour five six seven\n    typed as it stands here\nend");
    cr_assert_str_eq(text, "1 NOW one two\n  three\n  four five\n  six seven\n"
                           "      typed as it stands here\n  end\n");
}

Test(sheet, what_has_no_room_is_left_out)
{
    static char small[8];
    struct sheet little;
    sheet_begin(&little, small, sizeof small, true, false);
    sheet_add(&little, "0123456789");
    sheet_to(&little, 100);
    sheet_end_line(&little, 100);
    sheet_flow(&little, 2, 10, "words and words");
    cr_assert_str_eq(small, "0123456");
}
