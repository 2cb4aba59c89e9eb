/* test_dns_traits.c - answers that lead to other names, or inside
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_traits.h"

#include "dns_build.h"

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
