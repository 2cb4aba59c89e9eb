/* test_proxy_header.c - what a balancer may say of a client, octet by octet
 * SPDX-License-Identifier: ISC
 */
#include "gate/proxy_header.h"

#include "prng.h"

#include <criterion/criterion.h>
#include <string.h>

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define IPV4      "\300\0\2\7\12\0\0\1\20\222\0\65" /* 192.0.2.7:4242 asked 10.0.0.1:53 */
#define IPV6                                                                                       \
    "\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\7"                                                         \
    "\375\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\20\222\0\65" /* 2001:db8::7, fd00::1 */
#define WHOLE(text) ((const uint8_t *)(text)), sizeof(text) - 1

static struct proxy_header header;

static enum proxy_header_verdict
judge(const uint8_t *data, size_t size)
{
    memset(&header, 0xee, sizeof header);
    return proxy_header_read(data, size, &header);
}

static void
must_be_refused(const uint8_t *data, size_t size, enum proxy_header_verdict as)
{
    static const struct proxy_header nothing;
    cr_expect_eq(judge(data, size), as);
    cr_expect_eq(memcmp(&header, &nothing, sizeof header), 0, "nothing is told");
}

Test(proxy_header, names_a_client_of_either_family_and_transport)
{
    char text[ADDR_TEXT_MAX];
    cr_assert_eq(judge(WHOLE(SIGNATURE "\x21\x12\0\14" IPV4)), PROXY_HEADER_CLIENT);
    cr_expect_str_eq(addr_format(&header.source, text), "192.0.2.7:4242");
    cr_expect_eq(header.size, 28);
    cr_expect_not(header.is_stream);
    cr_assert_eq(judge(WHOLE(SIGNATURE "\x21\x11\0\14" IPV4)), PROXY_HEADER_CLIENT);
    cr_expect(header.is_stream);
    cr_assert_eq(judge(WHOLE(SIGNATURE "\x21\x22\0\44" IPV6)), PROXY_HEADER_CLIENT);
    cr_expect_str_eq(addr_format(&header.source, text), "[2001:db8::7]:4242");
    cr_expect_eq(header.size, 52);
    cr_expect_not(header.is_stream);
    cr_assert_eq(judge(WHOLE(SIGNATURE "\x21\x21\0\44" IPV6)), PROXY_HEADER_CLIENT);
    cr_expect(header.is_stream);
}

Test(proxy_header, a_mapped_address_is_the_IPv4_one)
{
    char text[ADDR_TEXT_MAX];
    static const uint8_t mapped[] = SIGNATURE "\x21\x22\0\44"
                                              "\0\0\0\0\0\0\0\0\0\0\377\377\300\0\2\7"
                                              "\0\0\0\0\0\0\0\0\0\0\377\377\12\0\0\1\20\222\0\65";
    cr_assert_eq(judge(mapped, sizeof mapped - 1), PROXY_HEADER_CLIENT);
    cr_expect_str_eq(addr_format(&header.source, text), "192.0.2.7:4242");
}

Test(proxy_header, the_message_behind_it_is_not_looked_at)
{
    cr_assert_eq(judge(WHOLE(SIGNATURE "\x21\x12\0\14" IPV4 "\x12\x34\1\0\0\1")),
                 PROXY_HEADER_CLIENT);
    cr_expect_eq(header.size, 28);
}

/* Whatever a health check says of addresses does not count. */
Test(proxy_header, a_local_header_names_nobody)
{
    static const struct addr nobody;
    cr_assert_eq(judge(WHOLE(SIGNATURE "\x20\0\0\0")), PROXY_HEADER_LOCAL);
    cr_expect_eq(header.size, 16);
    cr_assert_eq(judge(WHOLE(SIGNATURE "\x20\x12\0\14" IPV4)), PROXY_HEADER_LOCAL);
    cr_expect_eq(header.size, 28);
    cr_expect(addr_is_equal(&header.source, &nobody));
    cr_assert_eq(judge(WHOLE(SIGNATURE "\x20\xff\0\3abc")), PROXY_HEADER_LOCAL);
    cr_expect_eq(judge(WHOLE(SIGNATURE "\x20\0\0\3ab")), PROXY_HEADER_MORE);
}

Test(proxy_header, each_part_of_one_says_how_much_is_needed)
{
    static const uint8_t whole[] = SIGNATURE "\x21\x12\0\23" IPV4 "\4\0\4abcd";
    for (size_t size = 0; size < sizeof whole - 1; size++) {
        cr_expect_eq(judge(whole, size), PROXY_HEADER_MORE, "%zu", size);
        cr_expect_eq(header.size, size < PROXY_HEADER_FIXED ? 16 : 35, "%zu", size);
    }
    cr_expect_eq(judge(whole, sizeof whole - 1), PROXY_HEADER_CLIENT);
}

Test(proxy_header, what_begins_otherwise_is_none)
{
    must_be_refused(WHOLE("\r\n\r\n\0\r\nQUIT\r"
                          "\x21\x12\0\14" IPV4),
                    PROXY_HEADER_NONE);
    must_be_refused(WHOLE("\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1"), PROXY_HEADER_NONE);
    must_be_refused(WHOLE("\r\r"), PROXY_HEADER_NONE);
    must_be_refused(WHOLE("PROX"), PROXY_HEADER_NONE);
    cr_expect(proxy_header_begins(WHOLE(SIGNATURE)));
    cr_expect_not(proxy_header_begins((const uint8_t *)SIGNATURE, 11));
    cr_expect_not(proxy_header_begins(WHOLE("\r\n\r\n\0\r\nQUIT\r")));
}

