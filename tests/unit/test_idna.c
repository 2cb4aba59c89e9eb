/* test_idna.c - a name of a list as the DNS has it
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/idna.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *
ascii_of(const char *text)
{
    static char ascii[IDNA_NAME_MAX];
    return idna_to_ascii(text, strlen(text), ascii) ? ascii : NULL;
}

Test(idna, ascii_stays_as_it_is)
{
    cr_assert_str_eq(ascii_of("Ads.Example"), "Ads.Example");
    cr_assert_str_eq(ascii_of(""), "");
}

Test(idna, other_scripts_become_what_the_dns_has)
{
    cr_assert_str_eq(ascii_of("b\xc3\xbc"
                              "cher.example"),
                     "xn--bcher-kva.example");
    cr_assert_str_eq(ascii_of("B\xc3\x9c"
                              "CHER.example"),
                     "xn--bcher-kva.example");
}

Test(idna, what_is_no_name_or_too_long_is_refused)
{
    char longest[IDNA_NAME_MAX + 1];
    char ascii[IDNA_NAME_MAX];
    cr_assert_null(ascii_of("a\xff.example"), "no UTF-8");
    memset(longest, 'a', sizeof longest);
    cr_assert_not(idna_to_ascii(longest, IDNA_NAME_MAX, ascii));
    cr_assert(idna_to_ascii(longest, IDNA_NAME_MAX - 1, ascii));
}
