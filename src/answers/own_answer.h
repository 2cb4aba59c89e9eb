/* own_answer.h - answers that we make ourselves, without an upstream or the cache
 * SPDX-License-Identifier: ISC
 *
 * What: that something does not exist (NXDOMAIN or NODATA), with the SOA that says how long that
 *       holds, without which none keeps it; its zone is its own primary server, so that no client
 *       is sent anywhere. ANY, with one record that says so instead of everything there is. Who we
 *       are, in class CHAOS, where the configuration gives us a name.
 * Who:  front: special-use names, names on a block list, ANY, id.server. Pure.
 * Ref:  RFC 2308 sections 3 and 5, RFC 6303 section 3; RFC 8482 section 4.2; RFC 4892 (id.server).
 */
#pragma once

#include "dns/dns_query.h"

#define OWN_ANSWER_TEXT_MAX  255   /* octets of one string */
#define OWN_ANSWER_ANY_TTL_S 86400 /* of the HINFO: there is nothing to ask for again */

/** Header and question of an answer of ours, with one OPT to come if the client spoke EDNS. */
void own_answer_put_head(struct bytes_writer *w, const struct dns_query *query, uint16_t rcode,
                         uint16_t answers, uint16_t authorities);

/** A record up to its RDLENGTH. @param owner_at  octets into the message where its name stands */
void own_answer_put_record(struct bytes_writer *w, size_t owner_at, uint16_t type, uint16_t class,
                           uint32_t ttl_s);

/** The SOA of a zone of ours, whole. @param owner_at  where the zone's name stands */
void own_answer_put_soa(struct bytes_writer *w, size_t owner_at, uint32_t ttl_s);

/** The OPT, if the client spoke EDNS. @return octets of the whole message; 0: there was no room */
size_t own_answer_end(struct bytes_writer *w, const struct dns_query *query,
                      const struct dns_edns_put *opt);

/**
 * Write that something does not exist: the question as spelled, RA, the SOA, our OPT.
 *
 * @param query    the client's
 * @param rcode    DNS_NXDOMAIN, or DNS_NOERROR for NODATA
 * @param zone_at  where the zone begins in the question's name: octets before its first label
 * @param ttl_s    how long the answer may be kept
 * @param opt      what our OPT says; left out if the client did not speak EDNS
 * @param size     room; 1024 always suffices
 * @return octets written; 0 if they did not fit
 */
size_t own_answer_negative(const struct dns_query *query, uint16_t rcode, size_t zone_at,
                           uint32_t ttl_s, const struct dns_edns_put *opt, uint8_t *to,
                           size_t size);

/** Write HINFO "RFC8482" "" as the answer to a query of type ANY. Same arguments; 512 suffice. */
size_t own_answer_any(const struct dns_query *query, const struct dns_edns_put *opt, uint8_t *to,
                      size_t size);

/** Is it a question for our name: id.server or hostname.bind, class CHAOS, type TXT or ANY? The
 * name is in lower case. */
bool own_answer_is_identity(const struct dns_question *question);

/** Write a TXT record with `text` (cut to OWN_ANSWER_TEXT_MAX). Same arguments; 768 suffice. */
size_t own_answer_identity(const struct dns_query *query, const char *text,
                           const struct dns_edns_put *opt, uint8_t *to, size_t size);
