/* routing.c - see routing.h
 * SPDX-License-Identifier: ISC
 */
#include "front/routing.h"

static bool
is_changed(const struct routing *routing, const struct dns_name *name)
{
    for (uint32_t i = 0; i < routing->changed_count; i++)
        if (dns_name_is_below(name, &routing->changed[i]))
            return true;
    return routing->is_all_changed;
}

static void
note_names(struct routing *routing, const struct routes *routes)
{
    for (uint32_t i = 0; i < routes->count; i++) {
        if (is_changed(routing, &routes->names[i].name))
            continue;
        if (routing->changed_count < ROUTING_NAMES_MAX)
            routing->changed[routing->changed_count++] = routes->names[i].name;
        else
            routing->is_all_changed = true;
    }
}

void
routing_plan(struct routing *routing, const struct config *config)
{
    routes_make(&routing->next, config);
    routing->is_pending = routing->is_begun && !routes_is_same(&routing->now, &routing->next);
    routing->is_begun = true;
    if (!routing->is_pending) /* what may be private is no worker's matter: none will come */
        routes_copy(&routing->now, &routing->next);
}

bool
routing_turn(struct routing *routing, uint32_t now_s)
{
    if (!routing->is_pending)
        return false;
    note_names(routing, &routing->now);
    note_names(routing, &routing->next);
    routes_copy(&routing->now, &routing->next);
    routing->is_pending = false;
    routing->changed_s = now_s;
    return true;
}

bool
routing_is_outdated(const struct routing *routing, const struct dns_name *name, uint32_t then_s)
{
    bool was_any = routing->changed_count > 0 || routing->is_all_changed;
    return was_any && then_s <= routing->changed_s && is_changed(routing, name);
}
