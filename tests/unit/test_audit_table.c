/* test_audit_table.c - tests of audit_table
 * SPDX-License-Identifier: ISC
 */
#include "audit/audit_table.h"

#include <criterion/criterion.h>
#include <string.h>

Test(audit_table, members_are_in_the_order_of_their_names)
{
    for (enum audit_member member = 0; member < AUDIT_MEMBERS; member++) {
        const char *name = audit_table_member(member)->name;
        cr_expect(member == 0 || strcmp(audit_table_member(member - 1)->name, name) < 0, "%s",
                  name);
        cr_expect_leq(strlen(name), AUDIT_NAME_MOST);
        cr_expect_eq(audit_table_find_member(name, strlen(name)), member);
        cr_expect_eq(audit_table_find_member(name, strlen(name) - 1), AUDIT_MEMBERS, "%s", name);
    }
}

Test(audit_table, each_event_has_what_every_line_has)
{
    for (enum audit_event event = 0; event < AUDIT_EVENTS; event++) {
        const struct audit_table_event *of = audit_table_event(event);
        cr_expect_eq(of->has & AUDIT_COMMON, AUDIT_COMMON, "%s", of->name);
        cr_expect_eq(of->has & of->may, 0, "%s", of->name);
        cr_expect_leq(strlen(of->name), AUDIT_NAME_MOST);
        cr_expect_eq(audit_table_find_event(of->name, strlen(of->name)), event);
    }
    cr_expect_eq(audit_table_find_event("start", 5), AUDIT_EVENTS);
    cr_expect_eq(audit_table_find_event("", 0), AUDIT_EVENTS);
}

/* Why audit_read_is_keyed() may look for `",` behind it. */
Test(audit_table, something_stands_before_and_behind_an_hmac)
{
    cr_expect_lt((int)AUDIT_OF_EVENT, (int)AUDIT_OF_HMAC);
    cr_expect_lt((int)AUDIT_OF_HMAC, (int)AUDIT_OF_MONOTONIC_US);
}
