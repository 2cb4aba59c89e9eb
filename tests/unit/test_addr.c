/* test_addr.c - addresses and prefixes, text and matching
 * SPDX-License-Identifier: ISC
 */
#include "../fixtures/addr_model.h"
#include "base/addr.h"
#include "prng.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static struct addr
parsed(const char *text)
{
    struct addr addr;
    cr_assert_eq(addr_parse(text, 0, &addr), STATUS_OK, "%s", text);
    return addr;
}

static struct addr_prefix
prefix_of(const char *text)
{
    struct addr_prefix prefix;
    cr_assert_eq(addr_prefix_parse(text, &prefix), STATUS_OK, "%s", text);
    return prefix;
}

Test(addr, reads_what_it_writes)
{
    static const char *const texts[] = {
        "192.0.2.1",
        "192.0.2.1:53",
        "0.0.0.0:65535",
        "2001:db8::1",
        "[2001:db8::1]:53",
        "::",
        "[::]:1",
        "fe80::1%2",
        "[fe80::1%4294967295]:65535",
        "2001:db8:1:2:3:4:5:6",
        "255.255.255.255",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[ADDR_TEXT_MAX];
        struct addr addr = parsed(texts[i]);
        cr_assert_str_eq(addr_format(&addr, text), texts[i]);
    }
}

Test(addr, takes_the_default_port_only_where_the_text_names_none)
{
    struct addr addr;
    cr_assert_eq(addr_parse("192.0.2.1", 853, &addr), STATUS_OK);
    cr_assert_eq(addr.port, 853);
    cr_assert_eq(addr_parse("192.0.2.1:53", 853, &addr), STATUS_OK);
    cr_assert_eq(addr.port, 53);
    cr_assert_eq(addr_parse("[2001:db8::1]", 853, &addr), STATUS_OK);
    cr_assert_eq(addr.port, 853);
    cr_assert_eq(addr.family, ADDR_IPV6);
}

Test(addr, a_mapped_address_becomes_ipv4)
{
    struct addr plain = parsed("192.0.2.1:53"), mapped = parsed("[::ffff:192.0.2.1]:53");
    cr_assert(addr_is_equal(&plain, &mapped));
    cr_assert(memcmp(&plain, &mapped, sizeof plain) == 0);
    cr_assert_eq(parsed("::fffe:192.0.2.1").family, ADDR_IPV6);
}

Test(addr, refuses_everything_else)
{
    static const char *const wrong[] = {
        "",
        " ",
        "1",
        "192.0.2",
        "192.0.2.1.",
        "192.0.2.256",
        "192.0.2.01",
        "192.0.2.1:",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "192.0.2.1:053",
        "192.0.2.1:5x",
        "192.0.2.1: 5",
        " 192.0.2.1",
        "192.0.2.1 ",
        "[192.0.2.1]:53",
        "[::1",
        "::1]",
        "[::1]53",
        "[::1]:",
        "[::1]x",
        "[]",
        "[]:53",
        ":::",
        "1::2::3",
        "12345::",
        "fe80::1%",
        "fe80::1%0",
        "fe80::1%eth0",
        "fe80::1%4294967296",
        "fe80::1%01",
        "::ffff:192.0.2.1%3",
        "localhost",
        "192.0.2.1%1",
        "192.0.2.1:53:53",
        "192.0.2.1:+5",
        "192.0.2.1:-5",
        "0x7f.0.0.1",
        "2001:db8::1/64",
        "1111:2222:3333:4444:5555:6666:7777:8888%1111111111111111111111111111111111111111",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct addr addr, zero = {0};
        memset(&addr, 0x55, sizeof addr);
        cr_assert_eq(addr_parse(wrong[i], 53, &addr), STATUS_INVALID, "%s", wrong[i]);
        cr_assert(memcmp(&addr, &zero, sizeof addr) == 0, "%s", wrong[i]);
    }
}

