/* dns_query.c - see dns_query.h */
#include "dns/dns_query.h"

#define FLAGS_KEPT (DNS_RD | DNS_AD | DNS_CD)

static enum dns_query_verdict
judge_type(uint16_t type)
{
    switch (type) {
    case DNS_TYPE_OPT:
    case DNS_TYPE_TKEY:
    case DNS_TYPE_TSIG:
    case DNS_TYPE_IXFR:
    case DNS_TYPE_AXFR:
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
get_question(struct bytes_reader *r, struct dns_question *question)
{
    bool ok = dns_name_get(r, &question->name);
    question->type = bytes_get_u16(r);
    question->class = bytes_get_u16(r);
    if (ok && !r->failed)
        return true;
    *question = (struct dns_question){0};
    return false;
}

enum dns_query_verdict
dns_query_parse(const uint8_t *message, size_t size, struct dns_query *query)
{
    struct bytes_reader r = bytes_reader(message, size);
    *query = (struct dns_query){.edns.ede = DNS_EDE_NONE};
    uint16_t id = bytes_get_u16(&r), flags = bytes_get_u16(&r);
    uint16_t questions = bytes_get_u16(&r), answers = bytes_get_u16(&r);
    uint16_t authorities = bytes_get_u16(&r), additionals = bytes_get_u16(&r);
    if (r.failed)
        return DNS_QUERY_SHORT;
    query->id = id;
    query->flags = flags & FLAGS_KEPT;
    query->opcode = flags & DNS_OPCODE;
    if ((flags & DNS_QR) != 0)
        return DNS_QUERY_RESPONSE;
    if (query->opcode != 0)
        return DNS_QUERY_OPCODE;
    if (questions != 1 || answers != 0 || authorities != 0 || additionals > 1)
        return DNS_QUERY_COUNTS;
    if (!get_question(&r, &query->question))
        return DNS_QUERY_NAME;
    enum dns_query_verdict verdict = DNS_QUERY_OK;
    if (additionals == 1)
        verdict = get_additional(&r, &query->edns);
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
    uint16_t type = query->question.type;
    switch (verdict) {
    case DNS_QUERY_SHORT:
    case DNS_QUERY_RESPONSE:
        return -1;
    case DNS_QUERY_OPCODE:
        return DNS_NOTIMP;
    case DNS_QUERY_COUNTS:
    case DNS_QUERY_NAME:
    case DNS_QUERY_RECORD:
    case DNS_QUERY_OPT:
    case DNS_QUERY_TRAILING:
        return DNS_FORMERR;
    case DNS_QUERY_VERSION:
        return DNS_BADVERS;
    case DNS_QUERY_TYPE:
        return type == DNS_TYPE_AXFR || type == DNS_TYPE_IXFR ? DNS_REFUSED : DNS_NOTIMP;
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
    struct dns_name name = question->name;
    dns_name_lower(&name);
    bytes_put_u16(&w, id);
    bytes_put_u16(&w, flags & FLAGS_KEPT);
    bytes_put_u16(&w, 1);
    bytes_put_u32(&w, 0);
    bytes_put_u16(&w, 1);
    bytes_put_copy(&w, name.wire, name.size);
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
