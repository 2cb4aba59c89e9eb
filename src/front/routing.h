/* routing.h - the routes in force, and what was answered under others
 * SPDX-License-Identifier: ISC
 *
 * What: a reload gives other routes. They hold when the front is connected to a worker that has
 *       them, not before: what is asked meanwhile is asked by the old ones. What was asked or kept of
 *       a name of the old or new routes until then is not given to clients afterwards.
 * Who:  front: local.c judges names by it, recall.c what is kept.
 * Ref:  lane/routes.h.
 */
#pragma once

#include "lane/routes.h"

#define ROUTING_NAMES_MAX (2 * ROUTES_NAMES_MAX)

struct routing { /* zeroed: no configuration yet */
    struct routes now, next;
    bool is_begun;   /* `now` is of a configuration */
    bool is_pending; /* `next` is to be taken up */
    /* names of routes that came and went, with all below them */
    struct dns_name changed[ROUTING_NAMES_MAX];
    uint32_t changed_count;
    bool is_all_changed; /* there were more: any name may be one */
    uint32_t changed_s;  /* monotonic: the last change; what is younger is of the routes in force */
};

/** A configuration: the first is in force at once, and what changes only which names may be private;
 *  another one with routing_turn(). */
void routing_plan(struct routing *routing, const struct config *config);

/** The next questions go to a worker of the configuration that was planned last.
 *  @return true: the routes are others now */
bool routing_turn(struct routing *routing, uint32_t now_s);

/** Was this asked or kept under other routes, and may it be otherwise now?
 *  @param name  in lower case @param then_s  monotonic: when it was asked or kept */
bool routing_is_outdated(const struct routing *routing, const struct dns_name *name,
                         uint32_t then_s);
