/* test_dns_query.c - every verdict, in its order, and what is known then
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_query.h"
#include "dns_build.h"
#include "prng.h"

static uint8_t room[1024];
static struct dns_query query;

/* A query for "Www.Example. A" with RD; the caller appends. */
static struct bytes_writer
begin(unsigned flags, uint16_t additionals)
{
    struct bytes_writer w = bytes_writer(room, sizeof room);
    struct dns_question question = question_of("Www.Example", DNS_TYPE_A);
    build_header(&w, 0x1234, flags, 1, 0, 0, additionals);
    build_question(&w, &question);
    return w;
}

static enum dns_query_verdict
parse(size_t size)
{
    /* an exact copy: a read past the end is seen */
    uint8_t *exact = malloc(size + 1);
    memcpy(exact, room, size);
    memset(&query, 0x55, sizeof query);
    enum dns_query_verdict verdict = dns_query_parse(exact, size, &query);
    free(exact);
    return verdict;
}

Test(dns_query, takes_a_plain_query)
{
    struct bytes_writer w = begin(DNS_RD | DNS_CD, 0);
    static const uint8_t spelled[] = "\3Www\7Example\0\0\1\0\1";
    struct dns_name wanted = name_of("www.example");
    cr_assert_eq(parse(w.pos), DNS_QUERY_OK);
    cr_assert_eq(query.id, 0x1234);
    cr_assert_eq(query.flags, DNS_RD | DNS_CD);
    cr_assert_eq(query.opcode, 0);
    cr_assert_eq(query.question.type, DNS_TYPE_A);
    cr_assert_eq(query.question.class, DNS_CLASS_IN);
    cr_assert_arr_eq(query.question.name.wire, wanted.wire, wanted.size, "in lower case");
    w = bytes_writer(room, sizeof room);
    dns_query_put_question(&w, &query);
    cr_assert_eq(w.pos, sizeof spelled - 1);
    cr_assert_arr_eq(room, spelled, sizeof spelled - 1, "spelled as asked");
    cr_assert_not(query.edns.present);
    cr_assert_eq(query.edns.ede, DNS_EDE_NONE);
}

Test(dns_query, keeps_three_flags_and_ignores_the_rest)
{
    struct bytes_writer w = begin(0x7fffU & ~(unsigned)DNS_OPCODE, 0);
    cr_assert_eq(parse(w.pos), DNS_QUERY_OK);
    cr_assert_eq(query.flags, DNS_RD | DNS_AD | DNS_CD);
}

Test(dns_query, is_silent_below_a_header)
{
    begin(DNS_RD, 0);
    for (size_t size = 0; size < DNS_HEADER_SIZE; size++) {
        cr_assert_eq(parse(size), DNS_QUERY_SHORT);
        cr_assert_eq(query.id, 0);
    }
    cr_assert_eq(dns_query_verdict_rcode(DNS_QUERY_SHORT, &query), -1);
}

Test(dns_query, every_other_cut_is_a_wrong_name)
{
    struct bytes_writer w = begin(DNS_RD, 0);
    for (size_t size = DNS_HEADER_SIZE; size < w.pos; size++) {
        cr_assert_eq(parse(size), DNS_QUERY_NAME);
        cr_assert_eq(query.id, 0x1234);
        cr_assert_eq(query.question.name.size, 0, "nothing for a reply to repeat");
    }
    cr_assert_eq(dns_query_verdict_rcode(DNS_QUERY_NAME, &query), DNS_FORMERR);
}

Test(dns_query, a_response_comes_before_its_opcode)
{
    struct bytes_writer w = begin(DNS_QR | 0x2800, 0);
    cr_assert_eq(parse(w.pos), DNS_QUERY_RESPONSE);
    cr_assert_eq(dns_query_verdict_rcode(DNS_QUERY_RESPONSE, &query), -1);
}

