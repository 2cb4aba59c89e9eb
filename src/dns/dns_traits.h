/* dns_traits.h - what an answer does that a policy may not want: lead elsewhere, or inside
 * SPDX-License-Identifier: ISC
 *
 * What: walks over the records of an answer that dns_answer_parse() found sound. The traits do not
 *       depend on any configuration, so they are found once and kept with the answer; what they
 *       mean is judged each time it is given to a client.
 * Who:  front. Pure.
 * Ref:  RFC 1034 3.6.2 (CNAME), 6672 (DNAME), 9460 (SVCB, HTTPS); dns/dns_private.h.
 */
#pragma once

#include "dns/dns_answer.h"

#define DNS_ALIASES_MAX 64 /* names that one answer may lead to; docs/LIMITS.md */

enum dns_trait {
    DNS_TRAIT_ALIAS = 1,   /* a CNAME, DNAME, SVCB or HTTPS in the answer section */
    DNS_TRAIT_PRIVATE = 2, /* a private address in any section, in an A, AAAA or address hint; or
                              an SVCB or HTTPS that is malformed, so that nobody knows */
    DNS_TRAIT_UNFIT = 4, /* not found here: an answer that may not be kept, but whose refusal is */
};

/** @return bits of enum dns_trait. @param message  borrowed; its first `answer->end` octets */
uint8_t dns_traits_of(const uint8_t *message, const struct dns_answer *answer);

struct dns_aliases {
    struct bytes_reader r;
    unsigned records_left; /* of the answer section */
    unsigned names_left;   /* of DNS_ALIASES_MAX */
    bool is_cut;           /* there were more than DNS_ALIASES_MAX */
};

/** Begin to walk over the names that an answer leads to. `message` is borrowed for the walk. */
struct dns_aliases dns_traits_aliases(const uint8_t *message, const struct dns_answer *answer);

/**
 * The next name that the answer leads to: the target of a CNAME or DNAME, of an SVCB or HTTPS in
 * alias or in service mode.
 *
 * @param target  written, in lower case
 * @return false: there is none, or `is_cut`
 */
MUST_CHECK bool dns_traits_next_alias(struct dns_aliases *walk, struct dns_name *target);
