/* test_dns_deliver.c - an upstream's answer becomes the client's
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_answer.h"
#include "dns_build.h"

static uint8_t room[DNS_MESSAGE_MAX + 128];
static struct dns_answer answer;
static struct dns_query query;
static struct dns_edns_put opt;

#define QUESTION_END (12 + 17)

static struct bytes_reader
at(size_t pos)
{
    struct bytes_reader r = bytes_reader(room, sizeof room);
    bytes_seek(&r, pos);
    return r;
}

static uint16_t
u16_at(size_t pos)
{
    struct bytes_reader r = at(pos);
    return bytes_get_u16(&r);
}

/* The upstream's answer of `records` addresses and an OPT, and a client that asked for it. */
static void
begin(unsigned flags, unsigned records, uint32_t opt_ttl)
{
    struct bytes_writer w = bytes_writer(room, sizeof room);
    struct dns_question asked = question_of("www.example", DNS_TYPE_A);
    build_header(&w, 7, DNS_QR | flags, 1, (uint16_t)records, 0, 1);
    build_question(&w, &asked);
    for (unsigned i = 0; i < records; i++) {
        build_pointer(&w, 12);
        build_record(&w, DNS_TYPE_A, 60, 4);
        bytes_put_u32(&w, i);
    }
    build_opt(&w, 4096, opt_ttl, "\0\x0c\0\5\0\0\0\0\0", 9);
    cr_assert_eq(dns_answer_parse(room, w.pos, &asked, &answer), DNS_ANSWER_OK);
    query = (struct dns_query){.id = 0xbeef,
                               .flags = DNS_RD,
                               .question = question_of("wWw.eXample", DNS_TYPE_A),
                               .edns = {.present = true, .udp_size = 1232}};
    opt = (struct dns_edns_put){.udp_size = DNS_EDNS_UDP_MAX, .ede = DNS_EDE_NONE};
}

static size_t
deliver(size_t limit)
{
    return dns_answer_deliver(room, answer.end + 128U, &answer, &query, &opt, limit);
}

/* What a client makes of it. */
static struct dns_answer
received(size_t size)
{
    struct dns_answer got;
    cr_assert_eq(dns_answer_parse(room, size, &query.question, &got), DNS_ANSWER_OK);
    return got;
}

Test(dns_deliver, id_and_spelling_are_the_clients)
{
    begin(DNS_AA | DNS_RA, 1, 0);
    size_t size = deliver(1232);
    cr_assert_eq(size, answer.end + 11U, "the upstream's padding is gone");
    struct dns_answer got = received(size);
    cr_assert_eq(dns_answer_id(room), 0xbeef);
    cr_assert_eq(got.flags, DNS_QR | DNS_RD | DNS_RA, "AA is cleared");
    cr_assert_arr_eq(room + 12, query.question.name.wire, query.question.name.size);
    cr_assert_eq(got.counts[0], 1);
    cr_assert(got.has_opt && !got.dnssec_ok);
    cr_assert_eq(u16_at(answer.end + 3U), DNS_EDNS_UDP_MAX, "the OPT is ours");
}

Test(dns_deliver, a_client_without_edns_gets_no_opt)
{
    begin(DNS_RA, 1, 0);
    query.edns.present = false;
    size_t size = deliver(512);
    cr_assert_eq(size, answer.end);
    cr_assert_not(received(size).has_opt);
}

Test(dns_deliver, rd_and_cd_are_as_the_client_asked)
{
    begin(DNS_RD | DNS_CD, 1, 0);
    query.flags = 0;
    cr_assert_eq(received(deliver(1232)).flags, DNS_QR | DNS_RA);
    begin(0, 1, 0);
    query.flags = DNS_RD | DNS_CD;
    cr_assert_eq(received(deliver(1232)).flags, DNS_QR | DNS_RA | DNS_RD | DNS_CD);
}

Test(dns_deliver, ad_is_told_to_who_asked_for_ad_or_do)
{
    for (unsigned round = 0; round < 8; round++) {
        bool upstream = round & 1, asked_ad = round & 2, asked_do = round & 4;
        begin(upstream ? DNS_AD : 0, 1, 0);
        query.flags = asked_ad ? DNS_AD : 0;
        query.edns.dnssec_ok = asked_do;
        bool told = received(deliver(1232)).flags & DNS_AD;
        cr_assert_eq(told, upstream && (asked_ad || asked_do), "round %u", round);
    }
}