Test(addr, prefixes_read_what_they_write)
{
    static const char *const texts[] = {
        "0.0.0.0/0", "10.0.0.0/8",    "192.0.2.128/25", "192.0.2.1/32",
        "::/0",      "2001:db8::/32", "::1/128",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[ADDR_TEXT_MAX];
        struct addr_prefix prefix = prefix_of(texts[i]);
        cr_assert_str_eq(addr_prefix_format(&prefix, text), texts[i]);
    }
    cr_assert_eq(prefix_of("192.0.2.1").length, 32);
    cr_assert_eq(prefix_of("2001:db8::1").length, 128);
}

Test(addr, a_mapped_prefix_becomes_ipv4)
{
    struct addr_prefix prefix = prefix_of("::ffff:192.0.2.0/120");
    cr_assert_eq(prefix.addr.family, ADDR_IPV4);
    cr_assert_eq(prefix.length, 24);
    cr_assert_eq(prefix_of("::ffff:192.0.2.1").length, 32);
    cr_assert_eq(addr_prefix_parse("::ffff:0.0.0.0/95", &prefix), STATUS_INVALID);
}

Test(addr, refuses_wrong_prefixes)
{
    static const char *const wrong[] = {
        "",
        "/",
        "/8",
        "10.0.0.1/8",
        "192.0.2.129/25",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/08",
        "10.0.0.0/-1",
        "10.0.0.0/8/8",
        "2001:db8::1/64",
        "::/129",
        "10.0.0.0:53/8",
        "[::]/0",
        "fe80::%1/64",
        "10.0.0.0/8 ",
        "fe80::1%1",
        "10/8",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct addr_prefix prefix;
        cr_assert_eq(addr_prefix_parse(wrong[i], &prefix), STATUS_INVALID, "%s", wrong[i]);
        cr_assert_eq(prefix.addr.family, ADDR_NONE);
    }
}

Test(addr, matches_within_the_prefix_only)
{
    struct addr_prefix prefix = prefix_of("192.0.2.128/25");
    struct addr in = parsed("192.0.2.255:53"), out = parsed("192.0.2.127"), six = parsed("::1");
    cr_assert(addr_prefix_matches(&prefix, &in));
    cr_assert_not(addr_prefix_matches(&prefix, &out));
    cr_assert_not(addr_prefix_matches(&prefix, &six));
    struct addr_prefix all = prefix_of("0.0.0.0/0");
    cr_assert(addr_prefix_matches(&all, &out));
    cr_assert_not(addr_prefix_matches(&all, &six), "families never match each other");
    struct addr_prefix link = prefix_of("fe80::/10");
    struct addr local = parsed("[febf::1%3]:5"), beyond = parsed("fec0::1");
    cr_assert(addr_prefix_matches(&link, &local));
    cr_assert_not(addr_prefix_matches(&link, &beyond));
    struct addr none = {0};
    cr_assert_not(addr_prefix_matches(&(struct addr_prefix){0}, &none));
}

Test(addr, equality_counts_port_and_scope)
{
    struct addr a = parsed("[fe80::1%2]:53"), b = a;
    cr_assert(addr_is_equal(&a, &b));
    b.port = 54;
    cr_assert_not(addr_is_equal(&a, &b));
    b = a;
    b.scope = 3;
    cr_assert_not(addr_is_equal(&a, &b));
}

Test(addr, a_masked_address_agrees_with_its_prefix_and_no_longer_one)
{
    struct prng prng = prng_begin("addr");
    for (unsigned round = 0; round < 20000; round++) {
        bool four = prng_below(&prng, 2) == 0;
        unsigned bits = four ? 32 : 128;
        struct addr addr = {.family = four ? ADDR_IPV4 : ADDR_IPV6, .port = 53};
        prng_fill(&prng, addr.bytes, bits / 8);
        struct addr_prefix prefix = {.addr = addr, .length = (uint8_t)prng_below(&prng, bits + 1)};
        addr_mask(&prefix.addr, prefix.length);
        cr_assert_eq(prefix.addr.port, 0);
        cr_assert(addr_prefix_matches(&prefix, &addr), "seed %llu", (unsigned long long)prng.seed);
        unsigned flip = prng_below(&prng, bits);
        addr.bytes[flip / 8] = (uint8_t)(addr.bytes[flip / 8] ^ 0x80U >> flip % 8);
        cr_assert_eq(addr_prefix_matches(&prefix, &addr), flip >= prefix.length, "seed %llu",
                     (unsigned long long)prng.seed);
    }
}