Test(dns_query, remembers_a_wrong_opcode_for_the_reply)
{
    for (unsigned opcode = 1; opcode < 16; opcode++) {
        struct bytes_writer w = begin(DNS_RD | opcode << 11, 0);
        cr_assert_eq(parse(w.pos), DNS_QUERY_OPCODE);
        cr_assert_eq(query.opcode, opcode << 11);
        cr_assert_eq(query.flags, DNS_RD);
        cr_assert_gt(query.question.name.size, 0, "the reply repeats it");
        bytes_set_u16(&w, 4, 7); /* another opcode may count otherwise */
        cr_assert_eq(parse(w.pos), DNS_QUERY_OPCODE);
        cr_assert_eq(query.question.name.size, 0);
        bytes_set_u16(&w, 4, 0);
        cr_assert_eq(parse(w.pos), DNS_QUERY_OPCODE);
    }
    cr_assert_eq(dns_query_verdict_rcode(DNS_QUERY_OPCODE, &query), DNS_NOTIMP);
}

/* A record of one octet of RDATA that nobody looks at. */
static void
add_record(struct bytes_writer *w)
{
    build_pointer(w, 12);
    build_record(w, DNS_TYPE_SOA, 60, 1);
    bytes_put_u8(w, 'x');
}

Test(dns_query, finds_the_opt_of_what_is_refused)
{
    for (unsigned round = 0; round < 3; round++) {
        /* an UPDATE, a query with an answer, two questions */
        struct bytes_writer w = begin(round == 0 ? 0x2800 : DNS_RD, 2);
        bytes_set_u16(&w, 6, round == 2 ? 0 : 1);
        bytes_set_u16(&w, 8, round == 0 ? 2 : 0);
        bytes_set_u16(&w, 4, round == 2 ? 2 : 1);
        if (round == 2)
            bytes_put_copy(&w, "\1b\0\0\1\0\1", 7);
        for (unsigned records = round == 0 ? 4 : round == 1 ? 2 : 1; records > 0; records--)
            add_record(&w);
        build_opt(&w, 1400, 0x00008000, "\0\x0c\0\0", 4);
        cr_assert_eq(parse(w.pos), round == 0 ? DNS_QUERY_OPCODE : DNS_QUERY_COUNTS);
        cr_assert(query.edns.present && query.edns.dnssec_ok, "round %u", round);
        for (size_t size = 12; size < w.pos; size++) /* and is content without one */
            cr_assert_eq(parse(size), round == 0 ? DNS_QUERY_OPCODE : DNS_QUERY_COUNTS);
    }
}

Test(dns_query, a_transfer_is_one_whatever_comes_with_it)
{
    static const uint16_t types[] = {DNS_TYPE_IXFR, DNS_TYPE_AXFR};
    for (size_t i = 0; i < 2; i++) {
        struct bytes_writer w = begin(0, 0);
        bytes_set_u16(&w, w.pos - 4, types[i]);
        cr_assert_eq(parse(w.pos), DNS_QUERY_TYPE);
        bytes_set_u16(&w, 8, 1); /* RFC 1995 section 3: the SOA that the client has */
        bytes_set_u16(&w, 10, 2);
        add_record(&w);
        build_opt(&w, 1400, 0, "", 0);
        bytes_put_u8(&w, 0);
        build_record(&w, DNS_TYPE_TSIG, 0, 0);
        cr_assert_eq(parse(w.pos), DNS_QUERY_TYPE);
        cr_assert(query.edns.present && query.question.name.size > 0);
        cr_assert_eq(dns_query_verdict_rcode(DNS_QUERY_TYPE, &query), DNS_REFUSED);
    }
    struct bytes_writer w = begin(0, 1);
    bytes_set_u16(&w, w.pos - 4, DNS_TYPE_AXFR);
    build_opt(&w, 1400, 0x00010000, "", 0);
    cr_assert_eq(parse(w.pos), DNS_QUERY_VERSION);
}

