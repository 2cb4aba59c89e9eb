/* finding_route.h - names that nobody can be asked, in whole sentences
 * SPDX-License-Identifier: ISC
 *
 * What: the text of one finding: which names, since when, whose upstreams are why, what to do.
 * Who:  finding. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/figures.h"
#include "view/sheet.h"

/** What finding_tell() says of JUDGE_ROUTE. @param since  a moment in words */
void finding_route_tell(const struct figures *figures, const char *since, struct sheet *to);
