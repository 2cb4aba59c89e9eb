/* dns_traits.h - where the records of an answer lead: elsewhere, inside, or nowhere near
 * SPDX-License-Identifier: ISC
 *
 * What: walks over the records of an answer that dns_answer_parse() found sound. The traits do not
 *       depend on any configuration, so they are found once and kept with the answer; what they
 *       mean is judged each time it is given to a client. A forwarder cannot know whether data is
 *       true, but it can see that every record of the answer section belongs to the name that was
 *       asked or to one that an alias of the answer led to.
 * Who:  front, before an answer is kept or given. Pure.
 * Ref:  RFC 1034 3.6.2 (CNAME), 4.3.2 (aliases), 2181 section 5.4.1 (ranking), 6672 (DNAME), 9460
 *       (SVCB, HTTPS). Private addresses: RFC 1918, 6598, 3927, 1122 3.2.1.3, 4193, 4291 (IPv6);
 *       6052, 8215 (NAT64), 3056 (6to4), 4380 (Teredo), 5214 (ISATAP), 7915 (translated).
 */
#pragma once

#include "dns/dns_answer.h"

#define DNS_ALIASES_MAX 64   /* names that one answer may lead to; docs/LIMITS.md */
#define DNS_CHAIN_MAX   16   /* names that aliases may lead through */
#define DNS_CHAIN_STEPS 4096 /* names compared in one answer */
#define DNS_IPV4_OCTETS 4
#define DNS_IPV6_OCTETS 16

enum dns_trait {
    DNS_TRAIT_ALIAS = 1,   /* a CNAME, DNAME, SVCB or HTTPS in the answer section */
    DNS_TRAIT_PRIVATE = 2, /* a private address in any section, in an A, AAAA or address hint; or
                              an SVCB or HTTPS that is malformed, so that none can tell */
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

/**
 * Is every record of the answer section owned by the question's name or by a name that a CNAME of
 * it leads to (a DNAME by a name above it), in whatever order they stand, and every SOA and NS of
 * the authority section at or above one of those names?
 *
 * @param message  borrowed; its first `answer->end` octets are walked
 * @return false also for more than DNS_CHAIN_MAX links or DNS_CHAIN_STEPS comparisons
 */
bool dns_traits_is_whole(const uint8_t *message, const struct dns_answer *answer,
                         const struct dns_question *question);

/** Does an address lead into the network of the client that uses it? Private, shared, link-local,
 * loopback, "this network", unspecified and multicast addresses do; and IPv6 addresses that stand
 * for such an IPv4 address: mapped, compatible and translated ones, NAT64, 6to4, Teredo, ISATAP. */
bool dns_traits_is_private_ipv4(const uint8_t address[DNS_IPV4_OCTETS]);
bool dns_traits_is_private_ipv6(const uint8_t address[DNS_IPV6_OCTETS]);
