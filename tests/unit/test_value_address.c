/* test_value_address.c - addresses to listen at, to connect to and to connect from
 * SPDX-License-Identifier: ISC
 */
#include "value_scene.h"

Test(value_address, addresses_get_their_ports)
{
    cr_expect_str_eq(again(&listen, "192.0.2.1"), "192.0.2.1:53");
    cr_expect_str_eq(again(&listen, "::"), "[::]:53");
    cr_expect_str_eq(again(&listen, "0.0.0.0:5300"), "0.0.0.0:5300");
    cr_expect_str_eq(again(&upstream, "192.0.2.1"), "192.0.2.1:853");
    cr_expect_str_eq(again(&upstream, "[2001:db8::1]:8853"), "[2001:db8::1]:8853");
    cr_expect_str_eq(again(&listen, "::ffff:192.0.2.1"), "192.0.2.1:53");
    cr_expect_str_eq(again(&listen, "192.0.2.1:0"), "not an address with port");
    cr_expect_str_eq(again(&listen, "localhost"), "not an address with port");
    cr_expect_str_eq(again(&listen, "224.0.0.1"), "a multicast or reserved address");
    cr_expect_str_eq(again(&listen, "255.255.255.255"), "a multicast or reserved address");
    cr_expect_str_eq(again(&upstream, "ff02::1"), "a multicast or reserved address");
    cr_expect_str_eq(again(&upstream, "0.0.0.0"), "the unspecified address");
    cr_expect_str_eq(again(&upstream, "[::]:853"), "the unspecified address");
}

Test(value_address, a_source_is_an_address_of_ours_and_no_port)
{
    cr_expect_str_eq(again(&source, "192.0.2.1"), "192.0.2.1");
    cr_expect_str_eq(again(&source, "2001:db8::1"), "2001:db8::1");
    cr_expect_str_eq(again(&source, "fe80::1%3"), "fe80::1%3");
    cr_expect_str_eq(again(&source, "192.0.2.1:0"), "not an address");
    cr_expect_str_eq(again(&source, "192.0.2.1:853"),
                     "an address with a port; the kernel chooses that");
    cr_expect_str_eq(again(&source, "0.0.0.0"), "the unspecified address");
    cr_expect_str_eq(again(&source, "::"), "the unspecified address");
    cr_expect_str_eq(again(&source, "224.0.0.1"), "a multicast or reserved address");
    cr_expect_str_eq(again(&source, "fe80::1"),
                     "a link-local address without its interface, as in [fe80::1%eth0]");
    cr_expect_str_eq(again(&source, "eth0"), "not an address");
}

Test(value_address, no_upstream_on_port_53)
{
    cr_expect_str_eq(again(&upstream, "192.0.2.1:53"),
                     "port 53; plain DNS is never spoken to an upstream");
}
