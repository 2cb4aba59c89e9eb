/* test_dns_private.c - addresses that lead inside, in every form that they can take
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_private.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>

static bool
judged(const char *text)
{
    uint8_t address[DNS_IPV6_OCTETS];
    if (inet_pton(AF_INET, text, address) == 1)
        return dns_private_has_ipv4(address);
    cr_assert_eq(inet_pton(AF_INET6, text, address), 1, "%s", text);
    return dns_private_has_ipv6(address);
}

Test(dns_private, edges_of_each_ipv4_range)
{
    static const char *const inside[] = {
        "0.0.0.0",     "0.255.255.255",   "10.0.0.0",    "10.255.255.255",  "100.64.0.0",
        "100.127.9.9", "127.0.0.1",       "127.255.0.0", "169.254.0.1",     "172.16.0.0",
        "172.31.0.9",  "192.168.255.255", "224.0.0.251", "239.255.255.250", "255.255.255.255"};
    static const char *const outside[] = {
        "1.0.0.0",    "9.255.255.255", "11.0.0.0",    "100.63.0.0",    "100.128.0.0",
        "126.0.0.1",  "128.0.0.1",     "169.253.0.1", "169.255.0.1",   "172.15.0.1",
        "172.32.0.1", "192.167.0.1",   "192.169.0.1", "223.255.255.1", "192.0.2.1"};
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++)
        cr_expect(judged(inside[i]), "%s", inside[i]);
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        cr_expect_not(judged(outside[i]), "%s", outside[i]);
}

Test(dns_private, ipv6_of_its_own)
{
    static const char *const inside[] = {"::",      "::1",     "fe80::1", "febf::1", "fec0::1",
                                         "fc00::1", "fdff::1", "ff02::1", "ff0e::1"};
    static const char *const outside[] = {"2001:db8::1", "2606:4700::1111", "fe00::1", "fbff::1",
                                          "2a00::1"};
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++)
        cr_expect(judged(inside[i]), "%s", inside[i]);
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        cr_expect_not(judged(outside[i]), "%s", outside[i]);
}

Test(dns_private, an_ipv4_address_in_every_ipv6_form)
{
    static const struct {
        const char *private, *public;
    } forms[] = {
        {"::192.168.1.1", "::8.8.8.8"},                   /* compatible */
        {"::ffff:192.168.1.1", "::ffff:8.8.8.8"},         /* mapped */
        {"::ffff:0:192.168.1.1", "::ffff:0:8.8.8.8"},     /* translated */
        {"64:ff9b::192.168.1.1", "64:ff9b::8.8.8.8"},     /* NAT64 */
        {"64:ff9b:1::192.168.1.1", "64:ff9b:1::8.8.8.8"}, /* NAT64, local, 96 bits */
        {"64:ff9b:1:7:8:9:192.168.1.1", "64:ff9b:1:7:8:9:8.8.8.8"},
        {"64:ff9b:1:c0a8:1:100::", "64:ff9b:1:808:8:800::"},            /* 48 bits: 192.168 | 1.1 */
        {"64:ff9b:1:fac0:a8:101::", "64:ff9b:1:fa08:8:808::"},          /* 56 bits: 192 | 168.1.1 */
        {"64:ff9b:1:abcd:c0:a801:100:0", "64:ff9b:1:abcd:8:808:800:0"}, /* 64 bits */
        {"2002:c0a8:101::1", "2002:808:808::1"},                        /* 6to4 */
        {"2001:0:c0a8:101::1", "2001:0:808:808::f7f7:f7f7"},            /* Teredo: its server */
        {"2001:0:808:808::3f57:fefe", "2001:0:808:808:8000:1:f7f7:f7f7"}, /* and its client */
        {"2001:db8::5efe:192.168.1.1", "2001:db8::5efe:8.8.8.8"},         /* ISATAP */
        {"2001:db8::200:5efe:10.0.0.1", "2001:db8::200:5efe:9.9.9.9"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        cr_expect(judged(forms[i].private), "%s", forms[i].private);
        cr_expect_not(judged(forms[i].public), "%s", forms[i].public);
    }
}
