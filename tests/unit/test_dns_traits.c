/* test_dns_traits.c - answers that lead to other names, or inside
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_traits.h"

#include "dns_build.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>

#define TYPE_DNAME 39
#define TYPE_HTTPS 65
#define TYPE_MX    15

static uint8_t message[4096];
static struct bytes_writer w;
static struct dns_question question;
static struct dns_answer answer;
static uint16_t counts[3];

static void
begin(uint16_t type)
{
    question = question_of("www.example", type);
    memset(counts, 0, sizeof counts);
    w = bytes_writer(message, sizeof message);
    build_header(&w, 1, DNS_QR, 1, 0, 0, 0);
    build_question(&w, &question);
}

static void
add(unsigned section, const char *owner, uint16_t type, const void *data, size_t size)
{
    build_name(&w, owner);
    build_record(&w, type, 60, (uint16_t)size);
    bytes_put_copy(&w, data, size);
    bytes_set_u16(&w, 6 + 2 * section, ++counts[section]);
}

static void
add_alias(const char *owner, uint16_t type, const char *target)
{
    struct dns_name name = name_of(target);
    add(0, owner, type, name.wire, name.size);
}

/* Name and hints of an HTTPS record with alpn and one hint. */
static void
add_service(unsigned section, uint16_t priority, const char *target, uint16_t key, const void *hint,
            uint16_t size)
{
    uint8_t data[300];
    struct bytes_writer d = bytes_writer(data, sizeof data);
    struct dns_name name = name_of(target);
    bytes_put_u16(&d, priority);
    bytes_put_copy(&d, name.wire, name.size);
    if (size > 0) {
        bytes_put_u16(&d, key);
        bytes_put_u16(&d, size);
        bytes_put_copy(&d, hint, size);
    }
    add(section, "www.example", TYPE_HTTPS, data, d.pos);
}

static unsigned
traits(void)
{
    cr_assert_eq(dns_answer_parse(message, w.pos, &question, &answer), DNS_ANSWER_OK);
    return dns_traits_of(message, &answer);
}

static const uint8_t private4[4] = {192, 168, 1, 1}, public4[4] = {192, 0, 2, 1};
static const uint8_t private6[16] = {0, 0x64, 0xff, 0x9b, [12] = 10, 0, 0, 1};
static const uint8_t public6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};

Test(dns_traits, an_ordinary_answer_has_none)
{
    begin(DNS_TYPE_A);
    add(0, "www.example", DNS_TYPE_A, public4, 4);
    add(2, "other.example", DNS_TYPE_AAAA, public6, 16);
    cr_assert_eq(traits(), 0);
}

Test(dns_traits, private_addresses_count_in_every_section_and_record)
{
    for (unsigned section = 0; section < 3; section++) {
        begin(TYPE_MX);
        add(section, "mx.example", DNS_TYPE_A, private4, 4);
        cr_expect_eq(traits(), DNS_TRAIT_PRIVATE, "section %u", section);
        begin(TYPE_MX);
        add(section, "mx.example", DNS_TYPE_AAAA, private6, 16);
        cr_expect_eq(traits(), DNS_TRAIT_PRIVATE, "section %u", section);
        begin(TYPE_HTTPS);
        add_service(section, 1, ".", 4, private4, 4);
        cr_expect((traits() & DNS_TRAIT_PRIVATE) != 0, "section %u", section);
    }
    begin(DNS_TYPE_TXT);
    add(0, "www.example", 99, private4, 4);
    cr_expect_eq(traits(), 0, "octets of another type");
}

