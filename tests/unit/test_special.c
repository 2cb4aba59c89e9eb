/* test_special.c - names that are answered here
 * SPDX-License-Identifier: ISC
 */
#include "answers/special.h"

#include "dns/dns_answer.h"

#include <criterion/criterion.h>

static struct dns_question
question(const char *text, uint16_t type)
{
    struct dns_question q = {.type = type, .class = DNS_CLASS_IN};
    cr_assert_eq(dns_name_parse(text, &q.name), STATUS_OK, "%s", text);
    return q;
}

static enum special_action
found(const char *text, uint16_t type)
{
    struct dns_question q = question(text, type);
    return special_find(&q);
}

Test(special, ordinary_names_go_upstream)
{
    static const char *const names[] = {"example.com",
                                        ".",
                                        "com",
                                        "test.example",
                                        "localhost.example",
                                        "1.1.1.1.in-addr.arpa",
                                        "arpa",
                                        "in-addr.arpa",
                                        "32.172.in-addr.arpa",
                                        "63.100.in-addr.arpa",
                                        "128.100.in-addr.arpa",
                                        "100.in-addr.arpa",
                                        "ipv4only.arpa",
                                        "xhome.arpa",
                                        "home\\.arpa",
                                        "a.64\\.100.in-addr.arpa",
                                        "xlocalhost",
                                        "0.10.in-addr.arpb",
                                        "home-arpa"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_assert_eq(found(names[i], DNS_TYPE_A), SPECIAL_NONE, "%s", names[i]);
}

Test(special, localhost_has_the_loopback_addresses)
{
    cr_assert_eq(found("localhost", DNS_TYPE_A), SPECIAL_LOOPBACK4);
    cr_assert_eq(found("a.localhost", DNS_TYPE_AAAA), SPECIAL_LOOPBACK6);
    cr_assert_eq(found("localhost", DNS_TYPE_TXT), SPECIAL_NODATA);
}

Test(special, names_that_must_not_leak_do_not_exist)
{
    static const char *const names[] = {"invalid",
                                        "a.test",
                                        "abc.onion",
                                        "printer.local",
                                        "x.alt",
                                        "nas.home.arpa",
                                        "1.0.0.10.in-addr.arpa",
                                        "1.2.31.172.in-addr.arpa",
                                        "1.168.192.in-addr.arpa",
                                        "1.2.64.100.in-addr.arpa",
                                        "1.2.127.100.in-addr.arpa",
                                        "1.0.0.0.d.f.ip6.arpa"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_assert_eq(found(names[i], DNS_TYPE_PTR), SPECIAL_NXDOMAIN, "%s", names[i]);
}

Test(special, a_zone_has_the_records_of_a_zone)
{
    static const char *const zones[] = {"home.arpa", "168.192.in-addr.arpa", "resolver.arpa"};
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        cr_expect_eq(found(zones[i], DNS_TYPE_SOA), SPECIAL_SOA, "RFC 6303 section 3");
        cr_expect_eq(found(zones[i], DNS_TYPE_ANY), SPECIAL_SOA, "RFC 8482 section 4.1");
        cr_expect_eq(found(zones[i], DNS_TYPE_NS), SPECIAL_NS);
        cr_expect_eq(found(zones[i], DNS_TYPE_A), SPECIAL_NODATA);
    }
    cr_expect_eq(found("a.home.arpa", DNS_TYPE_SOA), SPECIAL_NXDOMAIN);
    cr_expect_eq(found("a.resolver.arpa", DNS_TYPE_NS), SPECIAL_NODATA);
    cr_expect_eq(found("test", DNS_TYPE_SOA), SPECIAL_NXDOMAIN);
}

Test(special, a_resolver_that_designates_no_other_has_no_data)
{
    cr_assert_eq(found("_dns.resolver.arpa", 64), SPECIAL_NODATA, "RFC 9462 section 4");
    cr_assert_eq(found("resolver.arpa", DNS_TYPE_A), SPECIAL_NODATA);
}

Test(special, the_ds_of_a_zone_belongs_to_its_parent)
{
    static const char *const asked[] = {"home.arpa",    "10.in-addr.arpa", "64.100.in-addr.arpa",
                                        "d.f.ip6.arpa", "service.arpa",    "resolver.arpa"};
    static const char *const kept[] = {"local", "onion", "test", "invalid", "alt"};
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        cr_expect_eq(found(asked[i], DNS_TYPE_DS), SPECIAL_NONE, "%s", asked[i]);
        cr_expect_eq(found(asked[i], DNS_TYPE_NS), SPECIAL_NS, "%s", asked[i]);
    }
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        cr_expect_eq(found(kept[i], DNS_TYPE_DS), SPECIAL_NXDOMAIN, "%s is never asked", kept[i]);
    cr_expect_eq(found("a.home.arpa", DNS_TYPE_DS), SPECIAL_NXDOMAIN, "its parent is served here");
    cr_expect_eq(found("localhost", DNS_TYPE_DS), SPECIAL_NODATA);
}

