/* draw_page_findings.h - what needs somebody, on the page
 * SPDX-License-Identifier: ISC
 *
 * What: of each finding one line: by when, what it is, what to do, since when. The most urgent
 *       first; where there are very many, how many more there are.
 * Who:  draw_page.c. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/judge.h"
#include "view/markup.h"

#define DRAW_PAGE_FINDINGS_MAX 24

/** Nothing where there is none. */
void draw_page_findings(const struct figures *figures, const struct judgement *judgement,
                        struct markup *to);
