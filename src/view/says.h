/* says.h - the sentences about what was judged
 * SPDX-License-Identifier: ISC
 *
 * What: how clients fare, whether somebody is needed, and of each finding what it is, since when,
 *       and what to do. The words are the same wherever they are shown.
 * Who:  whoever draws. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/judge.h"
#include "view/moment.h"

#define SAYS_LINE_MAX 160

/** What "the last 5 minutes" are: "1 second" when there are no five minutes yet. @return `text` */
const char *says_span(const struct figures *figures, char text[MOMENT_TEXT_MAX]);

/** "Clients are answered." @return `text`, as all below */
const char *says_clients(const struct figures *figures, const struct judgement *judgement,
                         char text[SAYS_LINE_MAX]);

/** "Four things need you, none of them tonight." */
const char *says_needs(const struct judgement *judgement, char text[SAYS_LINE_MAX]);

/** "TODAY", "BY 2 DEC". */
const char *says_when(const struct figures *figures, const struct judge_finding *finding,
                      char text[SAYS_LINE_MAX]);

/** What it is about in a row of a table: an upstream's name, or "". */
const char *says_object(const struct figures *figures, const struct judge_finding *finding);

/** In a few words, without that name and without since when. */
const char *says_briefly(const struct figures *figures, const struct judge_finding *finding,
                         char text[SAYS_LINE_MAX]);

/** Its name in a chart: "north pin", "slow". */
const char *says_mark(const struct figures *figures, const struct judge_finding *finding,
                      char text[SAYS_LINE_MAX]);

/** What to do in a few words. Static text. */
const char *says_act(const struct judge_finding *finding);

/** "in use", "refused", "down", "ready", "not asked yet". Static text. */
const char *says_state(const struct figures_upstream *upstream);

/** Why it is refused or down: "no pin matches its key". Static text. */
const char *says_cause(enum stats_upstream_cause cause);

/** Which of its keys it shows: "pin 1/2", "pin 2/2, last", "none of 2", "by CA". */
const char *says_key(const struct figures_upstream *upstream, char text[SAYS_LINE_MAX]);

/** "48 days", "1 day", "today"; "-": not known. */
const char *says_days(const struct figures_upstream *upstream, char text[SAYS_LINE_MAX]);
