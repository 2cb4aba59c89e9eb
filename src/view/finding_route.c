/* finding_route.c - see finding_route.h
 * SPDX-License-Identifier: ISC
 */
#include "view/finding_route.h"

#include "view/says_route.h"

#define ROUTES_TOLD    3U /* routes that are down; the others are counted */
#define UPSTREAMS_TOLD 2U /* of each */

/* "corp.example and 3 more: corp: it does not answer. " */
static void
tell_down(const struct figures *f, unsigned route, struct sheet *to)
{
    char names[SAYS_LINE_MAX];
    unsigned told = 0;
    sheet_add(to, "%s: ", says_route(f, route, names));
    for (unsigned i = 0; i < f->upstreams && told < UPSTREAMS_TOLD; i++)
        if (figures_is_asked(f, route, i))
            sheet_add(to, "%s%s: %s", told++ > 0 ? "; " : "", f->of_upstream[i].is->name,
                      says_cause(f->of_upstream[i].is->cause));
    sheet_add(to, ". ");
}

void
finding_route_tell(const struct figures *f, const char *since, struct sheet *to)
{
    unsigned told = 0;
    if (f->routes_down == 0) {
        sheet_add(to,
                  "The upstreams of all routes can be asked again. Some could not from %s on.\n",
                  since);
        sheet_add(to, "If it stays so for five minutes, this goes away by itself.");
        return;
    }
    sheet_add(to, "Names of a route have had no usable upstream since %s.\n", since);
    for (unsigned i = 1; i < f->routes && told < ROUTES_TOLD; i++) {
        if (!figures_is_down(f, i))
            continue;
        tell_down(f, i, to);
        told++;
    }
    if (f->routes_down > told)
        sheet_add(to, "The same is true of %u more. ", f->routes_down - told);
    sheet_add(to, "Nobody else is asked these names, so clients get what the cache holds of them, "
                  "and errors; all others are not concerned. Look at the path to them. They are "
                  "tried again by themselves.");
}