/* Without a question: `size` octets of options in the one additional record. */
static struct bytes_writer
begin_cookie(uint32_t opt_ttl, const void *options, uint16_t size)
{
    struct bytes_writer w = bytes_writer(room, sizeof room);
    build_header(&w, 0x1234, DNS_RD, 0, 0, 0, 1);
    build_opt(&w, 1232, opt_ttl, options, size);
    return w;
}

#define COOKIE_OPTION "\0\x0a\0\x08\1\2\3\4\5\6\7\x08"

Test(dns_query, without_a_question_it_may_ask_for_a_cookie)
{
    struct bytes_writer w = begin_cookie(0, COOKIE_OPTION, 12);
    cr_assert_eq(parse(w.pos), DNS_QUERY_COOKIE);
    cr_assert_eq(query.edns.cookie_size, 8);
    cr_assert_eq(query.question.name.size, 0);
    cr_assert_eq(dns_query_verdict_rcode(DNS_QUERY_COOKIE, &query), DNS_FORMERR);
    for (size_t size = 12; size < w.pos; size++)
        cr_assert_eq(parse(size), DNS_QUERY_COUNTS);
    bytes_put_u8(&w, 0);
    cr_assert_eq(parse(w.pos), DNS_QUERY_COUNTS, "octets behind it");
    w = begin_cookie(0, "\0\x0c\0\0", 4);
    cr_assert_eq(parse(w.pos), DNS_QUERY_COUNTS, "no cookie");
    w = begin_cookie(0x00010000, COOKIE_OPTION, 12);
    cr_assert_eq(parse(w.pos), DNS_QUERY_VERSION);
    for (size_t at = 6; at < 10; at += 2) {
        w = begin_cookie(0, COOKIE_OPTION, 12);
        bytes_set_u16(&w, at, 1);
        cr_assert_eq(parse(w.pos), DNS_QUERY_COUNTS);
    }
}

Test(dns_query, counts_are_one_zero_zero_and_at_most_one)
{
    static const uint16_t wrong[][4] = {{0, 0, 0, 0},     {2, 0, 0, 0}, {1, 1, 0, 0},
                                        {1, 0, 1, 0},     {1, 0, 0, 2}, {0xffff, 0, 0, 0},
                                        {1, 0, 0, 0xffff}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct bytes_writer w = begin(DNS_RD, 0);
        for (size_t k = 0; k < 4; k++)
            bytes_set_u16(&w, 4 + 2 * k, wrong[i][k]);
        cr_assert_eq(parse(w.pos), DNS_QUERY_COUNTS, "case %zu", i);
    }
    cr_assert_eq(dns_query_verdict_rcode(DNS_QUERY_COUNTS, &query), DNS_FORMERR);
}

Test(dns_query, a_question_is_never_compressed)
{
    struct bytes_writer w = bytes_writer(room, sizeof room);
    build_header(&w, 1, DNS_RD, 1, 0, 0, 0);
    build_pointer(&w, 12);
    bytes_put_u32(&w, 0x00010001);
    cr_assert_eq(parse(w.pos), DNS_QUERY_NAME);
}

Test(dns_query, reads_edns)
{
    struct bytes_writer w = begin(DNS_RD, 1);
    build_opt(&w, 1400, 0x00008000, "\0\x0c\0\0", 4);
    cr_assert_eq(parse(w.pos), DNS_QUERY_OK);
    cr_assert(query.edns.present && query.edns.dnssec_ok && query.edns.padding);
    cr_assert_eq(query.edns.udp_size, 1400);
}

Test(dns_query, the_additional_record_is_an_opt)
{
    struct bytes_writer w = begin(DNS_RD, 1);
    cr_assert_eq(parse(w.pos), DNS_QUERY_RECORD, "counted and not there");
    size_t start = w.pos;
    bytes_put_u8(&w, 0);
    build_record(&w, DNS_TYPE_TSIG, 0, 0);
    for (size_t size = start; size <= w.pos; size++)
        cr_assert_eq(parse(size), DNS_QUERY_RECORD);
    w = begin(DNS_RD, 1);
    build_pointer(&w, 0x3fff);
    build_record(&w, DNS_TYPE_OPT, 0, 0);
    cr_assert_eq(parse(w.pos), DNS_QUERY_RECORD, "its owner is no name");
    cr_assert_gt(query.question.name.size, 0, "the question can be repeated");
    cr_assert_eq(dns_query_verdict_rcode(DNS_QUERY_RECORD, &query), DNS_FORMERR);
}

