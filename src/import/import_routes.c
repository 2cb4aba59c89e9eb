/* import_routes.c - see import_routes.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_routes.h"

#include "conf/config_judge.h"
#include "import/import_place.h"

#include <string.h>

struct routes {
    struct import_draft *draft;
    uint32_t upstreams[CONFIG_ROUTES_MAX]; /* of each route, a bit for each */
};

/* Is the zone below another one? Then that one's route would have its names. */
static bool
is_below_another(const struct import_draft *draft, const struct import_draft_zone *zone)
{
    for (uint32_t i = 0; i < draft->zones_count; i++)
        if (&draft->zones[i] != zone && config_judge_is_within(zone->name, draft->zones[i].name))
            return true;
    return false;
}

static bool
may_be_private(const struct config *config, const char *name)
{
    for (uint32_t i = 0; i < config->local_private_names_count; i++)
        if (config_judge_is_within(name, config->local_private_names[i]))
            return true;
    return false;
}

/* One of these upstreams that has room for a name, or a new one. @return CONFIG_ROUTES_MAX: no room */
static uint32_t
find_route(struct routes *r, uint32_t upstreams, uint32_t is_private)
{
    struct config *config = &r->draft->config;
    uint32_t i = 0;
    for (; i < config->routes_count; i++)
        if (r->upstreams[i] == upstreams && config->routes[i].private_addresses == is_private &&
            config->routes[i].names_count < CONFIG_ROUTE_NAMES)
            return i;
    if (i == CONFIG_ROUTES_MAX)
        return i;
    struct config_route *route = &config->routes[config->routes_count++];
    r->upstreams[i] = upstreams;
    route->private_addresses = is_private;
    for (uint32_t number = 0; number < config->upstreams_count; number++)
        if ((upstreams >> number & 1) != 0)
            memcpy(route->upstreams[route->upstreams_count++], config->upstreams[number].name,
                   CONFIG_NAME_MAX);
    r->draft->given[CONFIG_ROW_route_names] = true;
    return i;
}

/* It is asked of whom every name is asked of; unless it is answered here, that is so without a word. */
static void
say_rest(struct import_draft *draft, const struct import_draft_zone *zone)
{
    if (config_judge_is_special(zone->name))
        (void)import_draft_add(draft, zone->line, zone->key, CONFIG_ROW_local_through, zone->name);
    else
        import_draft_say(draft, IMPORT_DRAFT_CARRIED, zone->line, zone->key,
                         "%s is asked of the same servers as every other name", zone->name);
}

static void
settle_zone(struct routes *r, const struct import_draft_zone *zone)
{
    struct import_draft *draft = r->draft;
    if (zone->lost != NULL) {
        import_draft_say(draft, IMPORT_DRAFT_LOST, zone->line, zone->key, "%s: %s", zone->name,
                         zone->lost);
        return;
    }
    if (import_place_is_rest(draft, zone->group) && !is_below_another(draft, zone)) {
        import_place_as_rest(draft, zone->group);
        say_rest(draft, zone);
        return;
    }
    uint32_t upstreams = import_place_group(draft, zone->group);
    if (upstreams == 0) {
        import_draft_say(draft, IMPORT_DRAFT_LOST, zone->line, zone->key,
                         "%s: none of its servers is carried, so that it has no route", zone->name);
        return;
    }
    bool is_private = may_be_private(&draft->config, zone->name);
    uint32_t route = find_route(r, upstreams, is_private);
    if (route == CONFIG_ROUTES_MAX) {
        import_draft_say(draft, IMPORT_DRAFT_LOST, zone->line, zone->key,
                         "%s: a policy has room for %u routes, of %u names", zone->name,
                         CONFIG_ROUTES_MAX, CONFIG_ROUTE_NAMES);
        return;
    }
    struct config_route *to = &draft->config.routes[route];
    memcpy(to->names[to->names_count++], zone->name, sizeof zone->name);
    import_draft_say(draft, IMPORT_DRAFT_CARRIED, zone->line, zone->key, "routes[%u].names: %s%s",
                     route, zone->name, is_private ? ", private: allow" : "");
}

void
import_routes_settle(struct import_draft *draft)
{
    struct routes r = {.draft = draft};
    for (uint32_t i = 0; i < draft->zones_count; i++)
        settle_zone(&r, &draft->zones[i]);
}
