/* dns_trim.h - what of an answer may be left out
 * SPDX-License-Identifier: ISC
 *
 * What: an answer that is too large for its client is made smaller by what the client is not owed.
 *       TC=1 says that something is missing that the question asked for, and costs the client
 *       another query over TCP.
 * Who:  front, before an answer is copied for a client. Pure.
 * Ref:  RFC 2181 section 9 (TC), 2308 section 2 (the SOA of a denial), 4035 section 3.1.1
 *       (signatures), 9471 (glue).
 */
#pragma once

#include "dns/dns_answer.h"

#define DNS_TRIM_MAX 64 /* records among which the largest part that fits is looked for */

/**
 * Leave records out at the end of an answer, until it takes at most `limit` octets. Additional
 * records go first, then the name servers of an answer or a denial. An RRset goes as a whole, and
 * its signatures with it. As many as fit stay; where more than DNS_TRIM_MAX records could go, no
 * additional one stays. Owed and never left out: the answer section, whatever else stands in the
 * authority section (SOA, proofs of DNSSEC), and everything in a referral, whose name servers and
 * addresses are what it says.
 *
 * @param message  borrowed; its first `answer->end` octets were found sound
 * @param answer   its counts and `end` are made smaller; unchanged on failure
 * @return false: what is owed does not fit
 */
MUST_CHECK bool dns_trim(const uint8_t *message, struct dns_answer *answer, size_t limit);
