/* freshness.h - how long an answer may be kept
 * SPDX-License-Identifier: ISC
 *
 * What: the TTL of an answer as a whole, within the limits of the configuration; 0: not kept.
 * Who:  front, before cache_put(). Pure.
 * Ref:  RFC 8767 (TTL, stale), 2308 (negative answers), 9520 (failures).
 */
#pragma once

#include "dns/dns_answer.h"

struct freshness {           /* limits, from the configuration */
    uint32_t ttl_min_s;      /* floor; 0: none */
    uint32_t ttl_max_s;      /* ceiling, at least 1 */
    uint32_t negative_max_s; /* ceiling of NXDOMAIN and NODATA */
    uint32_t failure_s;      /* SERVFAIL and the like; RFC 9520 3.2: 1..300; 0: not kept */
};

/**
 * @param answer  a sound answer, from dns_answer_parse()
 * @return seconds the answer is fresh; 0: not to be kept (TC, a referral, a negative answer without
 * SOA, TTL 0)
 */
uint32_t freshness_ttl(const struct freshness *limits, const struct dns_answer *answer);

/** Is the answer a failure that a stale answer may stand in for (RFC 8767)? */
bool freshness_is_failure(const struct dns_answer *answer);
