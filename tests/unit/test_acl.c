/* test_acl.c - default deny, deny over allow, and agreement with plain matching
 * SPDX-License-Identifier: ISC
 */
#include "../fixtures/addr_model.h"
#include "gate/acl.h"
#include "prng.h"

#include <criterion/criterion.h>

static struct acl acl;

static struct addr_prefix
prefix_of(const char *text)
{
    struct addr_prefix prefix;
    cr_assert_eq(addr_prefix_parse(text, &prefix), STATUS_OK, "%s", text);
    return prefix;
}

static bool
allows(const char *text)
{
    struct addr addr;
    cr_assert_eq(addr_parse(text, 0, &addr), STATUS_OK, "%s", text);
    return acl_allows(&acl, &addr);
}

Test(acl, empty_lists_allow_nobody)
{
    cr_assert_eq(acl_init(&acl, NULL, 0, NULL, 0), STATUS_OK);
    cr_assert_not(allows("127.0.0.1"));
    cr_assert_not(allows("::1"));
    cr_assert_not(allows("0.0.0.0"));
}

Test(acl, deny_is_stronger_however_wide)
{
    struct addr_prefix allow[] = {prefix_of("10.1.2.3/32"), prefix_of("10.0.0.0/8")};
    struct addr_prefix deny[] = {prefix_of("10.1.0.0/16")};
    cr_assert_eq(acl_init(&acl, allow, 2, deny, 1), STATUS_OK);
    cr_assert(allows("10.2.0.1:5000"));
    cr_assert_not(allows("10.1.2.3"), "a longer allow does not beat deny");
    cr_assert_not(allows("11.0.0.0"));
}

Test(acl, families_are_apart)
{
    struct addr_prefix allow[] = {prefix_of("0.0.0.0/0")};
    cr_assert_eq(acl_init(&acl, allow, 1, NULL, 0), STATUS_OK);
    cr_assert(allows("198.51.100.7"));
    cr_assert(allows("::ffff:198.51.100.7"), "a mapped address is IPv4");
    cr_assert_not(allows("::1"));
    cr_assert_not(acl_allows(&acl, &(struct addr){0}), "no family, no entry");
    struct addr_prefix six[] = {prefix_of("::/0")};
    cr_assert_eq(acl_init(&acl, six, 1, allow, 1), STATUS_OK);
    cr_assert(allows("2001:db8::1"));
    cr_assert_not(allows("198.51.100.7"));
}

Test(acl, prefix_lengths_around_the_word_edge_count)
{
    static const struct {
        const char *prefix, *in, *out;
    } cases[] = {
        {"2001:db8::/63", "2001:db8:0:1::1", "2001:db8:0:2::1"},
        {"2001:db8::/64", "2001:db8::ffff", "2001:db8:0:1::1"},
        {"2001:db8::/65", "2001:db8::7fff:0:0:0", "2001:db8::8000:0:0:0"},
        {"2001:db8::1/128", "2001:db8::1", "2001:db8::2"},
        {"192.0.2.0/31", "192.0.2.1", "192.0.2.2"},
        {"128.0.0.0/1", "255.0.0.0", "127.255.255.255"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct addr_prefix allow = prefix_of(cases[i].prefix);
        cr_assert_eq(acl_init(&acl, &allow, 1, NULL, 0), STATUS_OK);
        cr_assert(allows(cases[i].in), "%s", cases[i].prefix);
        cr_assert_not(allows(cases[i].out), "%s", cases[i].prefix);
    }
}

Test(acl, what_it_cannot_hold_leaves_it_closed)
{
    static struct addr_prefix many[ACL_PREFIXES_MAX + 1];
    for (size_t i = 0; i <= ACL_PREFIXES_MAX; i++)
        many[i] = prefix_of("0.0.0.0/0");
    cr_assert_eq(acl_init(&acl, many, ACL_PREFIXES_MAX, NULL, 0), STATUS_OK);
    cr_assert(allows("192.0.2.1"));
    cr_assert_eq(acl_init(&acl, many, ACL_PREFIXES_MAX + 1, NULL, 0), STATUS_INVALID);
    cr_assert_not(allows("192.0.2.1"));
    many[1].length = 33;
    cr_assert_eq(acl_init(&acl, many, 2, NULL, 0), STATUS_INVALID);
    cr_assert_not(allows("192.0.2.1"));
    many[1] = (struct addr_prefix){0};
    cr_assert_eq(acl_init(&acl, many, 1, many + 1, 1), STATUS_INVALID);
    cr_assert_not(allows("192.0.2.1"), "a deny list that is not understood closes all");
}

static void
random_prefix(struct prng *prng, struct addr_prefix *prefix)
{
    bool four = prng_below(prng, 2) == 0;
    *prefix = (struct addr_prefix){.addr.family = four ? ADDR_IPV4 : ADDR_IPV6};
    /* few bits set: lists and clients meet often */
    for (unsigned i = 0; i < (four ? 4U : 16U); i++)
        prefix->addr.bytes[i] = (uint8_t)(prng_next(prng) & prng_next(prng) & prng_next(prng));
    prefix->length = (uint8_t)prng_below(prng, four ? 33 : 129);
    addr_mask(&prefix->addr, prefix->length);
}

static bool
matches_any(const struct addr_prefix *prefixes, unsigned count, const struct addr *addr)
{
    for (unsigned i = 0; i < count; i++)
        if (addr_prefix_matches(&prefixes[i], addr))
            return true;
    return false;
}

Test(acl, agrees_with_matching_one_by_one)
{
    struct prng prng = prng_begin("acl");
    unsigned allowed = 0;
    for (unsigned round = 0; round < 500; round++) {
        struct addr_prefix allow[8], deny[8], client;
        unsigned allow_count = prng_below(&prng, 9), deny_count = prng_below(&prng, 9);
        for (unsigned i = 0; i < 8; i++) {
            random_prefix(&prng, &allow[i]);
            random_prefix(&prng, &deny[i]);
        }
        cr_assert_eq(acl_init(&acl, allow, allow_count, deny, deny_count), STATUS_OK);
        for (unsigned i = 0; i < 100; i++) {
            random_prefix(&prng, &client);
            bool wanted = matches_any(allow, allow_count, &client.addr) &&
                          !matches_any(deny, deny_count, &client.addr);
            cr_assert_eq(acl_allows(&acl, &client.addr), wanted, "seed %llu",
                         (unsigned long long)prng.seed);
            allowed += wanted;
        }
    }
    cr_assert_gt(allowed, 100, "the test saw too few that are allowed");
}

/* --- who can be a client, by address and port */

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
    return acl_is_martian(&client, &server);
}

