/* policy.h - who may ask, and how much: what the configuration promises, said once more
 * SPDX-License-Identifier: ISC
 *
 * What: a plain reference without tables, keys or hashes: prefixes are compared bit by bit, each
 *       network has a bucket for ever. From the order in which a front takes queries, and when, it
 *       says what becomes of each.
 * Who:  worlds_policy.c builds it and writes the configuration from it; oracle_policy.c judges by it.
 * Ref:  docs/LIMITS.md "limiter", "prices", "acl".
 */
#pragma once

#include "base/addr.h"

#define POLICY_PREFIXES 8
#define POLICY_LENGTHS  4

enum policy_table { POLICY_UNPROVEN, POLICY_PROVEN, POLICY_TABLES };

struct policy_list {
    struct addr_prefix of[POLICY_PREFIXES];
    unsigned count;
};

struct policy_rate {
    unsigned length, per_s, burst;
};

struct policy_rates { /* the longest prefix first */
    struct policy_rate of[POLICY_LENGTHS];
    unsigned count;
};

struct policy {
    bool is_on; /* else all are allowed, and nothing is measured */
    struct policy_list allow, deny, exempt;
    struct policy_rates rates[POLICY_TABLES][2]; /* of IPv4, of IPv6 */
    unsigned slip;
};

enum policy_fate {
    POLICY_SERVED,
    POLICY_SLIPPED, /* an empty response with TC=1 */
    POLICY_DROPPED, /* silence */
    POLICY_REFUSED, /* REFUSED, with an explanation */
};

/** All buckets are empty. */
void policy_begin(void);

bool policy_has(const struct policy_list *list, const struct addr *addr);
bool policy_allows(const struct policy *policy, const struct addr *client);

/** Is this query of its own kind within its rates? It is asked of an upstream if so. @param has_cookie  a
 * valid one */
enum policy_fate policy_take(const struct policy *policy, const struct addr *client, bool is_tcp,
                             bool has_cookie, uint64_t now_ms);
