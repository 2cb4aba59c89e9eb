/* test_why.c - the table of reasons is whole and fits its readers
 * SPDX-License-Identifier: ISC
 */
#include "lane/why.h"

#include <criterion/criterion.h>
#include <string.h>

enum end { END_ANSWERED, END_REFUSED, END_DROPPED };

static const enum end ends[] = {
#define WHY(name, end, part, text) END_##end,
#include "lane/why.def"
#undef WHY
};

Test(why, every_row_has_a_name_and_a_text)
{
    for (int i = 0; i < WHY_COUNT; i++) {
        const char *name = why_name((enum why)i), *text = why_text((enum why)i);
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

/* --- what they add up to ---------------------------------------------------------------------- */

static enum why_group
group_of(enum why why)
{
    return why_part_group(why_part(why));
}

Test(why, every_row_has_its_part_and_every_part_a_row)
{
    unsigned rows[WHY_PARTS] = {0}, groups[WHY_GROUPS] = {0};
    for (int i = 0; i < WHY_COUNT; i++) {
        rows[why_part((enum why)i)]++;
        groups[group_of((enum why)i)]++;
    }
    for (int i = 0; i < WHY_PARTS; i++) {
        cr_assert_gt(rows[i], 0, "no reason belongs to \"%s\"", why_part_text((enum why_part)i));
        for (int k = 0; k < i; k++)
            cr_assert_str_neq(why_part_text((enum why_part)i), why_part_text((enum why_part)k));
    }
    for (int i = 0; i < WHY_GROUPS; i++)
        cr_assert_gt(groups[i], 0);
}

Test(why, what_ends_answered_counts_as_answered_and_nothing_else)
{
    for (int i = 0; i < WHY_COUNT; i++)
        cr_assert_eq(ends[i] == END_ANSWERED, group_of((enum why)i) == WHY_GROUP_ANSWERED, "%s",
                     why_name((enum why)i));
}

/* The groups are a contract with whoever watches: "answered" is a share of answered and failed. */
Test(why, groups_are_as_documented)
{
    static const enum why failed[] = {WHY_TIMEOUT,    WHY_UPSTREAM_FAILED, WHY_UPSTREAM_ERROR,
                                      WHY_ANSWER_BAD, WHY_QUEUE_FULL,      WHY_CONNECTION_TAKEN,
                                      WHY_SEND_FAILED};
    unsigned count = 0;
    for (size_t i = 0; i < sizeof failed / sizeof failed[0]; i++)
        cr_assert_eq(group_of(failed[i]), WHY_GROUP_FAILED, "%s", why_name(failed[i]));
    for (int i = 0; i < WHY_COUNT; i++)
        count += group_of((enum why)i) == WHY_GROUP_FAILED;
    cr_assert_eq(count, sizeof failed / sizeof failed[0]);
    for (int i = WHY_ACL; i <= WHY_PREFIX_FULL; i++)
        cr_assert_eq(group_of((enum why)i), WHY_GROUP_TURNED_AWAY, "%s", why_name((enum why)i));
    cr_assert_eq(group_of(WHY_BLOCKED), WHY_GROUP_TURNED_AWAY);
    cr_assert_eq(group_of(WHY_PRIVATE), WHY_GROUP_TURNED_AWAY);
    cr_assert_eq(group_of(WHY_CLIENT_GONE), WHY_GROUP_NEITHER);
}

Test(why, each_group_of_ends_has_a_name)
{
    for (unsigned i = 0; i < WHY_GROUPS; i++)
        cr_expect_not_null(why_group_name((enum why_group)i));
}
