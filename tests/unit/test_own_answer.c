/* test_own_answer.c - ANY and our own name, as a strict parser reads them
 * SPDX-License-Identifier: ISC
 */
#include "answers/own_answer.h"
#include "dns/dns_answer.h"

#include <criterion/criterion.h>

static struct dns_query
query(const char *name, uint16_t type, uint16_t class, bool edns)
{
    struct dns_query query = {.id = 7, .flags = DNS_RD, .edns.ede = DNS_EDE_NONE};
    cr_assert_eq(dns_name_parse(name, &query.question.name), STATUS_OK);
    query.spelling = dns_name_fold(&query.question.name);
    query.question.type = type;
    query.question.class = class;
    query.edns.present = edns;
    return query;
}

static const struct dns_edns_put opt = {.udp_size = 1232, .ede = DNS_EDE_NONE};

static struct dns_answer
parsed(const uint8_t *message, size_t size, const struct dns_query *q)
{
    struct dns_answer answer;
    cr_assert_gt(size, 0);
    cr_assert_eq(dns_answer_parse(message, size, &q->question, &answer), DNS_ANSWER_OK);
    cr_assert_eq(answer.counts[0], 1);
    cr_assert_eq(answer.has_opt, q->edns.present);
    cr_assert_eq(answer.flags, DNS_QR | DNS_RD | DNS_RA);
    return answer;
}

Test(own_answer, answers_any_with_one_record)
{
    for (int edns = 0; edns < 2; edns++) {
        struct dns_query q = query("WWW.example.test", DNS_TYPE_ANY, DNS_CLASS_IN, edns);
        struct dns_name spelled;
        cr_assert_eq(dns_name_parse("WWW.example.test", &spelled), STATUS_OK);
        uint8_t message[512];
        size_t size = own_answer_any(&q, &opt, message, sizeof message);
        struct dns_answer answer = parsed(message, size, &q);
        static const uint8_t data[] = {0, 9, 7, 'R', 'F', 'C', '8', '4', '8', '2', 0};
        cr_assert_arr_eq(message + answer.end - sizeof data, data, sizeof data);
        cr_assert_eq(answer.ttl_min, OWN_ANSWER_ANY_TTL_S);
        cr_assert_arr_eq(message + DNS_HEADER_SIZE, spelled.wire, spelled.size, "spelled as asked");
    }
}

Test(own_answer, tells_who_we_are)
{
    struct dns_query q = query("ID.server", DNS_TYPE_TXT, DNS_CLASS_CHAOS, true);
    uint8_t message[768];
    size_t size = own_answer_identity(&q, "edge-1", &opt, message, sizeof message);
    struct dns_answer answer = parsed(message, size, &q);
    static const uint8_t data[] = {0, 7, 6, 'e', 'd', 'g', 'e', '-', '1'};
    cr_assert_arr_eq(message + answer.end - sizeof data, data, sizeof data);
}

Test(own_answer, knows_the_questions_for_our_name)
{
    struct dns_query yes[] = {query("id.server", DNS_TYPE_TXT, DNS_CLASS_CHAOS, false),
                              query("HOSTNAME.Bind", DNS_TYPE_ANY, DNS_CLASS_CHAOS, false)};
    struct dns_query no[] = {query("version.bind", DNS_TYPE_TXT, DNS_CLASS_CHAOS, false),
                             query("id.server", DNS_TYPE_TXT, DNS_CLASS_IN, false),
                             query("id.server", DNS_TYPE_A, DNS_CLASS_CHAOS, false),
                             query("x.id.server", DNS_TYPE_TXT, DNS_CLASS_CHAOS, false)};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        cr_assert(own_answer_is_identity(&yes[i].question));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        cr_assert_not(own_answer_is_identity(&no[i].question));
}

Test(own_answer, writes_nothing_where_there_is_no_room)
{
    struct dns_query q = query("www.example.test", DNS_TYPE_ANY, DNS_CLASS_IN, true);
    uint8_t message[512];
    size_t whole = own_answer_any(&q, &opt, message, sizeof message);
    for (size_t size = 0; size < whole; size++)
        cr_assert_eq(own_answer_any(&q, &opt, message, size), 0);
    cr_assert_eq(own_answer_any(&q, &opt, message, whole), whole);
}
