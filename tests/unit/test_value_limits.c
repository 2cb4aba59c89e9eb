/* test_value_limits.c - rates, shares, sizes, ports and secrets as text
 * SPDX-License-Identifier: ISC
 */
#include "value_scene.h"

Test(value_limits, ports_have_sixteen_bits)
{
    cr_expect_str_eq(again(&port, "0"), "0");
    cr_expect_str_eq(again(&port, "65535"), "65535");
    static const char *const wrong[] = {"", "65536", "4294967296", "-1", "053", "53 ", "dns"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&port, wrong[i]), "not a port", "%s", wrong[i]);
}

Test(value_limits, sizes_have_a_unit_and_stay_in_range)
{
    cr_expect_str_eq(again(&bytes, "off"), "off");
    cr_expect_str_eq(again(&bytes, "64KiB"), "64KiB");
    cr_expect_str_eq(again(&bytes, "1024KiB"), "1MiB");
    cr_expect_str_eq(again(&bytes, "1536MiB"), "1536MiB");
    cr_expect_str_eq(again(&bytes, "4GiB"), "4GiB");
    static const char *const out[] = {"63KiB", "0MiB", "4097MiB", "5GiB", "4294967295GiB"};
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++)
        cr_expect_str_eq(again(&bytes, out[i]), "out of range", "%s", out[i]);
    cr_expect_str_eq(again(&bytes, "65536"), "a number without its unit");
    static const char *const wrong[] = {"", "KiB", "1.5MiB", "Off", "4294967296KiB"};
    static const char *const units[] = {"1MB", "1M", "1 MiB", "1mib"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&bytes, wrong[i]), "not a size", "%s", wrong[i]);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        cr_expect_str_eq(again(&bytes, units[i]), "in a unit that is not known", "%s", units[i]);
}

Test(value_limits, rates_are_a_length_a_rate_and_a_burst)
{
    cr_expect_str_eq(again(&rate, "/24 2000/s 4000"), "/24 2000/s 4000");
    cr_expect_str_eq(again(&rate, "/0 1/s 3599"), "/0 1/s 3599");
    cr_expect_str_eq(again(&rate, "/32 1000000/s 1000000"), "/32 1000000/s 1000000");
    cr_expect_str_eq(again(&rate, "/33 1/s 1"), "a prefix longer than an address");
    cr_expect_str_eq(again(&rate, "/0 1/s 3600"), "a burst of more than an hour of its rate");
    static const char *const out[] = {"/24 0/s 1", "/24 1/s 0", "/24 1000001/s 1",
                                      "/24 1000/s 1000001"};
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++)
        cr_expect_str_eq(again(&rate, out[i]), "a rate or burst out of range", "%s", out[i]);
    static const char *const wrong[] = {"",
                                        "24 1/s 1",
                                        "/24",
                                        "/24 1/s",
                                        "/24 1 1",
                                        "/24 1/m 1",
                                        "/24 1/s1",
                                        "/24 1/s 1 ",
                                        "/24  1/s 1",
                                        "/024 1/s 1",
                                        "/24 1/s 1x",
                                        "/24 -1/s 1",
                                        "/4294967296 1/s 1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&rate, wrong[i]), "not a prefix length, a rate and a burst", "%s",
                         wrong[i]);
}

Test(value_limits, shares_are_of_an_address)
{
    cr_expect_str_eq(again(&share, "192.0.2.1 200%"), "192.0.2.1:53 200%");
    cr_expect_str_eq(again(&share, "[2001:db8::1]:5300 off"), "[2001:db8::1]:5300 off");
    cr_expect_str_eq(again(&share, "[::]:53 1%"), "[::]:53 1%");
    cr_expect_str_eq(again(&share, "[::]:53 10000%"), "[::]:53 10000%");
    cr_expect_str_eq(again(&share, "[::]:53 0%"), "a share out of range");
    cr_expect_str_eq(again(&share, "[::]:53 10001%"), "a share out of range");
    static const char *const wrong[] = {"",        "[::]:53",      "[::]:53 ",  "[::]:53 50",
                                        "off",     "[::]:53 50%x", " off",      "[::]:53  off",
                                        "dns 50%", "[::]:53 -1%",  "[::]:0 off"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&share, wrong[i]), "not an address and a share", "%s", wrong[i]);
}

Test(value_limits, secrets_are_thirty_two_digits)
{
    static const char good[] = "00112233445566778899aabbccddeeff";
    cr_expect_str_eq(again(&secret, good), good);
    cr_expect_str_eq(again(&secret, "00000000000000000000000000000000"),
                     "00000000000000000000000000000000");
    static const char *const wrong[] = {"",
                                        "00112233445566778899aabbccddeef",
                                        "00112233445566778899aabbccddeeff0",
                                        "00112233445566778899AABBCCDDEEFF",
                                        "0x112233445566778899aabbccddeeff",
                                        "00112233445566778899aabbccddeef "};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&secret, wrong[i]), "not a secret", "%s", wrong[i]);
}
