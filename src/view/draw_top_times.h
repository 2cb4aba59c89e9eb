/* draw_top_times.h - how long answers took, as distributions
 * SPDX-License-Identifier: ISC
 *
 * What: of five minutes, how many of 100 answers took how long: to clients, and of upstreams.
 * Who:  draw_top. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/figures.h"
#include "view/sheet.h"

#define DRAW_TOP_TIMES_OTHERS 3 /* rows beside those of columns: head, axis, percentiles */

/** @param high  rows of columns, 1 to 8 */
void draw_top_times_clients(const struct figures *figures, unsigned high, struct sheet *to);
void draw_top_times_upstreams(const struct figures *figures, unsigned high, struct sheet *to);