Test(acl, lets_ordinary_clients_pass)
{
    cr_assert_not(is_martian("192.0.2.7", 40000, "198.51.100.1"));
    cr_assert_not(is_martian("2001:db8::7", 40000, "2001:db8::53"));
    cr_assert_not(is_martian("127.0.0.1", 40000, "127.0.0.1"), "the host asks itself");
    cr_assert_not(is_martian("127.0.0.9", 40000, "0.0.0.0"), "it is not known who was asked");
    cr_assert_not(is_martian("::1", 40000, "::1"));
    cr_assert_not(is_martian("198.51.100.1", 40000, "198.51.100.1"), "its own resolver");
    cr_assert_not(is_martian("192.0.2.7", 53, "198.51.100.1"), "ports are a set of their own");
}

Test(acl, knows_addresses_that_nobody_has)
{
    static const char *const four[] = {"0.0.0.0",   "0.1.2.3",   "224.0.0.251",
                                       "239.1.1.1", "240.0.0.1", "255.255.255.255"};
    for (size_t i = 0; i < sizeof four / sizeof four[0]; i++)
        cr_assert(is_martian(four[i], 40000, "198.51.100.1"), "%s", four[i]);
    cr_assert(is_martian("::", 40000, "2001:db8::53"));
    cr_assert(is_martian("ff02::fb", 40000, "2001:db8::53"));
    cr_assert(is_martian("192.0.2.7", 0, "198.51.100.1"), "no answer reaches port 0");
}

Test(acl, takes_loopback_from_outside_for_forged)
{
    cr_assert(is_martian("127.0.0.1", 40000, "198.51.100.1"));
    cr_assert(is_martian("::1", 40000, "2001:db8::53"));
}

Test(acl, does_not_answer_itself)
{
    cr_assert(is_martian("198.51.100.1", 53, "198.51.100.1"));
    cr_assert(is_martian("2001:db8::53", 53, "2001:db8::53"));
    cr_assert(is_martian("127.0.0.1", 53, "127.0.0.1"));
}

Test(acl, remembers_exactly_the_ports_it_was_given)
{
    static struct acl_reflectors ports;
    static const uint16_t some[] = {0, 7, 19, 53, 63, 64, 11211, 65535};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        acl_reflectors_add(&ports, some[i]);
    unsigned found = 0;
    for (unsigned port = 0; port < 65536; port++)
        found += acl_reflectors_has(&ports, (uint16_t)port);
    cr_assert_eq(found, sizeof some / sizeof some[0]);
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        cr_assert(acl_reflectors_has(&ports, some[i]));
}