Test(dns_traits, hints_of_services_are_addresses)
{
    uint8_t two[32];
    memcpy(two, public6, 16);
    memcpy(two + 16, private6, 16);
    begin(TYPE_HTTPS);
    add_service(0, 1, ".", 6, two, 32);
    cr_expect((traits() & DNS_TRAIT_PRIVATE) != 0, "the second of two");
    begin(TYPE_HTTPS);
    add_service(0, 1, ".", 6, two, 16);
    cr_expect((traits() & DNS_TRAIT_PRIVATE) == 0);
    begin(TYPE_HTTPS);
    add_service(0, 1, ".", 7, private4, 4);
    cr_expect((traits() & DNS_TRAIT_PRIVATE) == 0, "octets of another parameter");
    begin(TYPE_HTTPS);
    add_service(0, 1, ".", 4, private4, 3);
    cr_expect((traits() & DNS_TRAIT_PRIVATE) != 0, "malformed: nobody knows");
}

Test(dns_traits, names_led_to_come_in_their_order_and_in_lower_case)
{
    static const char *const expected[] = {"a.example", "b.example", "d.example"};
    struct dns_name target;
    begin(TYPE_HTTPS);
    add_alias("www.example", DNS_TYPE_CNAME, "A.Example");
    add_alias("example", TYPE_DNAME, "b.example");
    add_service(0, 1, ".", 0, NULL, 0);
    add_service(0, 0, "D.example", 0, NULL, 0);
    cr_assert_eq(traits(), DNS_TRAIT_ALIAS);
    struct dns_aliases walk = dns_traits_aliases(message, &answer);
    for (size_t i = 0; i < 3; i++) {
        struct dns_name want = name_of(expected[i]);
        cr_assert(dns_traits_next_alias(&walk, &target));
        cr_assert(target.size == want.size && memcmp(target.wire, want.wire, want.size) == 0, "%zu",
                  i);
    }
    cr_assert_not(dns_traits_next_alias(&walk, &target));
    cr_assert_not(walk.is_cut);
}

Test(dns_traits, the_names_of_one_answer_are_bounded)
{
    for (unsigned count = DNS_ALIASES_MAX; count <= DNS_ALIASES_MAX + 1; count++) {
        struct dns_name target;
        unsigned seen = 0;
        begin(DNS_TYPE_A);
        for (unsigned i = 0; i < count; i++)
            add_alias("www.example", DNS_TYPE_CNAME, "a.example");
        (void)traits();
        struct dns_aliases walk = dns_traits_aliases(message, &answer);
        while (dns_traits_next_alias(&walk, &target))
            seen++;
        cr_expect_eq(seen, DNS_ALIASES_MAX);
        cr_expect_eq(walk.is_cut, count > DNS_ALIASES_MAX);
    }
}

/* --- addresses that lead inside, in every form that they can take */

static bool
judged(const char *text)
{
    uint8_t address[DNS_IPV6_OCTETS];
    if (inet_pton(AF_INET, text, address) == 1)
        return dns_traits_is_private_ipv4(address);
    cr_assert_eq(inet_pton(AF_INET6, text, address), 1, "%s", text);
    return dns_traits_is_private_ipv6(address);
}

Test(dns_traits, edges_of_each_ipv4_range)
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

Test(dns_traits, ipv6_of_its_own)
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

Test(dns_traits, an_ipv4_address_in_every_ipv6_form)
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

/* --- records that belong to what was asked */

#define CHAIN_ROOM 65535

struct made {
    uint8_t message[1024];
    struct bytes_writer w;
    struct dns_question question;
    struct dns_answer answer;
    uint16_t counts[2];
};

static void
made_begin(struct made *made, const char *name, uint16_t type)
{
    made->question = question_of(name, type);
    made->counts[0] = made->counts[1] = 0;
    made->w = bytes_writer(made->message, sizeof made->message);
    build_header(&made->w, 1, DNS_QR, 1, 0, 0, 0);
    build_question(&made->w, &made->question);
}

static void
made_add(struct made *made, unsigned section, const char *owner, uint16_t type, const void *data,
         uint16_t size)
{
    build_name(&made->w, owner);
    build_record(&made->w, type, 60, size);
    bytes_put_copy(&made->w, data, size);
    made->counts[section]++;
    bytes_set_u16(&made->w, 6 + 2 * section, made->counts[section]);
}

