/* test_dns_reply.c - replies of our own making
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_reply.h"
#include "dns_build.h"

static uint8_t room[512];
static const struct dns_edns_put plain_opt = {.udp_size = DNS_EDNS_UDP_MAX, .ede = DNS_EDE_NONE};

static struct dns_query
query_of(uint16_t flags, bool edns)
{
    return (struct dns_query){.id = 0xbeef,
                              .flags = flags,
                              .question = question_of("Www.Example", DNS_TYPE_A),
                              .edns = {.present = edns, .udp_size = 1400}};
}

Test(dns_reply, repeats_id_question_and_two_flags)
{
    static const uint8_t golden[] = "\xbe\xef\x81\x92\0\1\0\0\0\0\0\0" /* QR RD RA CD, SERVFAIL */
                                    "\3Www\7Example\0\0\1\0\1";
    struct dns_query query = query_of(DNS_RD | DNS_CD | DNS_AD, false);
    size_t size = dns_reply_write(&query, DNS_SERVFAIL, false, &plain_opt, room, sizeof room);
    cr_assert_eq(size, sizeof golden - 1);
    cr_assert_arr_eq(room, golden, sizeof golden - 1);
}

Test(dns_reply, says_truncated_when_told)
{
    struct dns_query query = query_of(0, false);
    dns_reply_write(&query, DNS_NOERROR, true, &plain_opt, room, sizeof room);
    struct bytes_reader r = bytes_reader(room, sizeof room);
    bytes_skip(&r, 2);
    cr_assert_eq(bytes_get_u16(&r), DNS_QR | DNS_RA | DNS_TC);
}

Test(dns_reply, repeats_an_opcode_it_does_not_know)
{
    struct dns_query query = {.id = 1, .opcode = 0x2800};
    cr_assert_eq(dns_reply_write(&query, DNS_NOTIMP, false, &plain_opt, room, sizeof room), 12);
    cr_assert_arr_eq(room, "\0\1\xa8\x84\0\0\0\0\0\0\0\0", 12, "and no question, for none parsed");
}

Test(dns_reply, splits_a_large_rcode_between_header_and_opt)
{
    struct dns_query query = query_of(DNS_RD, true);
    size_t size = dns_reply_write(&query, DNS_BADVERS, false, &plain_opt, room, sizeof room);
    cr_assert_eq(size, 12 + 17 + 11);
    cr_assert_eq(room[3] & 15, 0);
    cr_assert_eq(room[11], 1, "the OPT is counted");
    cr_assert_arr_eq(room + 29, "\0\0\x29\4\xd0\1\0\0\0\0\0", 11, "extended RCODE 1, version 0");
}

Test(dns_reply, a_large_rcode_without_edns_is_servfail)
{
    struct dns_query query = query_of(DNS_RD, false);
    size_t size = dns_reply_write(&query, DNS_BADCOOKIE, false, &plain_opt, room, sizeof room);
    cr_assert_eq(size, 12 + 17);
    cr_assert_eq(room[3] & 15, DNS_SERVFAIL);
}

Test(dns_reply, everything_at_once_fits_512_octets)
{
    struct dns_query query = query_of(DNS_RD, true);
    char text[254] = "";
    for (size_t i = 0; i < 253; i++)
        text[i] = i % 64 == 63 ? '.' : 'x';
    query.question = question_of(text, DNS_TYPE_A);
    struct dns_edns_put opt = {.keepalive = true, .cookie_size = 40, .padding_block = 468};
    cr_assert_eq(dns_reply_write(&query, DNS_BADCOOKIE, false, &opt, room, sizeof room), 468);
    cr_assert_eq(dns_reply_write(&query, DNS_BADCOOKIE, false, &opt, room, 200), 0);
}

Test(dns_reply, udp_limit_is_between_512_and_1232)
{
    static const uint16_t asked[] = {0, 511, 512, 513, 1231, 1232, 1233, 65535};
    static const size_t given[] = {512, 512, 512, 513, 1231, 1232, 1232, 1232};
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        struct dns_edns edns = {.present = true, .udp_size = asked[i]};
        cr_assert_eq(dns_reply_udp_limit(&edns), given[i]);
        edns.present = false;
        cr_assert_eq(dns_reply_udp_limit(&edns), 512);
    }
}
