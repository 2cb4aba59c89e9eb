/* test_import_acl.c - clients: never more than they were
 * SPDX-License-Identifier: ISC
 */
#include "import/import_acl.h"

#include "import_scene.h"

#include <stdio.h>

static void
add(const char *network, bool is_allowed)
{
    cr_assert(import_acl_add(&draft, draft.clients_count + 1, "acl", network, is_allowed), "%s",
              network);
}

static const char *
settle(void)
{
    static char lists[1024];
    char text[ADDR_TEXT_MAX];
    size_t used = 0;
    lists[0] = '\0';
    import_acl_settle(&draft);
    for (uint32_t i = 0; i < draft.config.allow_count; i++)
        used += (size_t)snprintf(lists + used, sizeof lists - used, "+%s ",
                                 addr_prefix_format(&draft.config.allow[i], text));
    for (uint32_t i = 0; i < draft.config.deny_count; i++)
        used += (size_t)snprintf(lists + used, sizeof lists - used, "-%s ",
                                 addr_prefix_format(&draft.config.deny[i], text));
    return lists;
}

Test(import_acl, a_denied_network_counts_within_an_allowed_one_alone)
{
    import_draft_begin(&draft);
    add("192.0.2.0/24", true);
    add("192.0.2.128/25", false);
    add("0.0.0.0/0", false);
    add("2001:db8::/32", true);
    cr_expect_str_eq(settle(), "+192.0.2.0/24 +2001:db8::/32 -192.0.2.128/25 ");
    cr_expect(is_carried(3, "acl", "not in acl.allow is not served"));
}

Test(import_acl, an_exception_of_an_exception_is_left_out)
{
    import_draft_begin(&draft);
    add("192.0.2.0/24", true);
    add("192.0.2.128/25", false);
    add("192.0.2.200", true);
    cr_expect_str_eq(settle(), "+192.0.2.0/24 -192.0.2.128/25 ");
    cr_expect(is_lost(3, "acl", "line 2 denies"));
}

Test(import_acl, nothing_noted_leaves_the_defaults_and_all_denied_serves_nobody)
{
    import_draft_begin(&draft);
    cr_expect_str_eq(settle(), "+127.0.0.0/8 +::1/128 ");
    add("0.0.0.0/0", false);
    cr_expect_str_eq(settle(), "");
    cr_expect(draft.given[CONFIG_ROW_allow]);
}

Test(import_acl, forms_of_networks)
{
    import_draft_begin(&draft);
    add("192.0.2.77/24", true); /* bits past the length */
    add("2001:db8::1", true);
    add("::ffff:192.0.2.128/121", false); /* IPv4, in IPv6 */
    cr_expect_str_eq(settle(), "+192.0.2.0/24 +2001:db8::1/128 -192.0.2.128/25 ");
    static const char *const none[] = {"",
                                       "x",
                                       "192.0.2.0/33",
                                       "192.0.2.0/",
                                       "192.0.2.0/2x",
                                       "192.0.2.0/0024",
                                       "192.0.2.1:53",
                                       "::/129",
                                       "::ffff:192.0.2.0/90",
                                       "[::1]:53"};
    for (unsigned i = 0; i < sizeof none / sizeof none[0]; i++) {
        cr_expect_not(import_acl_add(&draft, 9, "acl", none[i], true), "%s", none[i]);
        cr_expect(is_lost(9, "acl", "is no network"));
    }
}

Test(import_acl, who_is_allowed_as_ipv4_in_ipv6_is_nobody_of_ipv4)
{
    import_draft_begin(&draft);
    add("192.0.2.0/24", true);
    cr_expect_not(import_acl_add(&draft, 9, "acl", "::ffff:0:0/96", true));
    cr_expect(is_lost(9, "acl", "name the network of IPv4"));
    cr_expect_str_eq(settle(), "+192.0.2.0/24 ");
}

Test(import_acl, a_network_that_is_named_twice_is_what_the_last_line_says)
{
    import_draft_begin(&draft);
    cr_assert(import_acl_add(&draft, 0, "acl", "127.0.0.0/8", true));
    cr_assert(import_acl_add(&draft, 4, "acl", "127.0.0.0/8", false));
    cr_expect_str_eq(settle(), "");
    cr_assert(import_acl_add(&draft, 5, "acl", "127.1.2.3/8", true));
    cr_expect(is_lost(4, "acl", "line 5 says otherwise"));
}

Test(import_acl, a_list_that_begins_anew_says_what_is_gone)
{
    import_draft_begin(&draft);
    cr_assert(import_acl_add(&draft, 0, "acl", "10.0.0.0/8", true));
    cr_assert(import_acl_add(&draft, 2, "acl", "192.0.2.0/24", true));
    import_acl_forget(&draft);
    cr_expect(is_lost(2, "acl", "begins the list anew"));
    cr_expect_eq(draft.clients_count, 0);
}

Test(import_acl, without_room_for_who_is_denied_nobody_is_served)
{
    char text[ADDR_TEXT_MAX];
    import_draft_begin(&draft);
    add("10.0.0.0/8", true);
    for (unsigned i = 0; i <= CONFIG_ACL_MAX; i++) {
        snprintf(text, sizeof text, "10.%u.%u.0/24", i / 256, i % 256);
        add(text, false);
    }
    import_acl_settle(&draft);
    cr_expect_eq(draft.config.allow_count, 0);
    cr_expect(says(IMPORT_DRAFT_NOTE, 0, "acl.allow", "nobody is served"));
    draft.clients_count = IMPORT_DRAFT_CLIENTS_MAX;
    cr_expect_not(import_acl_add(&draft, 9, "acl", "192.0.2.0/24", true));
    cr_expect(draft.is_overfull);
}
