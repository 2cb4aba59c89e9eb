/* draw_page_panels.h - the four panels of the page: queries, times, cache, what was not answered
 * SPDX-License-Identifier: ISC
 *
 * What: of each the figure of now, a line that says more, and the last hour as a picture.
 * Who:  draw_page.c. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/judge.h"
#include "view/markup.h"

void draw_page_panels(const struct figures *figures, const struct judgement *judgement,
                      struct markup *to);
