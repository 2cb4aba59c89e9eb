/* test_hex.c - octets as hexadecimal digits, and back
 * SPDX-License-Identifier: ISC
 */
#include "base/hex.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(hex, every_octet_is_read_as_it_was_written)
{
    uint8_t octets[256], again[256];
    char text[2 * sizeof octets + 1];
    for (unsigned i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)i;
    cr_assert_eq(hex_write(octets, sizeof octets, text), text);
    cr_assert_eq(strlen(text), 2 * sizeof octets);
    cr_expect(strncmp(text, "000102", 6) == 0);
    cr_expect_str_eq(text + 2 * 0xf8, "f8f9fafbfcfdfeff");
    cr_assert(hex_read(text, again, sizeof again));
    cr_assert_arr_eq(again, octets, sizeof octets);
}

Test(hex, what_is_no_digit_in_lower_case_is_refused)
{
    uint8_t octets[2];
    for (unsigned c = 0; c < 256; c++)
        for (unsigned at = 0; at < 4; at++) {
            char text[] = "09af";
            text[at] = (char)c;
            bool is_digit = c != 0 && strchr("0123456789abcdef", (int)c) != NULL;
            cr_expect_eq(hex_read(text, octets, sizeof octets), is_digit, "%u at %u", c, at);
        }
}

Test(hex, nothing_behind_the_first_wrong_character_is_read)
{
    uint8_t octets[4];
    char *text = strdup("12"); /* the sanitizer knows where it ends */
    cr_assert_not_null(text);
    cr_expect_not(hex_read(text, octets, sizeof octets));
    free(text);
}
