/* test_says_route.c - tests of says_route
 * SPDX-License-Identifier: ISC
 */
#include "view/says_route.h"

#include "view_scene.h"

static struct view_scene scene;
static struct figures *const f = &scene.figures;
static char text[SAYS_LINE_MAX];

Test(says_route, names_as_fit)
{
    char name[254];
    memset(name, 'x', sizeof name);
    memcpy(name + sizeof name - 14, ".corp.example", 14);
    view_scene_begin(&scene);
    view_scene_figures(&scene);
    cr_expect_str_eq(says_route(f, 0, text), "all names");
    view_scene_route(&scene, "corp.example", 1, 1 << 2);
    view_scene_route(&scene, name, 17, 1 << 1);
    view_scene_figures(&scene);
    cr_expect_str_eq(says_route(f, 0, text), "all other names");
    cr_expect_str_eq(says_route(f, 1, text), "corp.example");
    cr_expect_str_eq(says_route(f, 2, text),
                     "...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.corp.example and 16 more");
}

Test(says_route, none_and_which_is_down)
{
    view_scene_begin(&scene);
    view_scene_route(&scene, "corp.example", 1, 1 << 2);
    view_scene_route(&scene, "lab.example", 1, 1 << 1);
    scene.reading.of_upstream[1].state = scene.reading.of_upstream[0].state = STATS_UPSTREAM_DOWN;
    view_scene_figures(&scene);
    cr_expect_str_eq(says_route_down(f, text), "lab.example");
    cr_expect_str_eq(says_route_none(f), "No upstream for names outside of routes can be asked");
    scene.reading.of_upstream[2].state = STATS_UPSTREAM_DOWN;
    view_scene_figures(&scene);
    cr_expect_str_eq(says_route_down(f, text), "corp.example");
    cr_expect_str_eq(says_route_none(f), "No upstream can be asked");
}
