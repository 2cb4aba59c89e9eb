/* test_notice.c - when a line is due and what it names
 * SPDX-License-Identifier: ISC
 */
#include "front/notice.h"

#include <criterion/criterion.h>

Test(notice, the_first_event_is_told_at_once_and_then_one_in_ten_seconds)
{
    struct notice notice = {0};
    cr_expect(notice_is_due(&notice, 5));
    cr_expect_eq(notice.skipped, 1);
    notice.skipped = 0;
    cr_expect_not(notice_is_due(&notice, 6));
    cr_expect_not(notice_is_due(&notice, 5 + NOTICE_MS - 1));
    cr_expect(notice_is_due(&notice, 5 + NOTICE_MS));
    cr_expect_eq(notice.skipped, 3, "the next line stands for all since the last");
}

Test(notice, names_the_network_and_not_the_client)
{
    char text[ADDR_TEXT_MAX];
    struct addr addr;
    cr_assert_eq(addr_parse("192.0.2.77", 53, &addr), STATUS_OK);
    cr_expect_str_eq(notice_network(&addr, 24, text), "192.0.2.0/24");
    cr_assert_eq(addr_parse("fe80::1:2:3:4", 53, &addr), STATUS_OK);
    addr.scope = 3;
    cr_expect_str_eq(notice_network(&addr, 64, text), "fe80::/64", "without its interface");
}
