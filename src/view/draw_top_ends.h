/* draw_top_ends.h - how queries ended, room and lanes in the live view
 * SPDX-License-Identifier: ISC
 *
 * What: rates and sums of the ends of queries, by part and by reason; how much of each limit is in
 *       use; what each lane does.
 * Who:  draw_top. Pure.
 * Ref:  docs/VIEW.md, lane/why.def.
 */
#pragma once

#include "view/figures.h"
#include "view/sheet.h"

/** By part, with a bar each; what never was is left out, but for answers. */
void draw_top_ends(const struct figures *figures, struct sheet *to);

/** By reason, every one. @param first  so many rows are left out; @param rows  at most so many */
void draw_top_ends_reasons(const struct figures *figures, unsigned first, unsigned rows,
                           struct sheet *to);

/** One row: rates of ends, in 80 columns. */
void draw_top_ends_short(const struct figures *figures, struct sheet *to);

/** One row: what is in use of limits. */
void draw_top_ends_room(const struct figures *figures, bool is_wide, struct sheet *to);

/** One row a lane. @param is_wide  120 columns: with its processes */
void draw_top_ends_lanes(const struct figures *figures, unsigned first, unsigned rows, bool is_wide,
                         struct sheet *to);

/** One row a process under a head: processor time, memory. @param first  lanes that are left out;
 *  @param rows  at most so many, with the head */
void draw_top_ends_processes(const struct figures *figures, unsigned first, unsigned rows,
                             struct sheet *to);
