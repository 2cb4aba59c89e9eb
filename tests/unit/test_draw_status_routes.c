/* test_draw_status_routes.c - tests of draw_status_routes
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_status_routes.h"

#include "view_scene.h"

static struct view_scene scene;
static struct figures *const f = &scene.figures;
static char text[4096];

static const char *
draw(void)
{
    struct sheet to;
    view_scene_figures(&scene);
    sheet_begin(&to, text, sizeof text, true, false);
    draw_status_routes(f, &to);
    return text;
}

Test(draw_status_routes, nothing_without_routes_else_a_line_for_each)
{
    view_scene_begin(&scene);
    cr_expect_str_eq(draw(), "");
    view_scene_route(&scene, "corp.example", 2, 1 << 2);
    scene.reading.of_upstream[1].state = STATS_UPSTREAM_DOWN;
    cr_expect_str_eq(draw(), "\n"
                             "Routes\n"
                             "  corp.example and 1 more  1 of 1 can be asked: harbour\n"
                             "  all other names          1 of 2 can be asked: north, south\n");
}