Test(dns_query, the_opt_belongs_to_the_root)
{
    struct bytes_writer w = begin(DNS_RD, 1);
    build_name(&w, "example");
    build_record(&w, DNS_TYPE_OPT, 0, 0);
    cr_assert_eq(parse(w.pos), DNS_QUERY_OPT);
    w = begin(DNS_RD, 1);
    build_pointer(&w, 24); /* the root label of the question's name */
    build_record(&w, DNS_TYPE_OPT, 0, 0);
    cr_assert_eq(parse(w.pos), DNS_QUERY_OPT, "the root, but not as one octet");
    cr_assert_eq(dns_query_verdict_rcode(DNS_QUERY_OPT, &query), DNS_FORMERR);
}

Test(dns_query, a_broken_opt_is_told_and_remembered_as_edns)
{
    struct bytes_writer w = begin(DNS_RD, 1);
    build_opt(&w, 1232, 0, "\0\x0c\0\4abc", 7);
    cr_assert_eq(parse(w.pos), DNS_QUERY_OPT);
    cr_assert(query.edns.present, "RFC 6891 6.1.1: then the reply has an OPT too");
}

Test(dns_query, trailing_octets_come_before_the_version)
{
    struct bytes_writer w = begin(DNS_RD, 0);
    bytes_put_u8(&w, 0);
    cr_assert_eq(parse(w.pos), DNS_QUERY_TRAILING);
    w = begin(DNS_RD, 1);
    build_opt(&w, 1232, 0x00010000, "", 0);
    bytes_put_u8(&w, 0);
    cr_assert_eq(parse(w.pos), DNS_QUERY_TRAILING);
    cr_assert_eq(dns_query_verdict_rcode(DNS_QUERY_TRAILING, &query), DNS_FORMERR);
}

Test(dns_query, another_edns_version_is_badvers)
{
    struct bytes_writer w = begin(DNS_RD, 1);
    build_opt(&w, 1400, 0x00018000, "\0\x0c\0", 3);
    cr_assert_eq(parse(w.pos), DNS_QUERY_VERSION);
    cr_assert_eq(query.edns.version, 1);
    cr_assert_eq(query.edns.udp_size, 1400);
    cr_assert(query.edns.dnssec_ok);
    cr_assert_eq(dns_query_verdict_rcode(DNS_QUERY_VERSION, &query), DNS_BADVERS);
}

Test(dns_query, meta_types_and_transfers_are_refused_each_its_way)
{
    static const struct {
        uint16_t type;
        int rcode;
    } refused[] = {{DNS_TYPE_OPT, DNS_NOTIMP},   {DNS_TYPE_TKEY, DNS_NOTIMP},
                   {DNS_TYPE_TSIG, DNS_NOTIMP},  {DNS_TYPE_MAILA, DNS_NOTIMP},
                   {DNS_TYPE_MAILB, DNS_NOTIMP}, {DNS_TYPE_AXFR, DNS_REFUSED},
                   {DNS_TYPE_IXFR, DNS_REFUSED}};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct bytes_writer w = begin(DNS_RD, 0);
        bytes_set_u16(&w, w.pos - 4, refused[i].type);
        cr_assert_eq(parse(w.pos), DNS_QUERY_TYPE);
        cr_assert_eq(dns_query_verdict_rcode(DNS_QUERY_TYPE, &query), refused[i].rcode);
    }
    struct bytes_writer w = begin(DNS_RD, 0);
    bytes_set_u16(&w, w.pos - 4, DNS_TYPE_ANY);
    bytes_set_u16(&w, w.pos - 2, DNS_CLASS_CHAOS);
    cr_assert_eq(parse(w.pos), DNS_QUERY_OK, "ANY and other classes are judged later");
}

