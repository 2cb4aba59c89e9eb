/* draw_page_mark.h - the signs of the levels, and bars
 * SPDX-License-Identifier: ISC
 *
 * What: a circle with a tick, a triangle, an octagon: each is another shape, so that no colour is
 *       needed to tell them apart; and bars that show a share beside its figure.
 * Who:  draw_page_*. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/judge.h"
#include "view/markup.h"

/** "well", "look", "act": the level's word and its class in the style sheet. Static text. */
const char *draw_page_mark_word(enum judge_level level);

/** The sign. @param class  beside that of the level; "": none */
void draw_page_mark(struct markup *to, enum judge_level level, const char *class);

/** A bar of which so much is full. @param share  in hundredths of a percent; NUMBER_NONE: nothing
 *  @param class  of what is full */
void draw_page_mark_bar(struct markup *to, uint64_t share, const char *class);

/** The level of a finding about an upstream; JUDGE_WELL: there is none. */
enum judge_level draw_page_mark_level(const struct judgement *judgement, enum judge_kind kind,
                                      unsigned upstream);
