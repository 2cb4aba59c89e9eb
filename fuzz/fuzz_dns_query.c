/* fuzz_dns_query.c - a client's message: what we accept survives our own encoding
 * SPDX-License-Identifier: ISC
 *
 * Input: the message. Invariants: a verdict's promises hold; a question is in lower case, and
 * repeated as it was spelled; an accepted question, its flags and DO are the same after write and
 * parse; an error reply is well formed and never over 512 octets.
 */
#include "dns/dns_answer.h"
#include "dns/dns_query.h"
#include "dns/dns_tsig.h"

#include "dns_mutator.h"
#include "fuzz.h"

static void
check_rewrite(const struct dns_query *query, uint16_t padding)
{
    uint8_t wire[512];
    struct dns_query back;
    size_t size = dns_query_write(&query->question, 0x1234, query->flags, query->edns.dnssec_ok,
                                  padding, wire, sizeof wire);
    must(size > 0 && (padding == 0 || size % padding == 0));
    must(dns_query_parse(wire, size, &back) == DNS_QUERY_OK);
    must(back.id == 0x1234 && back.flags == query->flags && back.edns.present);
    must(back.edns.dnssec_ok == query->edns.dnssec_ok && back.edns.padding == (padding != 0));
    must(back.edns.cookie_size == 0);
    /* an upstream over TLS is asked for its idle time; a query never names one */
    must(back.edns.keepalive == (padding != 0) && !back.edns.keepalive_timed);
    must(back.question.type == query->question.type);
    must(back.question.class == query->question.class);
    must(dns_name_is_equal(&back.question.name, &query->question.name));
}

static void
check_reply(const struct dns_query *query, enum dns_query_verdict verdict)
{
    uint8_t wire[512];
    struct dns_answer answer;
    struct dns_edns_put opt = {.udp_size = DNS_EDNS_UDP_MAX, .ede = DNS_EDE_NONE};
    int rcode = verdict == DNS_QUERY_OK ? DNS_SERVFAIL : dns_query_verdict_rcode(verdict, query);
    if (rcode < 0)
        return;
    size_t size = dns_query_reply(query, (uint16_t)rcode, false, &opt, wire, sizeof wire);
    must(size >= DNS_HEADER_SIZE && dns_answer_id(wire) == query->id);
    if (query->question.name.size == 0) {
        must(size == (query->edns.present ? DNS_HEADER_SIZE + 11 : DNS_HEADER_SIZE));
        return;
    }
    if (query->opcode != 0)
        return;
    must(dns_answer_parse(wire, size, &query->question, &answer) == DNS_ANSWER_OK);
    must(answer.rcode == rcode && answer.has_opt == query->edns.present);
}

static size_t
refuse_signed(const uint8_t *message, size_t message_size, const struct dns_query *query,
              const struct dns_edns_put *opt, uint8_t *to, size_t size)
{
    size_t written = dns_query_reply(query, DNS_NOTAUTH, false, opt, to, size);
    return dns_tsig_refuse(message, message_size, to, written, size);
}

/* Who signed is told so, in no more octets than came, but for our OPT's. */
static void
check_refusal(const uint8_t *message, size_t message_size, const struct dns_query *query)
{
    uint8_t wire[DNS_HEADER_SIZE + 3 * DNS_NAME_MAX + DNS_EDNS_PUT_MAX + 64];
    struct dns_answer answer;
    struct dns_edns_put opt = {.udp_size = DNS_EDNS_UDP_MAX, .ede = DNS_EDE_NONE};
    size_t size = refuse_signed(message, message_size, query, &opt, wire, sizeof wire);
    must(size >= DNS_HEADER_SIZE && dns_answer_id(wire) == query->id);
    must(dns_answer_parse(wire, size, &query->question, &answer) == DNS_ANSWER_OK);
    must(answer.rcode == DNS_NOTAUTH && answer.has_opt == query->edns.present);
    struct bytes_reader r = bytes_reader(wire, size);
    bytes_skip(&r, DNS_HEADER_SIZE + query->question.name.size + 4U);
    must(dns_tsig_is_last(&r, query->edns.present ? 2 : 1));
    size_t less = refuse_signed(message, message_size, query, &opt, wire, 512);
    must(less >= DNS_HEADER_SIZE && less <= size);
}

static void
check_spelling(const uint8_t *message, size_t message_size, const struct dns_query *query)
{
    uint8_t wire[DNS_NAME_MAX + 4];
    struct dns_name lower = query->question.name;
    struct bytes_reader r = bytes_reader(message, message_size);
    struct bytes_writer w = bytes_writer(wire, sizeof wire);
    dns_name_lower(&lower);
    must(memcmp(lower.wire, query->question.name.wire, lower.size) == 0);
    dns_query_put_question(&w, query);
    bytes_skip(&r, DNS_HEADER_SIZE);
    const uint8_t *asked = bytes_get_view(&r, w.pos);
    must(asked != NULL && memcmp(asked, wire, w.pos) == 0);
}

const size_t dns_mutator_at = 0;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns_query query;
    if (size > DNS_MESSAGE_MAX)
        return 0;
    enum dns_query_verdict verdict = dns_query_parse(data, size, &query);
    must((verdict == DNS_QUERY_SHORT) == (size < DNS_HEADER_SIZE));
    must((query.flags & ~(DNS_RD | DNS_AD | DNS_CD)) == 0);
    must(verdict != DNS_QUERY_OK || (query.opcode == 0 && query.question.name.size > 0));
    must(verdict != DNS_QUERY_TYPE || query.question.name.size > 0);
    must(verdict != DNS_QUERY_COOKIE ||
         (query.question.name.size == 0 && query.edns.cookie_size > 0 && query.edns.version == 0));
    check_reply(&query, verdict);
    if (query.question.name.size > 0)
        check_spelling(data, size, &query);
    if (verdict == DNS_QUERY_SIGNED)
        check_refusal(data, size, &query);
    if (verdict == DNS_QUERY_OK) {
        check_rewrite(&query, DNS_PADDING_QUERY);
        check_rewrite(&query, 0);
    }
    return 0;
}