Test(dns_deliver, truncates_when_one_octet_is_too_much)
{
    begin(DNS_RA, 40, 0);
    size_t whole = answer.end + 11U;
    cr_assert_eq(deliver(whole), whole);
    cr_assert_eq(received(whole).flags & DNS_TC, 0);
    begin(DNS_RA, 40, 0);
    size_t size = deliver(whole - 1);
    struct dns_answer got = received(size);
    cr_assert_eq(size, QUESTION_END + 11);
    cr_assert_eq(got.flags & DNS_TC, DNS_TC);
    cr_assert(got.counts[0] == 0 && got.has_opt);
    begin(DNS_RA, 40, 0);
    query.edns.present = false;
    size = deliver(512);
    cr_assert_eq(size, QUESTION_END);
    cr_assert_eq(received(size).flags & DNS_TC, DNS_TC);
}

Test(dns_deliver, no_client_sees_a_ttl_over_a_week)
{
    begin(DNS_RA, 1, 0);
    struct bytes_writer w = bytes_writer(room, sizeof room);
    (void)bytes_put_view(&w, sizeof room);
    bytes_set_u16(&w, QUESTION_END + 6, 0xffff);
    struct dns_question asked = question_of("www.example", DNS_TYPE_A);
    cr_assert_eq(dns_answer_parse(room, QUESTION_END + 16 + 11 + 9, &asked, &answer),
                 DNS_ANSWER_OK);
    struct dns_answer got = received(deliver(1232));
    cr_assert(!got.has_long_ttl && got.ttl_min == DNS_TTL_MAX);
}

Test(dns_deliver, keeps_a_truncation_that_came_from_upstream)
{
    begin(DNS_TC, 1, 0);
    struct dns_answer got = received(deliver(1232));
    cr_assert_eq(got.flags & DNS_TC, DNS_TC);
    cr_assert_eq(got.counts[0], 1);
}

Test(dns_deliver, our_opt_counts_against_the_limit)
{
    begin(DNS_RA, 10, 0);
    opt.cookie_size = 24;
    opt.ede = DNS_EDE_STALE_ANSWER;
    size_t whole = answer.end + 11U + 28 + 6;
    cr_assert_eq(deliver(whole), whole);
    cr_assert_eq(received(whole).ede, DNS_EDE_STALE_ANSWER);
    begin(DNS_RA, 40, 0);
    opt.cookie_size = 24;
    cr_assert_eq(deliver(answer.end + 11U + 27), QUESTION_END + 11 + 28);
}

Test(dns_deliver, pads_to_a_block_within_the_limit)
{
    begin(DNS_RA, 20, 0);
    opt.padding_block = DNS_PADDING_ANSWER;
    cr_assert_eq(dns_answer_deliver(room, sizeof room, &answer, &query, &opt, 65535), 468);
    received(468);
    begin(DNS_RA, 30, 0);
    opt.padding_block = DNS_PADDING_ANSWER;
    size_t size = dns_answer_deliver(room, sizeof room, &answer, &query, &opt, 600);
    cr_assert_eq(size, 600, "the next multiple would be over the limit");
    received(size);
}

Test(dns_deliver, the_extended_rcode_reaches_a_client_with_edns)
{
    begin(DNS_BADVERS & 15, 0, 0x01000000U);
    struct dns_answer got = received(deliver(1232));
    cr_assert_eq(got.rcode, DNS_BADVERS);
    begin(DNS_NXDOMAIN, 0, 0);
    cr_assert_eq(received(deliver(1232)).rcode, DNS_NXDOMAIN);
}

Test(dns_deliver, a_client_without_edns_is_told_servfail_for_it)
{
    begin(DNS_BADVERS & 15, 3, 0x01000000U);
    query.edns.present = false;
    struct dns_answer got = received(deliver(512));
    cr_assert_eq(got.rcode, DNS_SERVFAIL);
    cr_assert(got.counts[0] == 0 && (got.flags & DNS_TC) == 0,
              "no records, and no reason to retry");
}

Test(dns_deliver, the_largest_answer_fits_with_the_documented_room)
{
    /* 65535 octets with one TXT-like record, delivered over TCP */
    struct bytes_writer w = bytes_writer(room, sizeof room);
    struct dns_question asked = question_of("www.example", DNS_TYPE_TXT);
    build_header(&w, 7, DNS_QR, 1, 1, 0, 0);
    build_question(&w, &asked);
    build_pointer(&w, 12);
    build_record(&w, DNS_TYPE_TXT, 60, (uint16_t)(DNS_MESSAGE_MAX - w.pos - 10));
    bytes_put_zeros(&w, DNS_MESSAGE_MAX - w.pos);
    cr_assert_eq(dns_answer_parse(room, w.pos, &asked, &answer), DNS_ANSWER_OK);
    query = (struct dns_query){.question = asked};
    cr_assert_eq(deliver(DNS_MESSAGE_MAX), DNS_MESSAGE_MAX);
    query.edns.present = true;
    opt = (struct dns_edns_put){.ede = DNS_EDE_NONE};
    cr_assert_eq(deliver(DNS_MESSAGE_MAX), QUESTION_END + 11, "no room for the OPT: truncated");
}