Test(dns_query, writes_the_golden_message)
{
    static const uint8_t golden[] = "\xbe\xef\x01\x10\0\1\0\0\0\0\0\1" /* id, RD and CD, counts */
                                    "\3www\7example\0\0\x1c\0\1"       /* AAAA IN */
                                    "\0\0\x29\x04\xd0\0\0\x80\0\0\0"; /* OPT, 1232, DO, no option */
    struct dns_question question = question_of("www.example", DNS_TYPE_AAAA);
    size_t size = dns_query_write(&question, 0xbeef, DNS_RD | DNS_CD | DNS_TC | DNS_QR, true, 0,
                                  room, sizeof room);
    cr_assert_eq(size, sizeof golden - 1);
    cr_assert_arr_eq(room, golden, sizeof golden - 1);
}

Test(dns_query, pads_names_of_every_length)
{
    char text[256] = "";
    for (size_t length = 1; length <= 253; length++) {
        for (size_t i = 0; i < length; i++)
            text[i] = i % 50 == 49 && i + 1 < length ? '.' : 'x';
        struct dns_question question = question_of(text, DNS_TYPE_A);
        size_t size = dns_query_write(&question, 1, DNS_RD, false, DNS_PADDING_QUERY, room, 512);
        cr_assert(size > 0 && size % DNS_PADDING_QUERY == 0, "%zu", length);
        cr_assert_eq(parse(size), DNS_QUERY_OK);
        cr_assert(query.edns.padding, "always there");
        cr_assert(query.edns.keepalive && !query.edns.keepalive_timed, "asked for, no more");
    }
}

Test(dns_query, writes_nothing_where_padding_would_be_cut)
{
    struct dns_question question = question_of("www.example", DNS_TYPE_A);
    for (size_t size = 0; size < 128; size++)
        cr_assert_eq(dns_query_write(&question, 1, 0, false, 128, room, size), 0);
    cr_assert_eq(dns_query_write(&question, 1, 0, false, 128, room, 128), 128);
}

Test(dns_query, random_octets_get_a_verdict_and_sound_ones_survive_rewriting)
{
    struct prng prng = prng_begin("dns_query");
    unsigned good = 0;
    for (unsigned round = 0; round < 50000; round++) {
        struct bytes_writer w = begin(DNS_RD, 1);
        build_opt(&w, 1232, 0, "\0\x0a\0\x08\1\2\3\4\5\6\7\x08", 12);
        for (unsigned flips = prng_below(&prng, 3); flips > 0; flips--)
            room[prng_below(&prng, (unsigned)w.pos)] = (uint8_t)prng_next(&prng);
        if (parse(w.pos) != DNS_QUERY_OK)
            continue;
        good++;
        struct dns_query first = query;
        size_t size = dns_query_write(&first.question, 7, first.flags, first.edns.dnssec_ok, 128,
                                      room, sizeof room);
        cr_assert_eq(parse(size), DNS_QUERY_OK, "seed %llu", (unsigned long long)prng.seed);
        cr_assert(dns_name_is_equal(&first.question.name, &query.question.name));
        cr_assert_eq(first.question.type, query.question.type);
        cr_assert_eq(first.flags, query.flags);
        cr_assert_eq(first.edns.dnssec_ok, query.edns.dnssec_ok);
    }
    cr_assert_gt(good, 1000);
}

/* --- replies of our own making */

static uint8_t reply_room[512];
static const struct dns_edns_put plain_opt = {.udp_size = DNS_EDNS_UDP_MAX, .ede = DNS_EDE_NONE};

static struct dns_query
query_of(uint16_t flags, bool edns)
{
    return (struct dns_query){.id = 0xbeef,
                              .flags = flags,
                              .question = question_of("Www.Example", DNS_TYPE_A),
                              .edns = {.present = edns, .udp_size = 1400}};
}

