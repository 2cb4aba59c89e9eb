/* draw_top_scene.h - a part of top, drawn of an hour that view_hour.h makes
 * SPDX-License-Identifier: ISC
 */
#pragma once

#include "view_hour.h"

static struct view_scene scene;
static char text[8192];
static struct sheet sheet;

static struct sheet *
begin(enum view_hour what, unsigned seconds)
{
    view_scene_begin(&scene);
    view_hour(&scene, what, seconds);
    figures_make(&scene.figures, &scene.reading, &scene.history);
    view_scene_judge(&scene);
    sheet_begin(&sheet, text, sizeof text, true, false);
    return &sheet;
}

static void
has(const char *line)
{
    cr_expect_not_null(strstr(text, line), "%s\nnot in\n%s", line, text);
}
