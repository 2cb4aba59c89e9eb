/* finding.h - a finding in whole sentences: what, since when, what to do
 * SPDX-License-Identifier: ISC
 *
 * What: the text that `status` and the page show of a finding.
 * Who:  whoever draws more than a row of a table. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/judge.h"

#define FINDING_MAX 1536 /* with its NUL */

/**
 * The whole finding, for sheet_flow(): a line end is one, and what is to be typed has its own line
 * that begins with blanks.
 *
 * @return `text`
 */
const char *finding_tell(const struct figures *figures, const struct judge_finding *finding,
                         char text[FINDING_MAX]);
