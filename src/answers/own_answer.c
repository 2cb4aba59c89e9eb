/* own_answer.c - see own_answer.h
 * SPDX-License-Identifier: ISC
 */
#include "answers/own_answer.h"

#include <string.h>

#define POINTER  0xc000u /* RFC 1035 4.1.4 */
#define SOA_FIVE (5 * sizeof(uint32_t))

void
own_answer_put_head(struct bytes_writer *w, const struct dns_query *query, uint16_t rcode,
                    uint16_t answers, uint16_t authorities)
{
    bytes_put_u16(w, query->id);
    bytes_put_u16(w, (uint16_t)(DNS_QR | DNS_RA | (query->flags & (DNS_RD | DNS_CD)) | rcode));
    bytes_put_u16(w, 1);
    bytes_put_u16(w, answers);
    bytes_put_u16(w, authorities);
    bytes_put_u16(w, query->edns.present ? 1 : 0);
    dns_query_put_question(w, query);
}

void
own_answer_put_record(struct bytes_writer *w, size_t owner_at, uint16_t type, uint16_t class,
                      uint32_t ttl_s)
{
    bytes_put_u16(w, (uint16_t)(POINTER | owner_at));
    bytes_put_u16(w, type);
    bytes_put_u16(w, class);
    bytes_put_u32(w, ttl_s);
}

void
own_answer_put_soa(struct bytes_writer *w, size_t owner_at, uint32_t ttl_s)
{
    static const uint8_t mailbox[] = "\6nobody\7invalid";
    own_answer_put_record(w, owner_at, DNS_TYPE_SOA, DNS_CLASS_IN, ttl_s);
    bytes_put_u16(w, sizeof(uint16_t) + sizeof mailbox + SOA_FIVE);
    bytes_put_u16(w, (uint16_t)(POINTER | owner_at));
    bytes_put_copy(w, mailbox, sizeof mailbox);
    bytes_put_u32(w, 1);       /* serial */
    bytes_put_u32(w, 604800);  /* refresh */
    bytes_put_u32(w, 86400);   /* retry */
    bytes_put_u32(w, 2419200); /* expire */
    bytes_put_u32(w, ttl_s);
}

size_t
own_answer_end(struct bytes_writer *w, const struct dns_query *query,
               const struct dns_edns_put *opt)
{
    if (query->edns.present)
        dns_edns_put(w, opt);
    return w->failed ? 0 : w->pos;
}

size_t
own_answer_negative(const struct dns_query *query, uint16_t rcode, size_t zone_at, uint32_t ttl_s,
                    const struct dns_edns_put *opt, uint8_t *to, size_t size)
{
    struct bytes_writer w = bytes_writer(to, size);
    own_answer_put_head(&w, query, rcode, 0, 1);
    own_answer_put_soa(&w, DNS_HEADER_SIZE + zone_at, ttl_s);
    return own_answer_end(&w, query, opt);
}

static void
put_string(struct bytes_writer *w, const char *text)
{
    size_t size = strnlen(text, OWN_ANSWER_TEXT_MAX);
    bytes_put_u8(w, (uint8_t)size);
    bytes_put_copy(w, text, size);
}

/* Header, question and one record of its name but for the data. */
static void
put_one(struct bytes_writer *w, const struct dns_query *query, uint16_t type, uint32_t ttl_s)
{
    own_answer_put_head(w, query, DNS_NOERROR, 1, 0);
    own_answer_put_record(w, DNS_HEADER_SIZE, type, query->question.class, ttl_s);
}

size_t
own_answer_any(const struct dns_query *query, const struct dns_edns_put *opt, uint8_t *to,
               size_t size)
{
    static const char cpu[] = "RFC8482";
    struct bytes_writer w = bytes_writer(to, size);
    put_one(&w, query, DNS_TYPE_HINFO, OWN_ANSWER_ANY_TTL_S);
    bytes_put_u16(&w, 1 + sizeof cpu - 1 + 1);
    put_string(&w, cpu);
    put_string(&w, "");
    return own_answer_end(&w, query, opt);
}

static bool
is_named(const struct dns_name *asked, const char *text)
{
    struct dns_name name;
    return dns_name_parse(text, &name) == STATUS_OK && name.size == asked->size &&
           memcmp(name.wire, asked->wire, name.size) == 0;
}

bool
own_answer_is_identity(const struct dns_question *question)
{
    if (question->class != DNS_CLASS_CHAOS ||
        (question->type != DNS_TYPE_TXT && question->type != DNS_TYPE_ANY))
        return false;
    return is_named(&question->name, "id.server") || is_named(&question->name, "hostname.bind");
}

size_t
own_answer_identity(const struct dns_query *query, const char *text, const struct dns_edns_put *opt,
                    uint8_t *to, size_t size)
{
    struct bytes_writer w = bytes_writer(to, size);
    put_one(&w, query, DNS_TYPE_TXT, 0);
    bytes_put_u16(&w, (uint16_t)(1 + strnlen(text, OWN_ANSWER_TEXT_MAX)));
    put_string(&w, text);
    return own_answer_end(&w, query, opt);
}
