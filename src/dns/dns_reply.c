/* dns_reply.c - see dns_reply.h
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_reply.h"

#define RCODE_HEADER_MAX 15 /* the four bits of the header */

void
dns_reply_put_question(struct bytes_writer *w, const struct dns_query *query)
{
    dns_name_put(w, &query->question.name, &query->spelling);
    bytes_put_u16(w, query->question.type);
    bytes_put_u16(w, query->question.class);
}

size_t
dns_reply_write(const struct dns_query *query, uint16_t rcode, bool truncated,
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
        dns_reply_put_question(&w, query);
    if (query->edns.present) {
        struct dns_edns_put put = *opt;
        put.extended_rcode = (uint8_t)(rcode >> 4);
        dns_edns_put(&w, &put);
    }
    return w.failed ? 0 : w.pos;
}

size_t
dns_reply_udp_limit(const struct dns_edns *edns)
{
    if (!edns->present || edns->udp_size < DNS_EDNS_UDP_MIN)
        return DNS_EDNS_UDP_MIN;
    return edns->udp_size < DNS_EDNS_UDP_MAX ? edns->udp_size : DNS_EDNS_UDP_MAX;
}