Test(proxy_header, other_versions_are_recognized_and_refused)
{
    must_be_refused(WHOLE("PROXY TCP4 192.0.2.7 10.0.0.1 4242 53\r\n"), PROXY_HEADER_VERSION);
    must_be_refused(WHOLE(SIGNATURE "\x31\x12\0\14" IPV4), PROXY_HEADER_VERSION);
    must_be_refused(WHOLE(SIGNATURE "\x11\x12\0\14" IPV4), PROXY_HEADER_VERSION);
}

Test(proxy_header, a_client_without_an_IP_address_is_refused)
{
    static const uint8_t odd[] = {0x00, 0x01, 0x10, 0x13, 0x20, 0x23, 0x31, 0x32, 0x41, 0xff};
    uint8_t data[] = SIGNATURE "\x21\0\0\44" IPV6;
    for (size_t i = 0; i < sizeof odd; i++) {
        data[13] = odd[i];
        must_be_refused(data, sizeof data - 1, PROXY_HEADER_ADDRESS);
    }
}

Test(proxy_header, an_address_that_no_client_has_is_refused)
{
    static const uint8_t nobody[][4] = {{0, 0, 0, 0}, {224, 0, 0, 1}, {255, 255, 255, 255}};
    uint8_t data[] = SIGNATURE "\x21\x12\0\14" IPV4, data6[] = SIGNATURE "\x21\x22\0\44" IPV6;
    for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++) {
        memcpy(data + 16, nobody[i], 4);
        must_be_refused(data, sizeof data - 1, PROXY_HEADER_ADDRESS);
    }
    memcpy(data + 16, "\300\0\2\7", 4);
    data[24] = data[25] = 0; /* no answer could go to port 0 */
    must_be_refused(data, sizeof data - 1, PROXY_HEADER_ADDRESS);
    memset(data6 + 16, 0, 16);
    must_be_refused(data6, sizeof data6 - 1, PROXY_HEADER_ADDRESS);
    data6[16] = 0xff; /* multicast */
    must_be_refused(data6, sizeof data6 - 1, PROXY_HEADER_ADDRESS);
}

Test(proxy_header, what_is_not_well_formed_is_refused)
{
    must_be_refused(WHOLE(SIGNATURE "\x22\x12\0\14" IPV4), PROXY_HEADER_MALFORMED); /* command 2 */
    must_be_refused(WHOLE(SIGNATURE "\x21\x12\0\13" IPV4), PROXY_HEADER_MALFORMED); /* 11 octets */
    must_be_refused(WHOLE(SIGNATURE "\x21\x22\0\14" IPV4), PROXY_HEADER_MALFORMED); /* no room */
    must_be_refused(WHOLE(SIGNATURE "\x21\x12\0\15" IPV4 "\4"), PROXY_HEADER_MALFORMED);
    must_be_refused(WHOLE(SIGNATURE "\x21\x12\0\16" IPV4 "\4\0"), PROXY_HEADER_MALFORMED);
    must_be_refused(WHOLE(SIGNATURE "\x21\x12\0\22" IPV4 "\4\0\4abc"), PROXY_HEADER_MALFORMED);
}

Test(proxy_header, has_at_most_so_many_octets)
{
    uint8_t data[PROXY_HEADER_MAX + 1] = SIGNATURE "\x21\x22\2\44" IPV6 "\4\1\375";
    cr_assert_eq(judge(data, PROXY_HEADER_MAX), PROXY_HEADER_CLIENT);
    cr_expect_eq(header.size, PROXY_HEADER_MAX);
    data[15]++; /* refused before it is waited for */
    must_be_refused(data, PROXY_HEADER_FIXED, PROXY_HEADER_MALFORMED);
    data[12] = 0x20;
    must_be_refused(data, PROXY_HEADER_FIXED, PROXY_HEADER_MALFORMED);
}

/* Of "123456789" the same sum is e3069283 (RFC 3720 B.4 has more); haproxy's own are tried in
 * tests/integration/test_balancer.py. */
Test(proxy_header, a_checksum_must_be_right)
{
    uint8_t data[] = SIGNATURE "\x21\x12\0\23" IPV4 "\3\0\4\x00\x00\x00\x00";
    static const uint8_t sum[4] = {0x7f, 0xae, 0x53, 0x68};
    memcpy(data + 31, sum, 4);
    cr_assert_eq(judge(data, sizeof data - 1), PROXY_HEADER_CLIENT);
    for (size_t at = 16; at < sizeof data - 1; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            if (at >= 28 && at < 31)
                continue; /* that it is one */
            data[at] ^= (uint8_t)(1U << bit);
            must_be_refused(data, sizeof data - 1, PROXY_HEADER_MALFORMED);
            data[at] ^= (uint8_t)(1U << bit);
        }
    data[30] = 3; /* of another length */
    must_be_refused(data, sizeof data - 1, PROXY_HEADER_MALFORMED);
}

Test(proxy_header, whatever_comes_it_tells_no_more_than_there_is)
{
    struct prng prng = prng_begin("proxy_header");
    for (unsigned i = 0; i < 200000; i++) {
        uint8_t data[64] = SIGNATURE;
        uint32_t size = prng_below(&prng, sizeof data);
        prng_fill(&prng, data + 12, sizeof data - 12);
        data[12] = (uint8_t)(0x20 | (data[12] & 1));
        data[13] = (uint8_t)((data[13] & 3) << 4 | (data[13] >> 6));
        data[14] = 0;
        enum proxy_header_verdict verdict = judge(data, size);
        if (verdict == PROXY_HEADER_CLIENT || verdict == PROXY_HEADER_LOCAL)
            cr_assert(header.size <= size && header.size == 16U + data[15]);
        if (verdict == PROXY_HEADER_MORE)
            cr_assert_gt(header.size, size);
    }
}
