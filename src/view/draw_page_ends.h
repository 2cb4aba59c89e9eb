/* draw_page_ends.h - how queries ended, on the page
 * SPDX-License-Identifier: ISC
 *
 * What: the parts of lane/why_part.def by their groups: a bar of all of them, and a table. Each
 *       query ends once, so they add up to what came in.
 * Who:  draw_page.c. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/figures.h"
#include "view/markup.h"

void draw_page_ends(const struct figures *figures, struct markup *to);
