/* draw_top_hour.h - the last hour of the live view
 * SPDX-License-Identifier: ISC
 *
 * What: six series over one axis of time, and where findings began.
 * Who:  draw_top. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/judge.h"
#include "view/sheet.h"

#define DRAW_TOP_HOUR_ROWS 7 /* with its head; a wide one has another for marks */

/** In 80 columns. */
void draw_top_hour(const struct figures *figures, struct sheet *to);

/** In 120 columns, with figures of five minutes and marks. */
void draw_top_hour_wide(const struct figures *figures, const struct judgement *judgement,
                        struct sheet *to);
