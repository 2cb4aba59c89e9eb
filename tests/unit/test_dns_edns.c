/* test_dns_edns.c - the OPT record, read and written
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_edns.h"
#include "dns_build.h"

static enum dns_edns_result
get(uint32_t ttl, const void *options, size_t size, struct dns_edns *edns)
{
    uint8_t room[2048];
    struct bytes_writer w = bytes_writer(room, sizeof room);
    build_opt(&w, 4096, ttl, options, (uint16_t)size);
    struct bytes_reader r = bytes_reader(room, w.pos);
    bytes_skip(&r, 3);
    enum dns_edns_result result = dns_edns_get(&r, edns);
    cr_assert(result != DNS_EDNS_OK || bytes_left(&r) == 0);
    return result;
}

Test(dns_edns, reads_the_fixed_part)
{
    struct dns_edns edns;
    cr_assert_eq(get(0xab008000U, "", 0, &edns), DNS_EDNS_OK);
    cr_assert(edns.present && edns.dnssec_ok);
    cr_assert_eq(edns.udp_size, 4096);
    cr_assert_eq(edns.extended_rcode, 0xab);
    cr_assert_eq(edns.version, 0);
    cr_assert_eq(edns.ede, DNS_EDE_NONE);
    cr_assert_eq(get(0x00007fffU, "", 0, &edns), DNS_EDNS_OK);
    cr_assert_not(edns.dnssec_ok, "other flags are not DO");
}

Test(dns_edns, reads_options_and_passes_unknown_ones_over)
{
    static const char options[] = "\0\x0c\0\2\0\0" /* padding */
                                  "\xfd\xe9\0\1x"  /* unknown */
                                  "\0\x0b\0\0"     /* keepalive */
                                  "\0\x0a\0\x08"   /* cookie */
                                  "cccccccc"
                                  "\0\x0f\0\5\0\x17" /* EDE 23 and text */
                                  "abc";
    struct dns_edns edns;
    cr_assert_eq(get(0, options, sizeof options - 1, &edns), DNS_EDNS_OK);
    cr_assert(edns.padding && edns.keepalive && !edns.keepalive_timed);
    cr_assert_eq(edns.cookie_size, 8);
    cr_assert_arr_eq(edns.cookie, "cccccccc", 8);
    cr_assert_eq(edns.ede, DNS_EDE_NETWORK_ERROR);
}

Test(dns_edns, the_first_cookie_and_error_count)
{
    static const char options[] = "\0\x0a\0\x08"
                                  "aaaaaaaa"
                                  "\0\x0f\0\2\0\x0f"
                                  "\0\x0a\0\x10"
                                  "bbbbbbbbbbbbbbbb"
                                  "\0\x0f\0\2\0\x10";
    struct dns_edns edns;
    cr_assert_eq(get(0, options, sizeof options - 1, &edns), DNS_EDNS_OK);
    cr_assert_eq(edns.cookie_size, 8);
    cr_assert_arr_eq(edns.cookie, "aaaaaaaa", 8);
    cr_assert_eq(edns.ede, 15);
}

Test(dns_edns, cookies_have_8_or_16_to_40_octets)
{
    for (size_t size = 0; size <= 48; size++) {
        uint8_t option[4 + 48] = {0, DNS_OPTION_COOKIE, 0, (uint8_t)size};
        memset(option + 4, 'k', size);
        struct dns_edns edns;
        bool good = size == 8 || (size >= 16 && size <= 40);
        cr_assert_eq(get(0, option, 4 + size, &edns), DNS_EDNS_OK, "who has no cookies ignores it");
        cr_assert_eq(edns.cookie_is_odd, !good, "%zu", size);
        cr_assert_eq(edns.cookie_size, good ? size : 0);
    }
}

Test(dns_edns, only_the_first_cookie_is_judged)
{
    static const char odd_first[] = "\0\x0a\0\1x\0\x0a\0\x08"
                                    "aaaaaaaa";
    static const char odd_last[] = "\0\x0a\0\x08"
                                   "aaaaaaaa\0\x0a\0\1x";
    struct dns_edns edns;
    cr_assert_eq(get(0, odd_first, sizeof odd_first - 1, &edns), DNS_EDNS_OK);
    cr_assert(edns.cookie_is_odd && edns.cookie_size == 0);
    cr_assert_eq(get(0, odd_last, sizeof odd_last - 1, &edns), DNS_EDNS_OK);
    cr_assert(!edns.cookie_is_odd && edns.cookie_size == 8);
}

Test(dns_edns, a_size_that_an_option_cannot_have_is_told_and_no_more)
{
    for (size_t size = 0; size <= 5; size++) {
        uint8_t keepalive[4 + 5] = {0, DNS_OPTION_KEEPALIVE, 0, (uint8_t)size};
        struct dns_edns edns;
        cr_assert_eq(get(0, keepalive, 4 + size, &edns), DNS_EDNS_OK);
        cr_assert(edns.keepalive);
        cr_assert_eq(edns.keepalive_is_odd, size != 0 && size != 2);
        cr_assert_eq(edns.keepalive_timed, size == 2);
    }
    struct dns_edns edns;
    cr_assert_eq(get(0, "\0\x0f\0\1x\0\x0f\0\0\0\x0f\0\2\0\x16", 15, &edns), DNS_EDNS_OK);
    cr_assert_eq(edns.ede, DNS_EDE_NO_REACHABLE_AUTHORITY, "half a code is none");
}

