/* routes.h - which upstreams a name may be asked of
 * SPDX-License-Identifier: ISC
 *
 * What: the configuration's routes as a table: names with the group of upstreams that each belongs
 *       to, the longest first. Group 0 is for all other names. Nothing is asked outside of its
 *       group, whatever fails. What a route's name has of type DS belongs to the zone above it, and
 *       so to the route or group of that.
 * Who:  worker (whom to ask), front (what is asked although it would be answered here, and which
 *       names may have private addresses), supervisor (the last upstream of a group). Pure.
 * Ref:  RFC 4035 3.1.4.1 (DS); docs/LIMITS.md "upstream".
 */
#pragma once

#include "conf/config.h"
#include "dns/dns_query.h"

#define ROUTES_NAMES_MAX  (CONFIG_ROUTES_MAX * CONFIG_ROUTE_NAMES)
#define ROUTES_GROUPS_MAX (CONFIG_ROUTES_MAX + 1U)
#define ROUTES_REST       0U /* the group of names that no route has */

struct routes_name {
    struct dns_name name; /* in lower case; with all names below */
    uint8_t group;        /* 1.. */
    bool allows_private;
};

struct routes_sets {                      /* bit per upstream */
    uint32_t count;                       /* groups, 1..ROUTES_GROUPS_MAX */
    uint32_t of_group[ROUTES_GROUPS_MAX]; /* never 0; equal ones are one group */
};

struct routes { /* zeroed: none, and no upstream */
    struct routes_sets sets;
    uint64_t whom[ROUTES_GROUPS_MAX]; /* stands for the servers of a group, in any order */
    uint32_t count;                   /* names */
    struct routes_name names[ROUTES_NAMES_MAX]; /* the longest first */
};

/** @param config  judged; borrowed for the call */
void routes_sets_make(struct routes_sets *sets, const struct config *config);

/** How many names are in a group, and the first of them, as configured; borrowed from `config`.
 *  @return 0: it is ROUTES_REST, or no group; `first` is not written */
uint32_t routes_sets_names(const struct routes_sets *sets, const struct config *config,
                           unsigned group, const char **first);

/** The same as routes_sets_make(), and the names. */
void routes_make(struct routes *routes, const struct config *config);

/** The route's name that a name is at or below: the longest. @param name  in lower case
 *  @return NULL: no route has it */
const struct routes_name *routes_find(const struct routes *routes, const struct dns_name *name);

/** The group of upstreams that a question is for. @param question  its name in lower case */
unsigned routes_group(const struct routes *routes, const struct dns_question *question);

/** Is a name of a route below this one? @param name  in lower case */
bool routes_is_above(const struct routes *routes, const struct dns_name *name);

/** The same names, each asked of the same servers (address and tls_name), whatever their places in the
 *  configuration? Whether they may be private is not compared. */
bool routes_is_same(const struct routes *a, const struct routes *b);

/** What is not used is not touched: a table may be memory that was only reserved. */
void routes_copy(struct routes *to, const struct routes *from);
