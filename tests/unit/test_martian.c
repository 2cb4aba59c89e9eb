/* test_martian.c - who can be a client, by address and port
 * SPDX-License-Identifier: ISC
 */
#include "gate/martian.h"

#include <criterion/criterion.h>

static struct addr
address(const char *text, uint16_t port)
{
    struct addr addr;
    cr_assert_eq(addr_parse(text, 53, &addr), STATUS_OK, "%s", text);
    addr.port = port;
    return addr;
}

static bool
is_martian(const char *from, uint16_t port, const char *us)
{
    struct addr client = address(from, port), server = address(us, 53);
    return martian_is(&client, &server);
}

Test(martian, lets_ordinary_clients_pass)
{
    cr_assert_not(is_martian("192.0.2.7", 40000, "198.51.100.1"));
    cr_assert_not(is_martian("2001:db8::7", 40000, "2001:db8::53"));
    cr_assert_not(is_martian("127.0.0.1", 40000, "127.0.0.1"), "the host asks itself");
    cr_assert_not(is_martian("127.0.0.9", 40000, "0.0.0.0"), "it is not known who was asked");
    cr_assert_not(is_martian("::1", 40000, "::1"));
    cr_assert_not(is_martian("198.51.100.1", 40000, "198.51.100.1"), "its own resolver");
    cr_assert_not(is_martian("192.0.2.7", 53, "198.51.100.1"), "ports are a set of their own");
}

Test(martian, knows_addresses_that_nobody_has)
{
    static const char *const four[] = {"0.0.0.0",   "0.1.2.3",   "224.0.0.251",
                                       "239.1.1.1", "240.0.0.1", "255.255.255.255"};
    for (size_t i = 0; i < sizeof four / sizeof four[0]; i++)
        cr_assert(is_martian(four[i], 40000, "198.51.100.1"), "%s", four[i]);
    cr_assert(is_martian("::", 40000, "2001:db8::53"));
    cr_assert(is_martian("ff02::fb", 40000, "2001:db8::53"));
    cr_assert(is_martian("192.0.2.7", 0, "198.51.100.1"), "no answer reaches port 0");
}

Test(martian, takes_loopback_from_outside_for_forged)
{
    cr_assert(is_martian("127.0.0.1", 40000, "198.51.100.1"));
    cr_assert(is_martian("::1", 40000, "2001:db8::53"));
}

Test(martian, does_not_answer_itself)
{
    cr_assert(is_martian("198.51.100.1", 53, "198.51.100.1"));
    cr_assert(is_martian("2001:db8::53", 53, "2001:db8::53"));
    cr_assert(is_martian("127.0.0.1", 53, "127.0.0.1"));
}

Test(martian, remembers_exactly_the_ports_it_was_given)
{
    static struct martian_reflectors ports;
    static const uint16_t some[] = {0, 7, 19, 53, 63, 64, 11211, 65535};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        martian_reflectors_add(&ports, some[i]);
    unsigned found = 0;
    for (unsigned port = 0; port < 65536; port++)
        found += martian_reflectors_has(&ports, (uint16_t)port);
    cr_assert_eq(found, sizeof some / sizeof some[0]);
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        cr_assert(martian_reflectors_has(&ports, some[i]));
}