Test(addr, formatted_random_addresses_come_back)
{
    struct prng prng = prng_begin("addr");
    for (unsigned round = 0; round < 20000; round++) {
        bool four = prng_below(&prng, 2) == 0;
        struct addr addr = {.family = four ? ADDR_IPV4 : ADDR_IPV6}, back;
        prng_fill(&prng, addr.bytes, four ? 4 : 16);
        addr.port = (uint16_t)prng_next(&prng);
        addr.scope = four || prng_below(&prng, 2) ? 0 : (uint32_t)prng_next(&prng);
        char text[ADDR_TEXT_MAX];
        cr_assert_eq(addr_parse(addr_format(&addr, text), 0, &back), STATUS_OK, "%s", text);
        cr_assert(addr_is_equal(&addr, &back), "%s", text);
    }
}

Test(addr, is_among_those_that_are_equal_to_it)
{
    struct addr list[2] = {{.family = ADDR_IPV4, .port = 53}, {.family = ADDR_IPV4, .port = 54}};
    struct addr addr = {.family = ADDR_IPV4, .port = 54};
    cr_expect(addr_is_among(&addr, list, 2));
    cr_expect_not(addr_is_among(&addr, list, 1));
    cr_expect_not(addr_is_among(&addr, list, 0));
    addr.port = 55;
    cr_expect_not(addr_is_among(&addr, list, 2));
}

/* --- addresses as the kernel has them */

static const struct addr v4 = {.family = ADDR_IPV4, .port = 853, .bytes = {192, 0, 2, 1}};
static const struct addr v6 = {
    .family = ADDR_IPV6, .port = 53, .scope = 3, .bytes = {0xfe, 0x80, [15] = 9}};

Test(addr, addresses_come_back_as_they_were)
{
    const struct addr *both[] = {&v4, &v6};
    for (unsigned i = 0; i < 2; i++) {
        struct sockaddr_storage storage;
        struct addr back;
        socklen_t size = addr_to_socket(both[i], &storage);
        cr_assert_eq(addr_from_socket((struct sockaddr *)&storage, size, &back), STATUS_OK);
        cr_assert_arr_eq(&back, both[i], sizeof back);
    }
}

Test(addr, an_ipv4_mapped_address_is_ipv4)
{
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = htons(853)};
    struct addr back;
    cr_assert_eq(inet_pton(AF_INET6, "::ffff:192.0.2.1", &mapped.sin6_addr), 1);
    cr_assert_eq(addr_from_socket((struct sockaddr *)&mapped, sizeof mapped, &back), STATUS_OK);
    cr_assert_arr_eq(&back, &v4, sizeof back);
}

Test(addr, other_families_and_short_ones_are_refused)
{
    struct sockaddr_storage storage;
    struct addr back;
    socklen_t size = addr_to_socket(&v6, &storage);
    cr_assert_eq(addr_from_socket((struct sockaddr *)&storage, size - 1, &back), STATUS_INVALID);
    storage.ss_family = AF_UNIX;
    cr_assert_eq(addr_from_socket((struct sockaddr *)&storage, size, &back), STATUS_INVALID);
    cr_assert_eq(back.family, ADDR_NONE);
}

/* --- names of prefixes: what they depend on, and that they are made once */

static const struct hash_key key = {1, 2};

