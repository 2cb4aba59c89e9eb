/* test_finding_route.c - tests of finding_route
 * SPDX-License-Identifier: ISC
 */
#include "view/finding_route.h"

#include "view_scene.h"

static struct view_scene scene;
static struct figures *const f = &scene.figures;
static char text[1536];

static const char *
tell(void)
{
    struct sheet to;
    view_scene_figures(&scene);
    sheet_begin(&to, text, sizeof text, true, false);
    finding_route_tell(f, "02:41", &to);
    return text;
}

Test(finding_route, whose_names_nobody_can_be_asked_and_why)
{
    view_scene_begin(&scene);
    view_scene_route(&scene, "corp.example", 3, 1 << 2);
    cr_expect_not_null(strstr(tell(), "can be asked again. Some could not from 02:41 on."));
    scene.reading.of_upstream[2].state = STATS_UPSTREAM_DOWN;
    scene.reading.of_upstream[2].cause = STATS_CAUSE_LOST;
    cr_expect_not_null(strstr(tell(), "Names of a route have had no usable upstream since 02:41.\n"
                                      "corp.example and 2 more: harbour: it does not answer. "));
    cr_expect_null(strstr(text, "The same is true"));
}

Test(finding_route, many_are_counted)
{
    char name[32];
    view_scene_begin(&scene);
    for (unsigned i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "r%u.example", i);
        view_scene_route(&scene, name, 1, 1 << 2);
    }
    scene.reading.of_upstream[2].state = STATS_UPSTREAM_DOWN;
    cr_expect_not_null(strstr(tell(), "The same is true of 2 more."));
    cr_expect_not_null(strstr(text, "r2.example"));
    cr_expect_null(strstr(text, "r3.example"));
}
