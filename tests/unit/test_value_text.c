/* test_value_text.c - what names, accounts, hosts, domains and paths may consist of
 * SPDX-License-Identifier: ISC
 */
#include "value_scene.h"

Test(value_text, names_fit_a_log_line)
{
    cr_expect_str_eq(again(&name, "quad9"), "quad9");
    cr_expect_str_eq(again(&name, "a.b_c-d8"), "a.b_c-d8");
    cr_expect_str_eq(again(&name, "a.b_c-d89"), "too long");
    cr_expect_str_eq(again(&name, ""), "empty");
    static const char *const wrong[] = {"-a", ".a", "a b", "a\n", "a=b", "\xc3\xa9", "a\"", "a/b"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&name, wrong[i]), "not a plain name", "%s", wrong[i]);
    cr_expect_str_eq(again(&user, "_penstock"), "_penstock");
    cr_expect_str_eq(again(&user, "_"), "empty");
}

Test(value_text, hosts_are_dns_names_or_addresses_alone)
{
    cr_expect_str_eq(again(&host, "dns.quad9.net"), "dns.quad9.net");
    cr_expect_str_eq(again(&host, "One-1.1.one"), "One-1.1.one");
    cr_expect_str_eq(again(&host, "9.9.9.9"), "9.9.9.9");
    cr_expect_str_eq(again(&host, "2620:fe::fe"), "2620:fe::fe");
    cr_expect_str_eq(again(&host, "9.9.9"), "neither a DNS name nor an address");
    static const char *const none[] = {"9.9.9.9:853",       "[2620:fe::fe]",
                                       "[2620:fe::fe]:853", "fe80::1%2",
                                       "2620:fe::fe::",     "2620:fe::fe:853:1:2:3:4:5",
                                       "::ffff:192.0.2.1",  "dns.example:853"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        cr_expect_str_eq(again(&host, none[i]), "neither a DNS name nor an address alone", "%s",
                         none[i]);
    cr_expect_str_eq(again(&host, ""), "empty");
    static const char label_of_64[] =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b";
    const char *const wrong[] = {".",    "a..b", ".a",    "a.",  "-a.b",
                                 "a-.b", "a.b-", "a_b.c", "a b", label_of_64};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&host, wrong[i]), "not a DNS name", "%s", wrong[i]);
    char longest[256];
    for (size_t i = 0; i < sizeof longest; i++)
        longest[i] = i % 2 ? '.' : 'a';
    longest[253] = '\0';
    cr_expect_str_eq(again(&host, longest), longest);
    memcpy(longest + 252, "aa", 3);
    cr_expect_str_eq(again(&host, longest), "too long");
}

Test(value_text, domains_are_any_names_in_lower_case)
{
    char longest[300];
    cr_expect_str_eq(again(&domain, "home.arpa"), "home.arpa");
    cr_expect_str_eq(again(&domain, "Home.ARPA."), "home.arpa");
    cr_expect_str_eq(again(&domain, "local"), "local");
    cr_expect_str_eq(again(&domain, "64.100.in-addr.arpa"), "64.100.in-addr.arpa");
    cr_expect_str_eq(again(&domain, "_a.-b-.10"), "_a.-b-.10");
    static const char *const bad[] = {"",     ".",   "..",  "a..b",  ".a",
                                      "a b",  "a/b", "*.a", "a.b..", "b\303\274cher.example",
                                      "a\\.b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect(strstr("empty, or the root; not a domain name", again(&domain, bad[i])) != NULL,
                  "%s", bad[i]);
    memset(longest, 'a', sizeof longest);
    for (size_t i = 63; i < 253; i += 64)
        longest[i] = '.';
    longest[253] = '\0';
    cr_expect_str_eq(again(&domain, longest), longest);
    longest[253] = 'a';
    longest[254] = '\0';
    cr_expect_str_eq(again(&domain, longest), "too long");
    longest[64] = '\0';
    longest[63] = 'a';
    cr_expect_str_eq(again(&domain, longest), "not a domain name", "a label of 64");
}

Test(value_text, a_socket_is_a_path_or_off)
{
    char longest[CONFIG_SOCKET_MAX + 1];
    cr_expect_str_eq(again(&control, "/run/penstock/control"), "/run/penstock/control");
    cr_expect_str_eq(again(&control, "off"), "off");
    cr_expect_str_eq(again(&control, "control"), "not an absolute path");
    memset(longest, '/', sizeof longest);
    longest[CONFIG_SOCKET_MAX] = '\0';
    cr_expect_str_eq(again(&control, longest), "too long");
    longest[CONFIG_SOCKET_MAX - 1] = '\0';
    cr_expect_str_eq(again(&control, longest), longest);
}

Test(value_text, who_may_use_a_socket_is_an_account_or_a_group)
{
    cr_expect_str_eq(again(&who, "_chrony"), "_chrony");
    cr_expect_str_eq(again(&who, "group:adm"), "group:adm");
    cr_expect_str_eq(again(&who, "group:"), "empty");
    cr_expect_str_eq(again(&who, ""), "empty");
    cr_expect_str_eq(again(&who, "group:a b"), "not a plain name");
    cr_expect_str_eq(again(&who, "@adm"), "not a plain name");
}

Test(value_text, paths_are_absolute_and_printable)
{
    char longest[1025];
    cr_expect_str_eq(again(&path, "/etc/ssl/my \"certs\"\\x.pem"), "/etc/ssl/my \"certs\"\\x.pem");
    cr_expect_str_eq(again(&path, "ca.pem"), "not an absolute path");
    cr_expect_str_eq(again(&path, ""), "not an absolute path");
    cr_expect_str_eq(again(&path, "/a\tb"), "a character that is not printable ASCII");
    cr_expect_str_eq(again(&path, "/\xc3\xa9"), "a character that is not printable ASCII");
    memset(longest, '/', sizeof longest);
    longest[1024] = '\0';
    cr_expect_str_eq(again(&path, longest), "too long");
    longest[1023] = '\0';
    cr_expect_str_eq(again(&path, longest), longest);
}
