/* draw_page_room.h - how much room there is, and the work with upstreams, on the page
 * SPDX-License-Identifier: ISC
 *
 * What: what is used of each limit, with a bar; what was dropped, held back and died; handshakes and
 *       questions that were asked twice or not at all.
 * Who:  draw_page.c. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/judge.h"
#include "view/markup.h"

void draw_page_room(const struct figures *figures, const struct judgement *judgement,
                    struct markup *to);
