/* test_near.c - which word somebody meant
 * SPDX-License-Identifier: ISC
 */
#include "conf/near.h"

#include <criterion/criterion.h>
#include <string.h>

static unsigned
slips(const char *text, const char *word)
{
    return near_slips(text, strlen(text), word, strlen(word));
}

Test(near, case_and_hyphens_are_no_slips)
{
    cr_expect_eq(slips("lanes", "lanes"), 0);
    cr_expect_eq(slips("Tls-Name", "tls_name"), 0);
    cr_expect_eq(slips("ON", "on"), 0);
    cr_expect_eq(slips("", ""), 0);
}

Test(near, each_kind_of_slip_is_one)
{
    cr_expect_eq(slips("lane", "lanes"), 1);
    cr_expect_eq(slips("llanes", "lanes"), 1);
    cr_expect_eq(slips("lames", "lanes"), 1);
    cr_expect_eq(slips("alnes", "lanes"), 1);
    cr_expect_eq(slips("lansE", "lanes"), 1);
    cr_expect_eq(slips("upsteam", "upstreams"), 2);
    cr_expect_eq(slips("upztreamq", "upstreams"), 2);
    cr_expect_eq(slips("zupstreamsq", "upstreams"), 2);
    cr_expect_eq(slips("timeut", "timeouts"), 2);
}

Test(near, more_than_a_word_is_likely_to_have_is_far)
{
    cr_expect_eq(slips("lns", "lanes"), NEAR_FAR);
    cr_expect_eq(slips("lines", "lanes"), 1);
    cr_expect_eq(slips("a", "no"), NEAR_FAR);
    cr_expect_eq(slips("n", "no"), NEAR_FAR);
    cr_expect_eq(slips("uptreem", "upstreams"), NEAR_FAR);
    cr_expect_eq(slips("", "lanes"), NEAR_FAR);
}

Test(near, a_number_is_no_slip)
{
    cr_expect_eq(slips("1.1", "1.2"), NEAR_FAR);
    cr_expect_eq(slips("upstreams_16_name", "upstreams_1_name"), NEAR_FAR);
    cr_expect_eq(slips("ipv4_length", "ipv6_length"), NEAR_FAR);
    cr_expect_eq(slips("ipv_length", "ipv6_length"), NEAR_FAR);
    cr_expect_eq(slips("ipv6length", "ipv6_length"), 1);
    cr_expect_eq(slips("pi4v", "ip4v"), 1);
    cr_expect_eq(slips("i4pv", "ip4v"), NEAR_FAR);
}

Test(near, a_long_word_is_far_and_read_no_further)
{
    char text[NEAR_SIZE_MAX + 2];
    memset(text, 'a', sizeof text);
    cr_expect_eq(near_slips(text, NEAR_SIZE_MAX, text, NEAR_SIZE_MAX), 0);
    cr_expect_eq(near_slips(text, NEAR_SIZE_MAX + 1, text, NEAR_SIZE_MAX), NEAR_FAR);
    cr_expect_eq(near_slips(text, 1, text, NEAR_SIZE_MAX + 1), NEAR_FAR);
}
