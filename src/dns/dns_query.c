/* dns_query.c - see dns_query.h
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_query.h"

#include "dns/dns_tsig.h"

#define FLAGS_KEPT       (DNS_RD | DNS_AD | DNS_CD)
#define RCODE_HEADER_MAX 15 /* the four bits of the header */

static enum dns_query_verdict
judge_type(uint16_t type)
{
    switch (type) {
    case DNS_TYPE_OPT:
    case DNS_TYPE_TKEY:
    case DNS_TYPE_TSIG:
    case DNS_TYPE_MAILB:
    case DNS_TYPE_MAILA:
        return DNS_QUERY_TYPE;
    default:
        return DNS_QUERY_OK;
    }
}

/* The additional record, which can only be an OPT of the root. */
static enum dns_query_verdict
get_additional(struct bytes_reader *r, struct dns_edns *edns)
{
    size_t owner = r->pos;
    bool ok = dns_name_skip(r, NULL);
    bool is_root = r->pos == owner + 1; /* a pointer has two octets */
    if (!ok || bytes_get_u16(r) != DNS_TYPE_OPT)
        return DNS_QUERY_RECORD;
    if (dns_edns_get(r, edns) != DNS_EDNS_OK || !is_root)
        return DNS_QUERY_OPT;
    return DNS_QUERY_OK;
}

static bool
get_question(struct bytes_reader *r, struct dns_query *query)
{
    struct dns_question *question = &query->question;
    bool ok = dns_name_get(r, &question->name);
    question->type = bytes_get_u16(r);
    question->class = bytes_get_u16(r);
    if (ok && !r->failed) {
        query->spelling = dns_name_fold(&question->name);
        return true;
    }
    *question = (struct dns_question){0};
    return false;
}

struct counts {
    uint16_t questions, answers, authorities, additionals;
};

/* @return false: no whole header */
static bool
get_header(struct bytes_reader *r, struct dns_query *query, bool *is_response,
           struct counts *counts)
{
    uint16_t id = bytes_get_u16(r), flags = bytes_get_u16(r);
    counts->questions = bytes_get_u16(r);
    counts->answers = bytes_get_u16(r);
    counts->authorities = bytes_get_u16(r);
    counts->additionals = bytes_get_u16(r);
    if (r->failed)
        return false;
    query->id = id;
    query->flags = flags & FLAGS_KEPT;
    query->opcode = flags & DNS_OPCODE;
    *is_response = (flags & DNS_QR) != 0;
    return true;
}

/*
 * Pass over the records of a message that is refused whatever they are (another opcode, a transfer
 * with the SOA that the asker has, a signed one), and over its questions if there are several, to
 * the OPT among the additional ones.
 */
static void
find_opt(struct bytes_reader *r, const struct counts *counts, struct dns_edns *edns)
{
    uint32_t before = (uint32_t)counts->answers + counts->authorities;
    for (uint32_t i = 0; counts->questions > 1 && i < counts->questions && !r->failed; i++) {
        dns_name_pass(r);
        bytes_skip(r, 2 * sizeof(uint16_t)); /* type, class */
    }
    for (uint32_t i = 0; i < before + counts->additionals && !r->failed; i++) {
        size_t owner = r->pos;
        dns_name_pass(r);
        bool is_root = r->pos == owner + 1;
        uint16_t type = bytes_get_u16(r);
        if (i >= before && is_root && type == DNS_TYPE_OPT) {
            (void)dns_edns_get(r, edns); /* what is wrong with it changes nothing */
            return;
        }
        bytes_skip(r, sizeof(uint16_t) + sizeof(uint32_t)); /* class, TTL */
        bytes_skip(r, bytes_get_u16(r));
    }
}

/* No question: only a query for a cookie may come so. */
static enum dns_query_verdict
judge_cookie(struct bytes_reader *r, const struct counts *counts, struct dns_edns *edns)
{
    if (counts->questions != 0 || counts->answers != 0 || counts->authorities != 0 ||
        counts->additionals != 1)
        return DNS_QUERY_COUNTS;
    if (get_additional(r, edns) != DNS_QUERY_OK || bytes_left(r) > 0)
        return DNS_QUERY_COUNTS;
    if (edns->version > 0)
        return DNS_QUERY_VERSION;
    return edns->cookie_size > 0 ? DNS_QUERY_COOKIE : DNS_QUERY_COUNTS;
}

static bool
is_transfer(uint16_t type)
{
    return type == DNS_TYPE_AXFR || type == DNS_TYPE_IXFR;
}

bool
dns_query_is_forwarded(uint16_t type)
{
    return judge_type(type) == DNS_QUERY_OK && !is_transfer(type);
}

/* @param r  behind the question */
static bool
is_signed(struct bytes_reader r, const struct counts *counts, const struct dns_query *query)
{
    return query->opcode == 0 && query->question.name.size > 0 && counts->additionals > 0 &&
           dns_tsig_is_last(&r,
                            (uint32_t)counts->answers + counts->authorities + counts->additionals);
}

/* What is no plain query: another opcode, other counts, a transfer. The reader stands behind the
 * question, if there is one. */
static enum dns_query_verdict
judge_other(struct bytes_reader *r, const struct counts *counts, struct dns_query *query)
{
    bool has_signature = is_signed(*r, counts, query);
    bool has_question = query->question.name.size > 0;
    if (query->opcode == 0 && counts->questions == 0)
        return judge_cookie(r, counts, &query->edns);
    if (has_question || counts->questions != 1)
        find_opt(r, counts, &query->edns);
    if (query->opcode != 0)
        return DNS_QUERY_OPCODE;
    if (has_signature)
        return DNS_QUERY_SIGNED;
    if (has_question && is_transfer(query->question.type))
        return query->edns.version > 0 ? DNS_QUERY_VERSION : DNS_QUERY_TYPE;
    return DNS_QUERY_COUNTS;
}

