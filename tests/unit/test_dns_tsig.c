/* test_dns_tsig.c - signed queries and the reply that refuses them
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_tsig.h"

#include "dns_build.h"

#define SIGNATURE 32

static uint8_t room[1024];
static const struct dns_edns_put opt = {.udp_size = DNS_EDNS_UDP_MAX, .ede = DNS_EDE_NONE};

/* A query for Www.Example., signed, with an OPT before the signature or without. */
static size_t
signed_query(bool edns)
{
    struct bytes_writer w = bytes_writer(room, sizeof room);
    struct dns_question question = question_of("Www.Example", DNS_TYPE_A);
    build_header(&w, 0x1234, DNS_RD, 1, 0, 0, edns ? 2 : 1);
    build_question(&w, &question);
    if (edns)
        build_opt(&w, 1400, 0, "", 0);
    build_name(&w, "Key.example");
    bytes_put_u16(&w, DNS_TYPE_TSIG);
    bytes_put_u16(&w, DNS_CLASS_ANY);
    bytes_put_u32(&w, 0);
    bytes_put_u16(&w, 13 + 6 + 2 + 2 + SIGNATURE + 2 + 2 + 2);
    build_name(&w, "hmac-sha256");
    bytes_put_copy(&w, "\0\0\x68\1\2\3", 6); /* time */
    bytes_put_u16(&w, 300);                  /* fudge */
    bytes_put_u16(&w, SIGNATURE);
    bytes_put_zeros(&w, SIGNATURE);
    bytes_put_u16(&w, 0x1234);
    bytes_put_u16(&w, 0); /* error */
    bytes_put_u16(&w, 0); /* other data */
    return w.pos;
}

static bool
is_last(size_t size, uint32_t records)
{
    struct bytes_reader r = bytes_reader(room, size);
    bytes_skip(&r, DNS_HEADER_SIZE + 13 + 4);
    return dns_tsig_is_last(&r, records);
}

/* The whole reply to a signed message. */
static size_t
refuse(const uint8_t *message, size_t message_size, const struct dns_query *query,
       const struct dns_edns_put *our_opt, uint8_t *to, size_t size)
{
    size_t written = dns_query_reply(query, DNS_NOTAUTH, false, our_opt, to, size);
    return dns_tsig_refuse(message, message_size, to, written, size);
}

Test(dns_tsig, is_seen_as_the_last_record_only)
{
    size_t size = signed_query(false);
    cr_assert(is_last(size, 1));
    cr_assert_not(is_last(size, 2), "one is missing");
    cr_assert_not(is_last(size, 0));
    for (size_t cut = DNS_HEADER_SIZE + 13 + 4; cut < size; cut++)
        cr_assert_not(is_last(cut, 1), "%zu", cut);
    room[size] = 0;
    cr_assert_not(is_last(size + 1, 1), "something stands behind it");
    size = signed_query(true);
    cr_assert(is_last(size, 2));
    cr_assert_not(is_last(size, 1), "that is the OPT");
}

Test(dns_tsig, there_is_one)
{
    size_t begin = DNS_HEADER_SIZE + 13 + 4, size = signed_query(false) - begin;
    memcpy(room + begin + size, room + begin, size);
    cr_assert(is_last(begin + size, 1));
    cr_assert_not(is_last(begin + 2 * size, 2), "RFC 8945 section 5.1");
}

Test(dns_tsig, refusal_repeats_key_and_time_without_a_signature)
{
    for (int edns = 0; edns < 2; edns++) {
        size_t size = signed_query(edns);
        struct dns_query query;
        uint8_t message[sizeof room], *reply = room;
        memcpy(message, room, size);
        cr_assert_eq(dns_query_parse(message, size, &query), DNS_QUERY_SIGNED);
        size_t written = refuse(message, size, &query, &opt, reply, sizeof room);
        cr_assert_eq(written, size - SIGNATURE);
        struct bytes_reader r = bytes_reader(reply, written);
        cr_assert_eq(bytes_get_u16(&r), 0x1234);
        cr_assert_eq(bytes_get_u16(&r) & DNS_RCODE, DNS_NOTAUTH);
        bytes_seek(&r, 10);
        cr_assert_eq(bytes_get_u16(&r), edns + 1);
        cr_assert(is_last(written, edns ? 2 : 1));
        size_t tail = written - (2 + 2 + 2 + 2 + 2 + 6);
        cr_assert_arr_eq(reply + tail, "\0\0\x68\1\2\3\1\x2c\0\0\x12\x34\0\x11\0\0", 16,
                         "time, fudge, no signature, id, BADKEY, no data");
    }
}

Test(dns_tsig, refusal_leaves_the_record_out_where_there_is_no_room)
{
    size_t size = signed_query(true);
    struct dns_query query;
    uint8_t message[sizeof room];
    memcpy(message, room, size);
    cr_assert_eq(dns_query_parse(message, size, &query), DNS_QUERY_SIGNED);
    size_t without = DNS_HEADER_SIZE + 13 + 4 + 11;
    for (size_t have = 0; have < size - SIGNATURE; have++) {
        size_t written = refuse(message, size, &query, &opt, room, have);
        cr_assert_eq(written, have < without ? 0 : without);
    }
}
