/* test_audit_key.c - what a key file holds
 * SPDX-License-Identifier: ISC
 */
#include "audit/audit_key.h"

#include <criterion/criterion.h>
#include <string.h>

static uint8_t key[AUDIT_CHAIN_KEY_MAX];
static size_t size;

static enum status
parse(const char *text)
{
    memset(key, 0xee, sizeof key);
    return audit_key_parse(text, strlen(text), key, &size);
}

Test(audit_key, a_line_of_base64_is_a_key)
{
    static const char line[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
    cr_assert_eq(parse(line), STATUS_OK);
    cr_assert_eq(size, 32);
    for (unsigned i = 0; i < 32; i++)
        cr_expect_eq(key[i], i);
    cr_assert_eq(audit_key_parse(line, sizeof line - 2, key, &size), STATUS_OK,
                 "without its newline");
    cr_expect_eq(size, 32);
}

Test(audit_key, other_octets_are_a_key_as_they_are)
{
    char octets[AUDIT_CHAIN_KEY_MAX + 1];
    for (size_t length = 0; length <= sizeof octets; length++) {
        bool is_key = length >= AUDIT_CHAIN_KEY_MIN && length <= AUDIT_CHAIN_KEY_MAX;
        memset(octets, 0xff, length);
        cr_expect_eq(audit_key_parse(octets, length, key, &size) == STATUS_OK, is_key, "%zu",
                     length);
        cr_expect_eq(size, is_key ? length : 0);
        cr_expect(!is_key || memcmp(key, octets, length) == 0);
    }
}

Test(audit_key, short_base64_is_no_key_by_what_it_stands_for)
{
    cr_expect_eq(parse("AAECAwQFBgcICQoLDA0ODw==\n"), STATUS_INVALID, "16 octets, in 25");
    cr_assert_eq(parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw==\n"), STATUS_OK);
    cr_expect_eq(size, 41, "28 octets are too few: it is not base64, but octets");
}