enum dns_query_verdict
dns_query_parse(const uint8_t *message, size_t size, struct dns_query *query)
{
    struct bytes_reader r = bytes_reader(message, size);
    struct counts counts;
    bool is_response;
    *query = (struct dns_query){.edns.ede = DNS_EDE_NONE};
    if (!get_header(&r, query, &is_response, &counts))
        return DNS_QUERY_SHORT;
    if (is_response)
        return DNS_QUERY_RESPONSE;
    bool has_question = counts.questions == 1 && get_question(&r, query);
    bool is_plain = query->opcode == 0 && counts.questions == 1 && counts.answers == 0 &&
                    counts.authorities == 0 && counts.additionals <= 1;
    if (is_plain && !has_question)
        return DNS_QUERY_NAME;
    if (!is_plain || is_transfer(query->question.type))
        return judge_other(&r, &counts, query);
    struct bytes_reader behind_question = r;
    enum dns_query_verdict verdict = DNS_QUERY_OK;
    if (counts.additionals == 1)
        verdict = get_additional(&r, &query->edns);
    if (verdict == DNS_QUERY_RECORD && is_signed(behind_question, &counts, query))
        return DNS_QUERY_SIGNED;
    if (verdict != DNS_QUERY_OK)
        return verdict;
    if (bytes_left(&r) > 0)
        return DNS_QUERY_TRAILING;
    if (query->edns.version > 0)
        return DNS_QUERY_VERSION;
    return judge_type(query->question.type);
}

int
dns_query_verdict_rcode(enum dns_query_verdict verdict, const struct dns_query *query)
{
    switch (verdict) {
    case DNS_QUERY_SHORT:
    case DNS_QUERY_RESPONSE:
        return -1;
    case DNS_QUERY_OPCODE:
        return DNS_NOTIMP;
    case DNS_QUERY_COUNTS:
    case DNS_QUERY_COOKIE:
    case DNS_QUERY_NAME:
    case DNS_QUERY_RECORD:
    case DNS_QUERY_OPT:
    case DNS_QUERY_TRAILING:
        return DNS_FORMERR;
    case DNS_QUERY_VERSION:
        return DNS_BADVERS;
    case DNS_QUERY_SIGNED:
        return DNS_NOTAUTH;
    case DNS_QUERY_TYPE:
        return is_transfer(query->question.type) ? DNS_REFUSED : DNS_NOTIMP;
    case DNS_QUERY_OK:
        break;
    }
    return DNS_SERVFAIL;
}

size_t
dns_query_write(const struct dns_question *question, uint16_t id, uint16_t flags, bool dnssec_ok,
                uint16_t padding_block, uint8_t *to, size_t size)
{
    struct bytes_writer w = bytes_writer(to, size);
    bytes_put_u16(&w, id);
    bytes_put_u16(&w, flags & FLAGS_KEPT);
    bytes_put_u16(&w, 1);
    bytes_put_u32(&w, 0);
    bytes_put_u16(&w, 1);
    bytes_put_copy(&w, question->name.wire, question->name.size);
    bytes_put_u16(&w, question->type);
    bytes_put_u16(&w, question->class);
    struct dns_edns_put opt = {.udp_size = DNS_EDNS_UDP_MAX,
                               .dnssec_ok = dnssec_ok,
                               .ede = DNS_EDE_NONE,
                               /* inside padding it costs nothing */
                               .keepalive_asked = padding_block > 0,
                               .padding_block = padding_block};
    dns_edns_put(&w, &opt);
    /* a message that room kept from its block would show the length of its name */
    bool whole = padding_block == 0 || w.pos % padding_block == 0;
    return w.failed || !whole ? 0 : w.pos;
}

/* --- replies that we make ourselves --- */

void
dns_query_put_question(struct bytes_writer *w, const struct dns_query *query)
{
    dns_name_put(w, &query->question.name, &query->spelling);
    bytes_put_u16(w, query->question.type);
    bytes_put_u16(w, query->question.class);
}

size_t
dns_query_reply(const struct dns_query *query, uint16_t rcode, bool truncated,
                const struct dns_edns_put *opt, uint8_t *to, size_t size)
{
    struct bytes_writer w = bytes_writer(to, size);
    bool has_question = query->question.name.size > 0;
    if (!query->edns.present && rcode > RCODE_HEADER_MAX)
        rcode = DNS_SERVFAIL;
    unsigned flags = DNS_QR | DNS_RA | query->opcode | (query->flags & (DNS_RD | DNS_CD));
    flags |= (truncated ? DNS_TC : 0U) | (rcode & DNS_RCODE);
    bytes_put_u16(&w, query->id);
    bytes_put_u16(&w, (uint16_t)flags);
    bytes_put_u16(&w, has_question);
    bytes_put_u32(&w, 0);
    bytes_put_u16(&w, query->edns.present);
    if (has_question)
        dns_query_put_question(&w, query);
    if (query->edns.present) {
        struct dns_edns_put put = *opt;
        put.extended_rcode = (uint8_t)(rcode >> 4);
        dns_edns_put(&w, &put);
    }
    return w.failed ? 0 : w.pos;
}