static struct addr
client(struct prng *prng, enum addr_family family)
{
    struct addr addr = {.family = (uint8_t)family, .port = (uint16_t)prng_next(prng)};
    prng_fill(prng, addr.bytes, family == ADDR_IPV4 ? 4 : 16);
    return addr;
}

Test(addr, only_the_bits_of_the_prefix_count)
{
    struct prng prng = prng_begin("prefix");
    for (unsigned round = 0; round < 2000; round++) {
        bool is_v4 = round % 2 == 0;
        unsigned bits = is_v4 ? 32 : 128, length = prng_below(&prng, bits + 1);
        struct addr one = client(&prng, is_v4 ? ADDR_IPV4 : ADDR_IPV6), other = one;
        unsigned flip = prng_below(&prng, bits);
        other.port++;
        cr_assert_eq(addr_tag(&key, &one, length, 3), addr_tag(&key, &other, length, 3));
        other.bytes[flip / 8] ^= (uint8_t)(0x80 >> flip % 8);
        cr_assert_eq(addr_tag(&key, &one, length, 3) == addr_tag(&key, &other, length, 3),
                     flip >= length, "seed %llu: bit %u of /%u", (unsigned long long)prng.seed,
                     flip, length);
    }
}

Test(addr, family_length_key_and_class_count)
{
    struct addr four = {.family = ADDR_IPV4}, six = {.family = ADDR_IPV6};
    struct hash_key other = {1, 3};
    uint64_t tag = addr_tag(&key, &four, 24, 0);
    cr_assert_neq(tag, addr_tag(&key, &six, 24, 0));
    cr_assert_neq(tag, addr_tag(&key, &four, 23, 0));
    cr_assert_neq(tag, addr_tag(&other, &four, 24, 0));
    for (unsigned class = 0; class < ADDR_TAG_CLASSES; class ++) {
        uint64_t of_class = addr_tag(&key, &four, 24, class);
        cr_assert_eq(ADDR_TAG_CLASS(of_class), class);
        cr_assert_eq(ADDR_TAG_PLACE(of_class), ADDR_TAG_PLACE(tag));
        cr_assert_neq(of_class, 0);
    }
}

Test(addr, sets_have_the_same_mark_when_they_are_equal)
{
    struct addr_lengths one = {.key = key, .counts = {2, 1}, .lengths = {{20, 24}, {56}}};
    struct addr_lengths same = one, longer = one, fewer = one;
    longer.lengths[0][1] = 25;
    fewer.counts[0] = 1;
    addr_lengths_mark(&one);
    addr_lengths_mark(&same);
    addr_lengths_mark(&longer);
    addr_lengths_mark(&fewer);
    cr_assert_eq(one.mark, same.mark);
    cr_assert_neq(one.mark, longer.mark);
    cr_assert_neq(one.mark, fewer.mark);
    cr_assert_neq(one.mark, 0);
}

Test(addr, keys_are_made_once_and_for_one_set)
{
    struct addr_lengths set = {.key = key, .counts = {2, 1}, .lengths = {{20, 24}, {56}}};
    struct addr_lengths other = {.key = key, .counts = {1, 1}, .lengths = {{24}, {56}}};
    struct addr_keys keys = {0};
    struct addr addr = {.family = ADDR_IPV4, .bytes = {192, 0, 2, 1}};
    addr_lengths_mark(&set);
    addr_lengths_mark(&other);
    cr_assert_eq(addr_keys_at(&keys, &set, &addr, 1), addr_tag(&key, &addr, 24, 0));
    cr_assert_eq(keys.tags[0], 0, "not needed yet");
    keys.tags[1] = 4711;
    cr_assert_eq(addr_keys_at(&keys, &set, &addr, 1), 4711, "carried along");
    cr_assert_eq(addr_keys_at(&keys, &other, &addr, 0), addr_tag(&key, &addr, 24, 0));
    cr_assert_eq(keys.tags[1], 0, "those of another set are forgotten");
}
