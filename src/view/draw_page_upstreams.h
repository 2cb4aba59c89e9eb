/* draw_page_upstreams.h - the upstreams as a table of the page
 * SPDX-License-Identifier: ISC
 *
 * What: of each upstream its state, its share, the last hour, and what it proves itself with. They
 *       stand in the order of the configuration. What a finding is about has that finding's sign.
 * Who:  draw_page.c. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/judge.h"
#include "view/markup.h"

void draw_page_upstreams(const struct figures *figures, const struct judgement *judgement,
                         struct markup *to);
