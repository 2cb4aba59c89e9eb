/* draw_status.h - the status page as text
 * SPDX-License-Identifier: ISC
 *
 * What: what a tired person can read: is it well, since when, what is wrong, what to do; then the
 *       figures. Up to 80 columns.
 * Who:  penstockctl. Pure.
 * Ref:  docs/VIEW.md, penstockctl(8).
 */
#pragma once

#include "view/judge.h"
#include "view/sheet.h"

#define DRAW_STATUS_MAX 65536 /* octets of a page with every finding of every upstream */

/** Write the page. @param to  from sheet_begin(), with DRAW_STATUS_MAX octets */
void draw_status(const struct figures *figures, const struct judgement *judgement,
                 struct sheet *to);

/** The table of upstreams alone. */
void draw_status_upstreams(const struct figures *figures, struct sheet *to);
