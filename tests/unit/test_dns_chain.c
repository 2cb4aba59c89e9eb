/* test_dns_chain.c - records that belong to what was asked
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_chain.h"

#include "dns_build.h"

#include <stdio.h>

#define CHAIN_ROOM 65535

struct made {
    uint8_t message[1024];
    struct bytes_writer w;
    struct dns_question question;
    struct dns_answer answer;
    uint16_t counts[2];
};

static void
begin(struct made *made, const char *name, uint16_t type)
{
    made->question = question_of(name, type);
    made->counts[0] = made->counts[1] = 0;
    made->w = bytes_writer(made->message, sizeof made->message);
    build_header(&made->w, 1, DNS_QR, 1, 0, 0, 0);
    build_question(&made->w, &made->question);
}

static void
add(struct made *made, unsigned section, const char *owner, uint16_t type, const void *data,
    uint16_t size)
{
    build_name(&made->w, owner);
    build_record(&made->w, type, 60, size);
    bytes_put_copy(&made->w, data, size);
    made->counts[section]++;
    bytes_set_u16(&made->w, 6 + 2 * section, made->counts[section]);
}

static void
add_name(struct made *made, unsigned section, const char *owner, uint16_t type, const char *target)
{
    struct dns_name name = name_of(target);
    add(made, section, owner, type, name.wire, name.size);
}

static bool
is_whole(struct made *made)
{
    cr_assert_eq(dns_answer_parse(made->message, made->w.pos, &made->question, &made->answer),
                 DNS_ANSWER_OK);
    return dns_chain_is_whole(made->message, &made->answer, &made->question);
}

static const uint8_t address[4] = {192, 0, 2, 1};

Test(dns_chain, the_asked_name_in_any_case_is_whole)
{
    struct made made;
    begin(&made, "www.example.com", DNS_TYPE_A);
    cr_assert(is_whole(&made), "nothing is no stranger");
    add(&made, 0, "WWW.example.COM", DNS_TYPE_A, address, 4);
    add_name(&made, 1, "example.com", DNS_TYPE_NS, "ns.elsewhere.net");
    cr_assert(is_whole(&made));
}

Test(dns_chain, a_record_of_another_name_is_not)
{
    struct made made;
    begin(&made, "www.example.com", DNS_TYPE_A);
    add(&made, 0, "bank.example.net", DNS_TYPE_A, address, 4);
    cr_assert_not(is_whole(&made));
    begin(&made, "www.example.com", DNS_TYPE_A);
    add(&made, 0, "example.com", DNS_TYPE_A, address, 4);
    cr_assert_not(is_whole(&made), "a name above is another name");
}

Test(dns_chain, aliases_lead_on_in_any_order)
{
    struct made made;
    begin(&made, "a.example", DNS_TYPE_A);
    add_name(&made, 0, "a.example", DNS_TYPE_CNAME, "b.example");
    add_name(&made, 0, "b.example", DNS_TYPE_CNAME, "c.other");
    add(&made, 0, "c.other", DNS_TYPE_A, address, 4);
    add_name(&made, 1, "other", DNS_TYPE_NS, "ns.other");
    cr_assert(is_whole(&made));
    begin(&made, "a.example", DNS_TYPE_A);
    add(&made, 0, "c.other", DNS_TYPE_A, address, 4);
    add_name(&made, 0, "a.example", DNS_TYPE_CNAME, "c.other");
    cr_assert(is_whole(&made), "the address stands before its alias");
    add(&made, 0, "d.other", DNS_TYPE_A, address, 4);
    cr_assert_not(is_whole(&made), "and nothing leads to the last");
}

Test(dns_chain, the_longest_chain_may_stand_backwards)
{
    struct made made;
    begin(&made, "a0.example", DNS_TYPE_A);
    add(&made, 0, "a15.example", DNS_TYPE_A, address, 4);
    for (unsigned i = DNS_CHAIN_MAX - 1; i > 0; i--) {
        char from[32], to[32];
        snprintf(from, sizeof from, "a%u.example", i - 1);
        snprintf(to, sizeof to, "a%u.example", i);
        add_name(&made, 0, from, DNS_TYPE_CNAME, to);
    }
    cr_assert(is_whole(&made));
    add_name(&made, 0, "a15.example", DNS_TYPE_CNAME, "a0.example");
    cr_assert(is_whole(&made), "a circle adds no name");
    add_name(&made, 0, "a15.example", DNS_TYPE_CNAME, "a16.example");
    cr_assert_not(is_whole(&made));
}

Test(dns_chain, what_is_dear_to_check_backwards_is_not_whole)
{
    static struct made made;
    static uint8_t room[CHAIN_ROOM];
    begin(&made, "a0.example", DNS_TYPE_A);
    made.w = bytes_writer(room, sizeof room);
    build_header(&made.w, 1, DNS_QR, 1, 0, 0, 0);
    build_question(&made.w, &made.question);
    for (unsigned i = 0; i < 1500; i++)
        add(&made, 0, "a15.example", DNS_TYPE_A, address, 4);
    for (unsigned i = 15; i > 0; i--) {
        char from[32], to[32];
        snprintf(from, sizeof from, "a%u.example", i - 1);
        snprintf(to, sizeof to, "a%u.example", i);
        add_name(&made, 0, from, DNS_TYPE_CNAME, to);
    }
    cr_assert_eq(dns_answer_parse(room, made.w.pos, &made.question, &made.answer), DNS_ANSWER_OK);
    cr_assert_not(dns_chain_is_whole(room, &made.answer, &made.question));
}

Test(dns_chain, a_chain_has_an_end)
{
    struct made made;
    begin(&made, "a0.example", DNS_TYPE_A);
    for (unsigned i = 0; i < DNS_CHAIN_MAX; i++) {
        char from[32], to[32];
        snprintf(from, sizeof from, "a%u.example", i);
        snprintf(to, sizeof to, "a%u.example", i + 1);
        cr_assert(is_whole(&made));
        add_name(&made, 0, from, DNS_TYPE_CNAME, to);
    }
    cr_assert_not(is_whole(&made));
}

Test(dns_chain, what_is_dear_to_check_is_not_whole)
{
    static struct {
        uint8_t message[CHAIN_ROOM];
        struct bytes_writer w;
    } big;
    struct dns_question question = question_of("a0.example", DNS_TYPE_A);
    struct dns_answer answer;
    for (unsigned records = 1300; records <= 1400; records += 100) {
        unsigned links = 4; /* the first owner is compared last */
        big.w = bytes_writer(big.message, sizeof big.message);
        build_header(&big.w, 1, DNS_QR, 1, (uint16_t)(records + links - 1), 0, 0);
        build_question(&big.w, &question);
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
        cr_assert_eq(dns_answer_parse(big.message, big.w.pos, &question, &answer), DNS_ANSWER_OK);
        cr_assert_eq(dns_chain_is_whole(big.message, &answer, &question),
                     records * (links - 1) < DNS_CHAIN_STEPS);
    }
}

Test(dns_chain, a_dname_stands_above_what_it_leads_from)
{
    struct made made;
    begin(&made, "www.old.example", DNS_TYPE_A);
    add_name(&made, 0, "old.example", 39, "new.example");
    add_name(&made, 0, "www.old.example", DNS_TYPE_CNAME, "www.new.example");
    add(&made, 0, "www.new.example", DNS_TYPE_A, address, 4);
    cr_assert(is_whole(&made));
    begin(&made, "www.old.example", DNS_TYPE_A);
    add_name(&made, 0, "other.example", 39, "new.example");
    cr_assert_not(is_whole(&made));
}

Test(dns_chain, a_zone_that_is_not_above_the_name_has_no_say)
{
    static const uint8_t soa[22] = {0};
    struct made made;
    begin(&made, "a.example.com", DNS_TYPE_A);
    add(&made, 1, "com", DNS_TYPE_SOA, soa, sizeof soa);
    cr_assert(is_whole(&made));
    begin(&made, "a.example.com", DNS_TYPE_A);
    add(&made, 1, "net", DNS_TYPE_SOA, soa, sizeof soa);
    cr_assert_not(is_whole(&made));
}
