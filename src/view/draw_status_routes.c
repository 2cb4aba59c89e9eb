/* draw_status_routes.c - see draw_status_routes.h
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_status_routes.h"

#include "view/says_route.h"

#define WIDTH     80
#define NAME_MOST 40 /* columns of names */

static void
draw_upstreams(const struct figures *f, unsigned route, struct sheet *to)
{
    char text[(SERVICE_PAGE_NAME_MAX + 2) * STATS_UPSTREAMS];
    struct sheet list;
    bool is_first = true;
    sheet_begin(&list, text, sizeof text, true, false);
    for (unsigned i = 0; i < f->upstreams; i++) {
        if (!figures_is_asked(f, route, i))
            continue;
        sheet_add(&list, "%s%s", is_first ? "" : ", ", f->of_upstream[i].is->name);
        is_first = false;
    }
    sheet_flow(to, 4, WIDTH, text);
}

static void
draw_route(const struct figures *f, unsigned route, unsigned width, struct sheet *to)
{
    char names[SAYS_LINE_MAX];
    const struct figures_route *of = &f->of_route[route];
    sheet_add(to, "  ");
    sheet_cut(to, width, says_route(f, route, names));
    sheet_to(to, width + 4);
    sheet_add(to, "%u of %u can be asked: ", of->usable, of->upstreams);
    draw_upstreams(f, route, to);
}

/* Routes first: "all other names" is what they leave. */
void
draw_status_routes(const struct figures *f, struct sheet *to)
{
    char names[SAYS_LINE_MAX];
    unsigned width = 0;
    if (f->routes < 2)
        return;
    for (unsigned i = 0; i < f->routes; i++)
        if (sheet_width(says_route(f, i, names)) > width)
            width = sheet_width(names);
    sheet_end_line(to, 0);
    sheet_add(to, "Routes");
    sheet_end_line(to, 0);
    for (unsigned i = 1; i <= f->routes; i++)
        draw_route(f, i % f->routes, width < NAME_MOST ? width : NAME_MOST, to);
}
