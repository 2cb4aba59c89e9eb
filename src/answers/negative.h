/* negative.h - answers of our own that say that something does not exist
 * SPDX-License-Identifier: ISC
 *
 * What: NXDOMAIN or NODATA with the SOA that says how long it holds, without which nobody keeps it.
 *       The SOA's zone is its own primary server, so that nobody is sent anywhere (RFC 6303
 *       section 3).
 * Who:  front: special-use names, names on a block list. Pure.
 * Ref:  RFC 2308 sections 3 and 5, RFC 6303 section 3.
 */
#pragma once

#include "dns/dns_query.h"

/** Header and question of an answer of ours, with one OPT to come if the client spoke EDNS. */
void negative_put_head(struct bytes_writer *w, const struct dns_query *query, uint16_t rcode,
                       uint16_t answers, uint16_t authorities);

/** A record up to its RDLENGTH. @param owner_at  octets into the message where its name stands */
void negative_put_record(struct bytes_writer *w, size_t owner_at, uint16_t type, uint32_t ttl_s);

/** The SOA of a zone of ours, whole. @param owner_at  where the zone's name stands */
void negative_put_soa(struct bytes_writer *w, size_t owner_at, uint32_t ttl_s);

/**
 * Write the answer: the question as spelled, RA, the SOA, our OPT.
 *
 * @param query    the client's
 * @param rcode    DNS_NXDOMAIN, or DNS_NOERROR for NODATA
 * @param zone_at  where the zone begins in the question's name: octets before its first label
 * @param ttl_s    how long the answer may be kept
 * @param opt      what our OPT says; left out if the client did not speak EDNS
 * @param size     room; 1024 always suffices
 * @return octets written; 0 if they did not fit
 */
size_t negative_write(const struct dns_query *query, uint16_t rcode, size_t zone_at, uint32_t ttl_s,
                      const struct dns_edns_put *opt, uint8_t *to, size_t size);
