/* draw_top_table.h - the upstreams of the live view
 * SPDX-License-Identifier: ISC
 *
 * What: one row an upstream, in the order that is asked for, with signs where a finding is.
 * Who:  draw_top. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/draw_top.h"

/**
 * The head and as many upstreams as fit.
 *
 * @param is_wide  120 columns and not 80
 * @param first    so many are left out at the beginning
 * @param rows     with the head, 2 or more; where some upstreams do not fit, the last row says so
 */
void draw_top_table(const struct figures *figures, const struct judgement *judgement,
                    enum draw_top_sort sort, bool is_wide, unsigned first, unsigned rows,
                    struct sheet *to);
