/* draw_page_spread.h - how times to answer are spread, on the page
 * SPDX-License-Identifier: ISC
 *
 * What: the buckets of the last five minutes as bars over a logarithmic axis of times, of answers to
 *       clients and of answers of upstreams, with the times of 50, 90 and 99 of 100.
 * Who:  draw_page.c. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/figures.h"
#include "view/markup.h"

void draw_page_spread(const struct figures *figures, struct markup *to);
