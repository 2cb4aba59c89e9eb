/* draw_status_routes.h - which upstreams which names are asked of, as text
 * SPDX-License-Identifier: ISC
 *
 * What: a line for each group of upstreams: its names, how many can be asked, and who they are.
 * Who:  draw_status, penstockctl. Pure.
 * Ref:  docs/VIEW.md, penstockctl(8).
 */
#pragma once

#include "view/figures.h"
#include "view/sheet.h"

/** The table, with an empty line before it; nothing where there are no routes. */
void draw_status_routes(const struct figures *figures, struct sheet *to);
