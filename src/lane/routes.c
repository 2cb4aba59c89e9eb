/* routes.c - see routes.h
 * SPDX-License-Identifier: ISC
 */
#include "lane/routes.h"

#include "base/hash.h"
#include "conf/config_judge.h"

#include <string.h>

_Static_assert(CONFIG_UPSTREAMS_MAX <= 32, "a set of upstreams has 32 bits");

static uint32_t
set_of(const struct config *config, const struct config_route *route)
{
    uint32_t set = 0;
    for (uint32_t u = 0; u < config->upstreams_count; u++)
        if (config_judge_has(route, config->upstreams[u].name))
            set |= 1U << u;
    return set;
}

/* The group of this set: one that is there, or a new one. */
static unsigned
group_of(struct routes_sets *sets, uint32_t set)
{
    for (unsigned group = ROUTES_REST + 1; group < sets->count; group++)
        if (sets->of_group[group] == set)
            return group;
    sets->of_group[sets->count] = set;
    return sets->count++;
}

void
routes_sets_make(struct routes_sets *sets, const struct config *config)
{
    uint32_t all = (uint32_t)((UINT64_C(1) << config->upstreams_count) - 1), routed = 0;
    *sets = (struct routes_sets){.count = 1};
    for (uint32_t i = 0; i < config->routes_count; i++) {
        uint32_t set = set_of(config, &config->routes[i]);
        (void)group_of(sets, set);
        routed |= set;
    }
    sets->of_group[ROUTES_REST] = all & ~routed;
}

uint32_t
routes_sets_names(const struct routes_sets *sets, const struct config *config, unsigned group,
                  const char **first)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < config->routes_count && group < sets->count; i++) {
        const struct config_route *route = &config->routes[i];
        if (set_of(config, route) != sets->of_group[group])
            continue;
        if (count == 0)
            *first = route->names[0];
        count += route->names_count;
    }
    return count;
}

/* Put it before the first that is shorter: of the names that one is below, the longest is met first. */
static void
add(struct routes *routes, const struct routes_name *added)
{
    uint32_t at = routes->count++;
    for (; at > 0 && routes->names[at - 1].name.size < added->name.size; at--)
        routes->names[at] = routes->names[at - 1];
    routes->names[at] = *added;
}

/* Nobody chooses these values to make two look alike: the key need not be secret. */
static uint64_t
hash_of(const struct config_upstream *upstream)
{
    struct hash_key key = {upstream->address.family | (uint64_t)upstream->address.scope << 32,
                           upstream->address.port};
    key.k0 = hash_siphash24(&key, upstream->address.bytes, sizeof upstream->address.bytes);
    return hash_siphash24(&key, upstream->tls_name, strlen(upstream->tls_name));
}

static uint64_t
whom_of(const struct config *config, uint32_t set)
{
    uint64_t whom = 0;
    for (uint32_t u = 0; u < config->upstreams_count; u++)
        whom += (set >> u & 1) != 0 ? hash_of(&config->upstreams[u]) : 0;
    return whom;
}

void
routes_make(struct routes *routes, const struct config *config)
{
    routes_sets_make(&routes->sets, config);
    routes->count = 0;
    for (uint32_t i = 0; i < config->routes_count; i++) {
        const struct config_route *route = &config->routes[i];
        struct routes_name name = {
            .group = (uint8_t)group_of(&routes->sets, set_of(config, route)),
            .allows_private = route->private_addresses != 0,
        };
        for (uint32_t n = 0; n < route->names_count; n++)
            if (dns_name_parse(route->names[n], &name.name) ==
                STATUS_OK) /* always: it was judged */
                add(routes, &name);
    }
    for (uint32_t group = 0; group < routes->sets.count; group++)
        routes->whom[group] = whom_of(config, routes->sets.of_group[group]);
}

const struct routes_name *
routes_find(const struct routes *routes, const struct dns_name *name)
{
    for (uint32_t i = 0; i < routes->count; i++)
        if (dns_name_is_below(name, &routes->names[i].name))
            return &routes->names[i];
    return NULL;
}

/* The name without its first label. */
static struct dns_name
parent_of(const struct dns_name *name)
{
    size_t size = name->wire[0] + (size_t)1;
    struct dns_name parent = {.size = (uint8_t)(name->size - size)};
    memcpy(parent.wire, name->wire + size, parent.size);
    return parent;
}

unsigned
routes_group(const struct routes *routes, const struct dns_question *question)
{
    const struct routes_name *found = routes_find(routes, &question->name);
    if (found != NULL && question->type == DNS_TYPE_DS &&
        found->name.size == question->name.size) { /* the zone above has it */
        struct dns_name parent = parent_of(&question->name);
        found = routes_find(routes, &parent);
    }
    return found != NULL ? found->group : ROUTES_REST;
}

bool
routes_is_above(const struct routes *routes, const struct dns_name *name)
{
    for (uint32_t i = 0; i < routes->count; i++)
        if (dns_name_is_below(&routes->names[i].name, name))
            return true;
    return false;
}

bool
routes_is_same(const struct routes *a, const struct routes *b)
{
    bool is_same = a->count == b->count && a->whom[ROUTES_REST] == b->whom[ROUTES_REST];
    for (uint32_t i = 0; is_same && i < a->count; i++)
        is_same = dns_name_is_equal(&a->names[i].name, &b->names[i].name) &&
                  a->whom[a->names[i].group] == b->whom[b->names[i].group];
    return is_same;
}

void
routes_copy(struct routes *to, const struct routes *from)
{
    to->sets = from->sets;
    memcpy(to->whom, from->whom, sizeof to->whom);
    to->count = from->count;
    memcpy(to->names, from->names, from->count * sizeof from->names[0]);
}