static void
made_add_name(struct made *made, unsigned section, const char *owner, uint16_t type,
              const char *target)
{
    struct dns_name name = name_of(target);
    made_add(made, section, owner, type, name.wire, name.size);
}

static bool
is_whole(struct made *made)
{
    cr_assert_eq(dns_answer_parse(made->message, made->w.pos, &made->question, &made->answer),
                 DNS_ANSWER_OK);
    return dns_traits_is_whole(made->message, &made->answer, &made->question);
}

static const uint8_t address[4] = {192, 0, 2, 1};

Test(dns_traits, the_asked_name_in_any_case_is_whole)
{
    struct made made;
    made_begin(&made, "www.example.com", DNS_TYPE_A);
    cr_assert(is_whole(&made), "nothing is no stranger");
    made_add(&made, 0, "WWW.example.COM", DNS_TYPE_A, address, 4);
    made_add_name(&made, 1, "example.com", DNS_TYPE_NS, "ns.elsewhere.net");
    cr_assert(is_whole(&made));
}

Test(dns_traits, a_record_of_another_name_is_not)
{
    struct made made;
    made_begin(&made, "www.example.com", DNS_TYPE_A);
    made_add(&made, 0, "bank.example.net", DNS_TYPE_A, address, 4);
    cr_assert_not(is_whole(&made));
    made_begin(&made, "www.example.com", DNS_TYPE_A);
    made_add(&made, 0, "example.com", DNS_TYPE_A, address, 4);
    cr_assert_not(is_whole(&made), "a name above is another name");
}

Test(dns_traits, aliases_lead_on_in_any_order)
{
    struct made made;
    made_begin(&made, "a.example", DNS_TYPE_A);
    made_add_name(&made, 0, "a.example", DNS_TYPE_CNAME, "b.example");
    made_add_name(&made, 0, "b.example", DNS_TYPE_CNAME, "c.other");
    made_add(&made, 0, "c.other", DNS_TYPE_A, address, 4);
    made_add_name(&made, 1, "other", DNS_TYPE_NS, "ns.other");
    cr_assert(is_whole(&made));
    made_begin(&made, "a.example", DNS_TYPE_A);
    made_add(&made, 0, "c.other", DNS_TYPE_A, address, 4);
    made_add_name(&made, 0, "a.example", DNS_TYPE_CNAME, "c.other");
    cr_assert(is_whole(&made), "the address stands before its alias");
    made_add(&made, 0, "d.other", DNS_TYPE_A, address, 4);
    cr_assert_not(is_whole(&made), "and nothing leads to the last");
}

Test(dns_traits, the_longest_chain_may_stand_backwards)
{
    struct made made;
    made_begin(&made, "a0.example", DNS_TYPE_A);
    made_add(&made, 0, "a15.example", DNS_TYPE_A, address, 4);
    for (unsigned i = DNS_CHAIN_MAX - 1; i > 0; i--) {
        char from[32], to[32];
        snprintf(from, sizeof from, "a%u.example", i - 1);
        snprintf(to, sizeof to, "a%u.example", i);
        made_add_name(&made, 0, from, DNS_TYPE_CNAME, to);
    }
    cr_assert(is_whole(&made));
    made_add_name(&made, 0, "a15.example", DNS_TYPE_CNAME, "a0.example");
    cr_assert(is_whole(&made), "a circle adds no name");
    made_add_name(&made, 0, "a15.example", DNS_TYPE_CNAME, "a16.example");
    cr_assert_not(is_whole(&made));
}

