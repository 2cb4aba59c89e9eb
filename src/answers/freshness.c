/* freshness.c - see freshness.h
 * SPDX-License-Identifier: ISC
 */
#include "answers/freshness.h"

static uint32_t
least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* NXDOMAIN and NODATA: the SOA decides, and any alias that led there (RFC 2308 section 5). */
static uint32_t
negative_ttl(const struct freshness *limits, const struct dns_answer *answer)
{
    if (!answer->has_soa)
        return 0;
    return least(least(answer->soa_minimum, answer->ttl_min), limits->negative_max_s);
}

uint32_t
freshness_ttl(const struct freshness *limits, const struct dns_answer *answer)
{
    if ((answer->flags & DNS_TC) != 0)
        return 0;
    if (freshness_is_failure(answer))
        return limits->failure_s;
    if (answer->rcode == DNS_NXDOMAIN || answer->has_soa)
        return negative_ttl(limits, answer);
    if (answer->counts[0] == 0 || answer->ttl_min == 0)
        return 0;
    uint32_t ttl = answer->ttl_min > limits->ttl_min_s ? answer->ttl_min : limits->ttl_min_s;
    return least(ttl, limits->ttl_max_s);
}

bool
freshness_is_failure(const struct dns_answer *answer)
{
    return answer->rcode != DNS_NOERROR && answer->rcode != DNS_NXDOMAIN;
}
