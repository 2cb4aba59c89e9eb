/* acl.h - which client addresses may ask at all
 * SPDX-License-Identifier: ISC
 *
 * What: two lists of prefixes; who is in `allow` and not in `deny` may ask. Nobody else.
 * Who:  front, first of all judges. Pure.
 * Ref:  docs/LIMITS.md "acl".
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
 *         length): then the acl allows nobody.
 */
MUST_CHECK enum status acl_init(struct acl *acl, const struct addr_prefix *allow,
                                size_t allow_count, const struct addr_prefix *deny,
                                size_t deny_count);

/** In allow and not in deny. Port and scope do not count; no family, no entry. */
bool acl_allows(const struct acl *acl, const struct addr *client);
