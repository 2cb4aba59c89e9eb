/* dns_reply.h - replies that we make ourselves
 * SPDX-License-Identifier: ISC
 *
 * What: a reply without records, the question of any reply, and how large one may be over UDP.
 * Who:  front. Pure.
 * Ref:  RFC 1035, 6891, 8914; RFC 8482 (ANY).
 */
#pragma once

#include "dns/dns_query.h"

/** Write the question of a reply: as the client spelled it. */
void dns_reply_put_question(struct bytes_writer *w, const struct dns_query *query);

/**
 * Write a reply without records: QR=1, the query's id and opcode, RD and CD as asked, RA=1, TC as
 * told, its question where it parsed, our OPT where it spoke EDNS.
 *
 * @param query  a client's query, as dns_query_parse() left it; not one with verdict SHORT
 * @param rcode  0..4095; above 15 needs an OPT and becomes SERVFAIL without
 * @param opt    what our OPT says; extended_rcode is set from `rcode`
 * @param size   room at `to`; 512 always suffices
 * @return octets written
 */
size_t dns_reply_write(const struct dns_query *query, uint16_t rcode, bool truncated,
                       const struct dns_edns_put *opt, uint8_t *to, size_t size);

/** The octets that a client can take over UDP: its size within 512..DNS_EDNS_UDP_MAX. */
size_t dns_reply_udp_limit(const struct dns_edns *edns);
