/* draw_page_panels.h - the four panels of the page: queries, times, cache, what was not answered
 * SPDX-License-Identifier: ISC
 *
 * What: of each the figure of now, a line that says more, and the last hour as a picture.
 * Who:  draw_page.c. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/draw_page_head.h"

void draw_page_panels(const struct figures *figures, const struct judgement *judgement,
                      const struct draw_page_when *when, struct markup *to);