Test(dns_traits, what_is_dear_to_check_backwards_is_not_whole)
{
    static struct made made;
    static uint8_t room[CHAIN_ROOM];
    made_begin(&made, "a0.example", DNS_TYPE_A);
    made.w = bytes_writer(room, sizeof room);
    build_header(&made.w, 1, DNS_QR, 1, 0, 0, 0);
    build_question(&made.w, &made.question);
    for (unsigned i = 0; i < 1500; i++)
        made_add(&made, 0, "a15.example", DNS_TYPE_A, address, 4);
    for (unsigned i = 15; i > 0; i--) {
        char from[32], to[32];
        snprintf(from, sizeof from, "a%u.example", i - 1);
        snprintf(to, sizeof to, "a%u.example", i);
        made_add_name(&made, 0, from, DNS_TYPE_CNAME, to);
    }
    cr_assert_eq(dns_answer_parse(room, made.w.pos, &made.question, &made.answer), DNS_ANSWER_OK);
    cr_assert_not(dns_traits_is_whole(room, &made.answer, &made.question));
}

Test(dns_traits, a_chain_has_an_end)
{
    struct made made;
    made_begin(&made, "a0.example", DNS_TYPE_A);
    for (unsigned i = 0; i < DNS_CHAIN_MAX; i++) {
        char from[32], to[32];
        snprintf(from, sizeof from, "a%u.example", i);
        snprintf(to, sizeof to, "a%u.example", i + 1);
        cr_assert(is_whole(&made));
        made_add_name(&made, 0, from, DNS_TYPE_CNAME, to);
    }
    cr_assert_not(is_whole(&made));
}

Test(dns_traits, what_is_dear_to_check_is_not_whole)
{
    static struct {
        uint8_t message[CHAIN_ROOM];
        struct bytes_writer w;
    } big;
    struct dns_question asked = question_of("a0.example", DNS_TYPE_A);
    struct dns_answer big_answer;
    for (unsigned records = 1300; records <= 1400; records += 100) {
        unsigned links = 4; /* the first owner is compared last */
        big.w = bytes_writer(big.message, sizeof big.message);
        build_header(&big.w, 1, DNS_QR, 1, (uint16_t)(records + links - 1), 0, 0);
        build_question(&big.w, &asked);
        for (unsigned i = 1; i < links; i++) {
            char from[32], to[32];
            snprintf(from, sizeof from, "a%u.example", i - 1);
            snprintf(to, sizeof to, "a%u.example", i);
            struct dns_name target = name_of(to);
            build_name(&big.w, from);
            build_record(&big.w, DNS_TYPE_CNAME, 60, target.size);
            bytes_put_copy(&big.w, target.wire, target.size);
        }
        for (unsigned i = 0; i < records; i++) {
            build_pointer(&big.w, DNS_HEADER_SIZE);
            build_record(&big.w, DNS_TYPE_A, 60, 4);
            bytes_put_copy(&big.w, address, 4);
        }
        cr_assert_eq(dns_answer_parse(big.message, big.w.pos, &asked, &big_answer), DNS_ANSWER_OK);
        cr_assert_eq(dns_traits_is_whole(big.message, &big_answer, &asked),
                     records * (links - 1) < DNS_CHAIN_STEPS);
    }
}

Test(dns_traits, a_dname_stands_above_what_it_leads_from)
{
    struct made made;
    made_begin(&made, "www.old.example", DNS_TYPE_A);
    made_add_name(&made, 0, "old.example", 39, "new.example");
    made_add_name(&made, 0, "www.old.example", DNS_TYPE_CNAME, "www.new.example");
    made_add(&made, 0, "www.new.example", DNS_TYPE_A, address, 4);
    cr_assert(is_whole(&made));
    made_begin(&made, "www.old.example", DNS_TYPE_A);
    made_add_name(&made, 0, "other.example", 39, "new.example");
    cr_assert_not(is_whole(&made));
}

Test(dns_traits, a_zone_that_is_not_above_the_name_has_no_say)
{
    static const uint8_t soa[22] = {0};
    struct made made;
    made_begin(&made, "a.example.com", DNS_TYPE_A);
    made_add(&made, 1, "com", DNS_TYPE_SOA, soa, sizeof soa);
    cr_assert(is_whole(&made));
    made_begin(&made, "a.example.com", DNS_TYPE_A);
    made_add(&made, 1, "net", DNS_TYPE_SOA, soa, sizeof soa);
    cr_assert_not(is_whole(&made));
}
