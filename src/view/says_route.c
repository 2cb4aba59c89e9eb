/* says_route.c - see says_route.h
 * SPDX-License-Identifier: ISC
 */
#include "view/says_route.h"

#include <stdio.h>
#include <string.h>

#define NAME_MOST 60U /* octets of a name; of a longer one its end */

const char *
says_route(const struct figures *f, unsigned route, char text[SAYS_LINE_MAX])
{
    const struct reading_route *is = f->of_route[route].is;
    size_t size = strlen(is->name), cut = size > NAME_MOST ? size - (NAME_MOST - 3) : 0;
    char name[NAME_MOST + 4];
    snprintf(name, sizeof name, "%s%.*s", cut > 0 ? "..." : "", (int)NAME_MOST, is->name + cut);
    if (is->names == 0)
        snprintf(text, SAYS_LINE_MAX, "all %snames", f->routes > 1 ? "other " : "");
    else if (is->names == 1)
        snprintf(text, SAYS_LINE_MAX, "%s", name);
    else
        snprintf(text, SAYS_LINE_MAX, "%s and %u more", name, is->names - 1);
    return text;
}

const char *
says_route_none(const struct figures *f)
{
    return f->routes > 1 && f->usable > 0 ? "No upstream for names outside of routes can be asked"
                                          : "No upstream can be asked";
}

const char *
says_route_down(const struct figures *f, char text[SAYS_LINE_MAX])
{
    unsigned route = 1;
    while (route + 1 < f->routes && !figures_is_down(f, route))
        route++;
    return says_route(f, route, text);
}