Test(dns_query, repeats_id_question_and_two_flags)
{
    static const uint8_t golden[] = "\xbe\xef\x81\x92\0\1\0\0\0\0\0\0" /* QR RD RA CD, SERVFAIL */
                                    "\3Www\7Example\0\0\1\0\1";
    struct dns_query asked = query_of(DNS_RD | DNS_CD | DNS_AD, false);
    size_t size =
        dns_query_reply(&asked, DNS_SERVFAIL, false, &plain_opt, reply_room, sizeof reply_room);
    cr_assert_eq(size, sizeof golden - 1);
    cr_assert_arr_eq(reply_room, golden, sizeof golden - 1);
}

Test(dns_query, says_truncated_when_told)
{
    struct dns_query asked = query_of(0, false);
    dns_query_reply(&asked, DNS_NOERROR, true, &plain_opt, reply_room, sizeof reply_room);
    struct bytes_reader r = bytes_reader(reply_room, sizeof reply_room);
    bytes_skip(&r, 2);
    cr_assert_eq(bytes_get_u16(&r), DNS_QR | DNS_RA | DNS_TC);
}

Test(dns_query, repeats_an_opcode_it_does_not_know)
{
    struct dns_query asked = {.id = 1, .opcode = 0x2800};
    cr_assert_eq(
        dns_query_reply(&asked, DNS_NOTIMP, false, &plain_opt, reply_room, sizeof reply_room), 12);
    cr_assert_arr_eq(reply_room, "\0\1\xa8\x84\0\0\0\0\0\0\0\0", 12,
                     "and no question, for none parsed");
}

Test(dns_query, splits_a_large_rcode_between_header_and_opt)
{
    struct dns_query asked = query_of(DNS_RD, true);
    size_t size =
        dns_query_reply(&asked, DNS_BADVERS, false, &plain_opt, reply_room, sizeof reply_room);
    cr_assert_eq(size, 12 + 17 + 11);
    cr_assert_eq(reply_room[3] & 15, 0);
    cr_assert_eq(reply_room[11], 1, "the OPT is counted");
    cr_assert_arr_eq(reply_room + 29, "\0\0\x29\4\xd0\1\0\0\0\0\0", 11,
                     "extended RCODE 1, version 0");
}

Test(dns_query, a_large_rcode_without_edns_is_servfail)
{
    struct dns_query asked = query_of(DNS_RD, false);
    size_t size =
        dns_query_reply(&asked, DNS_BADCOOKIE, false, &plain_opt, reply_room, sizeof reply_room);
    cr_assert_eq(size, 12 + 17);
    cr_assert_eq(reply_room[3] & 15, DNS_SERVFAIL);
}

Test(dns_query, everything_at_once_fits_512_octets)
{
    struct dns_query asked = query_of(DNS_RD, true);
    char text[254] = "";
    for (size_t i = 0; i < 253; i++)
        text[i] = i % 64 == 63 ? '.' : 'x';
    asked.question = question_of(text, DNS_TYPE_A);
    struct dns_edns_put opt = {.keepalive = true, .cookie_size = 40, .padding_block = 468};
    cr_assert_eq(dns_query_reply(&asked, DNS_BADCOOKIE, false, &opt, reply_room, sizeof reply_room),
                 468);
    cr_assert_eq(dns_query_reply(&asked, DNS_BADCOOKIE, false, &opt, reply_room, 200), 0);
}

Test(dns_query, udp_limit_is_between_512_and_1232)
{
    static const uint16_t asked[] = {0, 511, 512, 513, 1231, 1232, 1233, 65535};
    static const size_t given[] = {512, 512, 512, 513, 1231, 1232, 1232, 1232};
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        struct dns_edns edns = {.present = true, .udp_size = asked[i]};
        cr_assert_eq(dns_edns_udp_limit(&edns), given[i]);
        edns.present = false;
        cr_assert_eq(dns_edns_udp_limit(&edns), 512);
    }
}
