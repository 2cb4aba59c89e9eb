/* acl.h - which source addresses may ask at all
 * SPDX-License-Identifier: ISC
 *
 * What: two lists of prefixes: a client that is in `allow` and not in `deny` may ask, and no other.
 *       Martians, sources that no query can honestly come from: addresses that no host has
 *       (unspecified, multicast, broadcast), loopback from outside, and ourselves; and a set of
 *       source ports that only reflectors use.
 * Who:  front, first of all judges. Pure.
 * Ref:  RFC 1122 3.2.1.3, RFC 6890; docs/LIMITS.md "acl", "filter".
 */
#pragma once

#include "base/addr.h"

#define ACL_PREFIXES_MAX 256 /* in each of allow and deny */

struct acl_ipv4 {
    uint32_t net, mask;
};

struct acl_ipv6 {
    uint64_t net[2], mask[2];
};

struct acl_list { /* one of allow and deny, as masked words to compare */
    uint32_t ipv4_count, ipv6_count;
    struct acl_ipv4 ipv4[ACL_PREFIXES_MAX];
    struct acl_ipv6 ipv6[ACL_PREFIXES_MAX];
};

struct acl { /* placed by the caller, filled by acl_init() */
    struct acl_list allow, deny;
};

/**
 * Fill the lists. Order does not matter; duplicates are harmless.
 *
 * @param acl         written whole
 * @param allow,deny  borrowed for the call; 0..ACL_PREFIXES_MAX prefixes of each
 * @return STATUS_OK; STATUS_INVALID (too many, or a prefix without family or with too great a
 *         length): then the acl allows none.
 */
MUST_CHECK enum status acl_init(struct acl *acl, const struct addr_prefix *allow,
                                size_t allow_count, const struct addr_prefix *deny,
                                size_t deny_count);

/** In allow and not in deny. Port and scope do not count; no family, no entry. */
bool acl_allows(const struct acl *acl, const struct addr *client);

/* --- martians --- */

struct acl_reflectors { /* a set of ports, all zero: empty */
    uint64_t bits[1024];
};

/** Put a port into the set. */
void acl_reflectors_add(struct acl_reflectors *ports, uint16_t port);

/** Is it in the set? */
bool acl_reflectors_has(const struct acl_reflectors *ports, uint16_t port);

/**
 * Can no client have this source?
 *
 * @param from  the address that is said to have asked, with its port
 * @param us    the address and port that were asked; its bytes zero where the address is not known
 */
bool acl_is_martian(const struct addr *from, const struct addr *us);