Test(special, any_of_localhost_is_one_address)
{
    cr_assert_eq(found("localhost", DNS_TYPE_ANY), SPECIAL_LOOPBACK4, "RFC 8482 section 4.1");
}

Test(special, other_classes_are_not_special)
{
    struct dns_question q = question("localhost", DNS_TYPE_A);
    q.class = DNS_CLASS_CHAOS;
    cr_assert_eq(special_find(&q), SPECIAL_NONE);
}

Test(special, every_written_answer_is_a_sound_answer_to_its_question)
{
    static const char *const names[] = {"LocalHost", "x.Test", "home.arpa",
                                        "9.8.168.192.in-addr.arpa"};
    static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA, DNS_TYPE_PTR, DNS_TYPE_SOA,
                                     DNS_TYPE_NS};
    struct dns_edns_put opt = {.udp_size = DNS_EDNS_UDP_MAX, .ede = DNS_EDE_NONE};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (size_t k = 0; k < 10; k++) {
            struct dns_query query = {
                .id = 77, .flags = DNS_RD, .question = question(names[i], types[k % 5])};
            query.edns.present = k >= 5;
            struct dns_name spelled = query.question.name;
            query.spelling = dns_name_fold(&query.question.name);
            uint8_t message[1024];
            struct dns_answer answer;
            size_t size =
                special_write(&query, special_find(&query.question), &opt, message, sizeof message);
            cr_assert_gt(size, 0);
            cr_assert_eq(dns_answer_parse(message, size, &query.question, &answer), DNS_ANSWER_OK,
                         "%s", names[i]);
            cr_assert_arr_eq(message + DNS_HEADER_SIZE, spelled.wire, spelled.size);
            cr_assert_eq(answer.has_opt, k >= 5);
            cr_assert(answer.counts[0] == 1 || answer.has_soa);
            cr_assert_eq(special_write(&query, special_find(&query.question), &opt, message, 20), 0,
                         "no room");
        }
}

Test(special, a_denial_is_the_zones_and_not_the_names)
{
    static const struct {
        const char *name, *zone;
    } rows[] = {{"nas.home.arpa", "home.arpa"},
                {"9.8.168.192.in-addr.arpa", "168.192.in-addr.arpa"},
                {"a.b.test", "test"}};
    struct dns_edns_put opt = {.udp_size = DNS_EDNS_UDP_MAX, .ede = DNS_EDE_NONE};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dns_query query = {.question = question(rows[i].name, DNS_TYPE_A)};
        struct dns_name zone, owner;
        uint8_t message[1024];
        size_t size = special_write(&query, SPECIAL_NXDOMAIN, &opt, message, sizeof message);
        struct bytes_reader r = bytes_reader(message, size);
        bytes_skip(&r, DNS_HEADER_SIZE);
        dns_name_pass(&r);
        bytes_skip(&r, 2 * sizeof(uint16_t)); /* type, class */
        cr_assert(dns_name_skip(&r, &owner));
        cr_assert_eq(bytes_get_u16(&r), DNS_TYPE_SOA);
        cr_assert_eq(dns_name_parse(rows[i].zone, &zone), STATUS_OK);
        cr_assert_eq(owner.size, zone.size, "RFC 2308 section 3");
        cr_assert_arr_eq(owner.wire, zone.wire, zone.size);
    }
}
