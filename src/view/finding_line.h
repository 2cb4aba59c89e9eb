/* finding_line.h - a finding in two sentences: what it is, and what to do
 * SPDX-License-Identifier: ISC
 *
 * What: the text of a finding where it has one line of a wide page, between the few words of says.h
 *       and the whole of finding.h. What is to be typed stands between `these`. It names neither a
 *       network nor the key that an upstream shows: everybody may read it.
 * Who:  whoever draws a page. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/judge.h"

#define FINDING_LINE_MAX 256 /* with its NUL */

/** "north is refused: no pin matches its key." It begins with says_object(). @return `text` */
const char *finding_line_what(const struct figures *figures, const struct judge_finding *finding,
                              char text[FINDING_LINE_MAX]);

/** "Compare its key with what its operator publishes before you pin it." @return `text` */
const char *finding_line_act(const struct figures *figures, const struct judge_finding *finding,
                             char text[FINDING_LINE_MAX]);
