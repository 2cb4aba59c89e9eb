/* minimal.c - see minimal.h
 * SPDX-License-Identifier: ISC
 */
#include "answers/minimal.h"

#include <string.h>

#define QUESTION_NAME (0xc000u | DNS_HEADER_SIZE) /* compressed */

static bool
is_named(const struct dns_name *asked, const char *text)
{
    struct dns_name name;
    return dns_name_parse(text, &name) == STATUS_OK && name.size == asked->size &&
           memcmp(name.wire, asked->wire, name.size) == 0;
}

bool
minimal_is_identity(const struct dns_question *question)
{
    if (question->class != DNS_CLASS_CHAOS ||
        (question->type != DNS_TYPE_TXT && question->type != DNS_TYPE_ANY))
        return false;
    return is_named(&question->name, "id.server") || is_named(&question->name, "hostname.bind");
}

static void
put_string(struct bytes_writer *w, const char *text)
{
    size_t size = strnlen(text, MINIMAL_TEXT_MAX);
    bytes_put_u8(w, (uint8_t)size);
    bytes_put_copy(w, text, size);
}

/* Header, question and one record but its data. */
static void
put_head(struct bytes_writer *w, const struct dns_query *query, uint16_t type, uint32_t ttl_s)
{
    bytes_put_u16(w, query->id);
    bytes_put_u16(w, (uint16_t)(DNS_QR | DNS_RA | (query->flags & (DNS_RD | DNS_CD))));
    bytes_put_u16(w, 1);
    bytes_put_u16(w, 1);
    bytes_put_u16(w, 0);
    bytes_put_u16(w, query->edns.present);
    dns_query_put_question(w, query);
    bytes_put_u16(w, QUESTION_NAME);
    bytes_put_u16(w, type);
    bytes_put_u16(w, query->question.class);
    bytes_put_u32(w, ttl_s);
}

static size_t
put_end(struct bytes_writer *w, const struct dns_query *query, const struct dns_edns_put *opt)
{
    if (query->edns.present)
        dns_edns_put(w, opt);
    return w->failed ? 0 : w->pos;
}

size_t
minimal_write_any(const struct dns_query *query, const struct dns_edns_put *opt, uint8_t *to,
                  size_t size)
{
    static const char cpu[] = "RFC8482";
    struct bytes_writer w = bytes_writer(to, size);
    put_head(&w, query, DNS_TYPE_HINFO, MINIMAL_TTL_S);
    bytes_put_u16(&w, 1 + sizeof cpu - 1 + 1);
    put_string(&w, cpu);
    put_string(&w, "");
    return put_end(&w, query, opt);
}

size_t
minimal_write_identity(const struct dns_query *query, const char *text,
                       const struct dns_edns_put *opt, uint8_t *to, size_t size)
{
    struct bytes_writer w = bytes_writer(to, size);
    put_head(&w, query, DNS_TYPE_TXT, 0);
    bytes_put_u16(&w, (uint16_t)(1 + strnlen(text, MINIMAL_TEXT_MAX)));
    put_string(&w, text);
    return put_end(&w, query, opt);
}