Test(dns_edns, lengths_must_add_up)
{
    static const struct {
        const char *options;
        size_t size;
    } wrong[] = {
        {"\0", 1}, {"\0\x0c\0", 3}, {"\0\x0c\0\1", 4}, {"\0\x0c\xff\xff", 4}, {"\0\x0c\0\1x\0", 6},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct dns_edns edns;
        cr_assert_eq(get(0x00008000U, wrong[i].options, wrong[i].size, &edns), DNS_EDNS_FORM,
                     "case %zu", i);
        cr_assert(edns.present && edns.dnssec_ok, "the fixed part stays known");
        cr_assert(!edns.padding && !edns.keepalive && edns.cookie_size == 0);
        cr_assert_eq(edns.ede, DNS_EDE_NONE);
    }
}

Test(dns_edns, rdata_past_the_end_is_malformed)
{
    uint8_t room[32];
    struct bytes_writer w = bytes_writer(room, sizeof room);
    build_opt(&w, 1232, 0, "\0\x0c\0\0", 4);
    for (size_t size = 3; size < w.pos; size++) {
        struct bytes_reader r = bytes_reader(room, size);
        struct dns_edns edns;
        bytes_skip(&r, 3);
        cr_assert_eq(dns_edns_get(&r, &edns), DNS_EDNS_FORM);
        cr_assert_eq(edns.present, size >= 11);
    }
}

Test(dns_edns, takes_as_many_options_as_there_are)
{
    uint8_t options[300 * 4] = {0};
    for (size_t i = 0; i < 300; i++)
        options[4 * i] = 0xfd; /* local use: nobody knows them */
    options[299 * 4] = 0;
    options[299 * 4 + 1] = DNS_OPTION_PADDING;
    struct dns_edns edns;
    cr_assert_eq(get(0, options, sizeof options, &edns), DNS_EDNS_OK);
    cr_assert(edns.padding, "the last is looked at too");
}

Test(dns_edns, options_of_another_version_are_not_judged)
{
    struct dns_edns edns;
    cr_assert_eq(get(0x00010000U, "\0\x0c\0", 3, &edns), DNS_EDNS_OK);
    cr_assert_eq(edns.version, 1);
    cr_assert_eq(edns.udp_size, 4096);
    cr_assert_not(edns.padding);
}

Test(dns_edns, writes_what_it_reads)
{
    struct dns_edns_put put = {.udp_size = 1232,
                               .extended_rcode = 1,
                               .dnssec_ok = true,
                               .ede = DNS_EDE_STALE_ANSWER,
                               .keepalive = true,
                               .keepalive_100ms = 100,
                               .cookie_size = 24,
                               .padding_block = 128};
    memset(put.cookie, 'k', put.cookie_size);
    uint8_t room[256];
    struct bytes_writer w = bytes_writer(room, sizeof room);
    bytes_put_zeros(&w, 29);
    dns_edns_put(&w, &put);
    cr_assert_eq(w.pos, 128);
    struct bytes_reader r = bytes_reader(room, w.pos);
    bytes_skip(&r, 29 + 3);
    struct dns_edns edns;
    cr_assert_eq(dns_edns_get(&r, &edns), DNS_EDNS_OK);
    cr_assert_eq(bytes_left(&r), 0);
    cr_assert(edns.dnssec_ok && edns.keepalive && edns.padding);
    cr_assert(edns.keepalive_timed);
    cr_assert_eq(edns.keepalive_100ms, 100);
    cr_assert_eq(edns.extended_rcode, 1);
    cr_assert_eq(edns.ede, DNS_EDE_STALE_ANSWER);
    cr_assert_eq(edns.cookie_size, 24);
    cr_assert_arr_eq(edns.cookie, put.cookie, 24);
}

Test(dns_edns, without_padding_it_has_the_documented_size_at_most)
{
    struct dns_edns_put put = {
        .keepalive = true, .cookie_size = DNS_COOKIE_MAX, .padding_block = 1};
    uint8_t room[256];
    struct bytes_writer w = bytes_writer(room, sizeof room);
    dns_edns_put(&w, &put);
    cr_assert_eq(w.pos, DNS_EDNS_PUT_MAX);
    put = (struct dns_edns_put){.ede = DNS_EDE_NONE};
    w = bytes_writer(room, sizeof room);
    dns_edns_put(&w, &put);
    cr_assert_eq(w.pos, 11, "nothing asked for, nothing put");
}

