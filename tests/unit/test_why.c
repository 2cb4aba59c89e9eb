/* test_why.c - the table of reasons is whole and fits its readers
 * SPDX-License-Identifier: ISC
 */
#include "lane/why.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const texts[] = {
#define WHY(name, end, text) text,
#include "lane/why.def"
#undef WHY
};

enum end { END_ANSWERED, END_REFUSED, END_DROPPED };

static const enum end ends[] = {
#define WHY(name, end, text) END_##end,
#include "lane/why.def"
#undef WHY
};

Test(why, every_row_has_a_name_and_a_text)
{
    for (int i = 0; i < WHY_COUNT; i++) {
        const char *name = why_name((enum why)i), *text = texts[i];
        cr_assert(name[0] != '\0' && text[0] != '\0');
        cr_assert_eq(name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")], '\0', "%s", name);
        cr_assert_null(strpbrk(text, "\"\\\n"), "%s: the text stands in logs and metrics", name);
        for (int k = 0; k < i; k++)
            cr_assert_str_neq(name, why_name((enum why)k));
    }
}

Test(why, rows_keep_their_order_and_end)
{
    cr_assert_str_eq(why_name(WHY_ANSWERED), "ANSWERED");
    cr_assert_eq(ends[WHY_ANSWERED], END_ANSWERED);
    cr_assert_str_eq(why_name(WHY_ACL), "ACL");
    cr_assert_eq(ends[WHY_ACL], END_DROPPED);
    cr_assert_eq(ends[WHY_SHORT], END_DROPPED);
    cr_assert_eq(ends[WHY_RESPONSE], END_DROPPED);
    cr_assert_eq(ends[WHY_VERSION], END_REFUSED);
}

Test(why, each_end_occurs)
{
    unsigned counts[3] = {0};
    for (int i = 0; i < WHY_COUNT; i++)
        counts[ends[i]]++;
    cr_assert(counts[END_ANSWERED] > 0 && counts[END_REFUSED] > 0);
    cr_assert_gt(counts[END_DROPPED], 0);
}
