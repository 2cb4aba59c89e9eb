/* test_audit_found.c - tests of audit_found
 * SPDX-License-Identifier: ISC
 */
#include "audit/audit_found.h"

#include "audit_scene.h"

#define SUM "00000000000000000000000000000000000000000000000000000000000000a1"
#define NO  "0000000000000000000000000000000000000000000000000000000000000000"

Test(audit_found, a_head_is_read_as_the_chain_writes_it)
{
    struct audit_found_head head;
    struct audit_chain chain = {.sequence = AUDIT_NUMBER_MOST, .head = {1, 2, 0xfe}};
    char text[AUDIT_CHAIN_HEAD_TEXT_MAX];
    cr_assert_eq(audit_found_parse(audit_chain_head(&chain, text), &head), STATUS_OK);
    cr_expect_eq(head.sequence, AUDIT_NUMBER_MOST);
    cr_expect_arr_eq(head.sum, chain.head, sizeof head.sum);
    cr_expect_eq(audit_found_parse("0:" NO, &head), STATUS_OK);
    cr_expect_eq(audit_found_parse("1:" SUM, &head), STATUS_OK);
    cr_expect_eq(head.sum[31], 0xa1);
}

Test(audit_found, what_is_no_head_is_refused)
{
    static const char *const wrong[] = {
        "",
        ":",
        "1",
        "1:",
        "1:a1",
        ":" SUM,
        "1:" SUM "0",
        "1 :" SUM,
        "-1:" SUM,
        "0:" SUM,
        "1:" NO,
        "9007199254740992:" SUM,
        "12345678901234567:" SUM,
        "1:0000000000000000000000000000000000000000000000000000000000000A1x"};
    struct audit_found_head head;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_eq(audit_found_parse(wrong[i], &head), STATUS_INVALID, "%s", wrong[i]);
}

Test(audit_found, each_kind_has_a_name_and_a_text)
{
    for (enum audit_found found = 0; found < AUDIT_FOUNDS; found++)
        cr_expect(audit_found_name(found)[0] != '\0' && audit_found_text(found)[0] != '\0');
}
