/* draw_page_head.h - what the page begins with: whose it is, and how it is
 * SPDX-License-Identifier: ISC
 *
 * What: the line that says which service this is and when it was read, and the sentence that says
 *       whether somebody is needed.
 * Who:  draw_page.c. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/judge.h"
#include "view/markup.h"

struct draw_page_when {
    uint64_t drawn_s; /* since 1970: now */
    bool is_held;     /* it does not load itself again */
};

/** Are the figures those of a moment that is long gone? */
bool draw_page_head_is_old(const struct judgement *judgement);

/** The line. */
void draw_page_head(const struct figures *figures, const struct judgement *judgement,
                    const struct draw_page_when *when, struct markup *to);

/** The sentence, and what it rests on. */
void draw_page_head_sentence(const struct figures *figures, const struct judgement *judgement,
                             const struct draw_page_when *when, struct markup *to);

/** How often it loads itself again, and how that is changed. */
void draw_page_head_pace(const struct draw_page_when *when, struct markup *to);

/** The level's sign and word, before a sentence that has to follow, and "</h1>". */
void draw_page_head_level(struct markup *to, enum judge_level level);
