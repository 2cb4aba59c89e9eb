/* negative.c - see negative.h
 * SPDX-License-Identifier: ISC
 */
#include "answers/negative.h"

#define POINTER  0xc000u /* RFC 1035 4.1.4 */
#define SOA_FIVE (5 * sizeof(uint32_t))

void
negative_put_head(struct bytes_writer *w, const struct dns_query *query, uint16_t rcode,
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
negative_put_record(struct bytes_writer *w, size_t owner_at, uint16_t type, uint32_t ttl_s)
{
    bytes_put_u16(w, (uint16_t)(POINTER | owner_at));
    bytes_put_u16(w, type);
    bytes_put_u16(w, DNS_CLASS_IN);
    bytes_put_u32(w, ttl_s);
}

void
negative_put_soa(struct bytes_writer *w, size_t owner_at, uint32_t ttl_s)
{
    static const uint8_t mailbox[] = "\6nobody\7invalid";
    negative_put_record(w, owner_at, DNS_TYPE_SOA, ttl_s);
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
negative_write(const struct dns_query *query, uint16_t rcode, size_t zone_at, uint32_t ttl_s,
               const struct dns_edns_put *opt, uint8_t *to, size_t size)
{
    struct bytes_writer w = bytes_writer(to, size);
    negative_put_head(&w, query, rcode, 0, 1);
    negative_put_soa(&w, DNS_HEADER_SIZE + zone_at, ttl_s);
    if (query->edns.present)
        dns_edns_put(&w, opt);
    return w.failed ? 0 : w.pos;
}