Test(dns_edns, our_name_is_asked_for_with_whatever_stands_in_the_option)
{
    struct dns_edns edns;
    cr_assert_eq(get(0, "\0\3\0\0", 4, &edns), DNS_EDNS_OK);
    cr_assert(edns.nsid);
    cr_assert_eq(get(0, "\0\3\0\1x", 5, &edns), DNS_EDNS_OK);
    cr_assert(edns.nsid);
    cr_assert_eq(get(0, "\0\x0c\0\0", 4, &edns), DNS_EDNS_OK);
    cr_assert_not(edns.nsid);
}

Test(dns_edns, says_where_the_text_of_an_error_stands)
{
    struct dns_edns edns;
    cr_assert_eq(get(0,
                     "\0\x0c\0\1x\0\x0f\0\5\0\x16"
                     "abc\0\x0f\0\3\0\1z",
                     21, &edns),
                 DNS_EDNS_OK);
    cr_assert_eq(edns.ede, DNS_EDE_NO_REACHABLE_AUTHORITY);
    cr_assert_eq(edns.ede_text_at, 11 + 5 + 6, "from the message's first octet");
    cr_assert_eq(edns.ede_text_size, 3);
}

/* An OPT behind 12 octets, with our name and an error that is explained. */
static size_t
put_whole(uint8_t room[], size_t size, uint16_t max, struct dns_edns *edns)
{
    static char text[300];
    memset(text, 't', sizeof text);
    struct dns_edns_put put = {.ede = DNS_EDE_OTHER,
                               .ede_text = (const uint8_t *)text,
                               .ede_text_size = sizeof text,
                               .nsid = "name",
                               .nsid_size = 4,
                               .message_max = max};
    struct bytes_writer w = bytes_writer(room, size);
    bytes_put_zeros(&w, 12);
    dns_edns_put(&w, &put);
    cr_assert_not(w.failed);
    cr_assert_eq(dns_edns_put_size(&put), 11 + 6, "what is never left out");
    struct bytes_reader r = bytes_reader(room, w.pos);
    bytes_skip(&r, 12 + 3);
    cr_assert_eq(dns_edns_get(&r, edns), DNS_EDNS_OK);
    cr_assert_eq(bytes_left(&r), 0);
    cr_assert_eq(edns->ede, DNS_EDE_OTHER);
    return w.pos;
}

Test(dns_edns, name_and_text_go_as_far_as_there_is_room)
{
    uint8_t room[512];
    struct dns_edns edns;
    size_t whole = put_whole(room, sizeof room, 0, &edns);
    cr_assert_eq(whole, 12 + 17 + DNS_EDE_TEXT_MAX + 8);
    cr_assert(edns.nsid && edns.ede_text_size == DNS_EDE_TEXT_MAX);
    for (size_t end = 12 + 17; end < whole; end++) {
        size_t by_limit = put_whole(room, sizeof room, (uint16_t)end, &edns);
        cr_assert_leq(by_limit, end);
        cr_assert_eq(put_whole(room, end, 0, &edns), by_limit);
        size_t text = end - 29 < DNS_EDE_TEXT_MAX ? end - 29 : DNS_EDE_TEXT_MAX;
        cr_assert_eq(edns.ede_text_size, text);
        cr_assert_not(edns.nsid);
    }
}

Test(dns_edns, pads_every_length_to_a_multiple_with_zeros)
{
    uint8_t room[1500];
    for (size_t before = 12; before < 900; before++) {
        struct dns_edns_put put = {.ede = DNS_EDE_NONE, .padding_block = DNS_PADDING_ANSWER};
        struct bytes_writer w = bytes_writer(room, sizeof room);
        memset(room, 0x55, sizeof room);
        bytes_put_zeros(&w, before);
        dns_edns_put(&w, &put);
        cr_assert_eq(w.pos % DNS_PADDING_ANSWER, 0);
        cr_assert_lt(w.pos - before, DNS_PADDING_ANSWER + 15);
        for (size_t i = before + 15; i < w.pos; i++)
            cr_assert_eq(room[i], 0);
    }
}

Test(dns_edns, padding_stays_within_message_max_and_room)
{
    uint8_t room[512];
    struct dns_edns_put put = {.ede = DNS_EDE_NONE, .padding_block = 468, .message_max = 400};
    struct bytes_writer w = bytes_writer(room, sizeof room);
    bytes_put_zeros(&w, 100);
    dns_edns_put(&w, &put);
    cr_assert_eq(w.pos, 400);
    put.message_max = 0;
    w = bytes_writer(room, 300);
    bytes_put_zeros(&w, 100);
    dns_edns_put(&w, &put);
    cr_assert_not(w.failed);
    cr_assert_eq(w.pos, 300);
    put.message_max = 114; /* the option's head would be one octet too many */
    w = bytes_writer(room, sizeof room);
    bytes_put_zeros(&w, 100);
    dns_edns_put(&w, &put);
    cr_assert_eq(w.pos, 111);
    w = bytes_writer(room, 110);
    bytes_put_zeros(&w, 100);
    dns_edns_put(&w, &put);
    cr_assert(w.failed, "the record itself does not fit");
}
