/* statistics.h - the numbers that SIGUSR1 asks for
 * SPDX-License-Identifier: ISC
 *
 * What: one log line per group, "group name=value …", in a form that stays: names come from
 *       stats.def and why.def, new ones are added at the end. Lanes are summed. A group that is
 *       longer than a log line goes on in a second line with the same group.
 * Who:  supervisor. Children write their pages; nothing but numbers is believed.
 */
#pragma once

#include "supervisor/supervisor.h"

void statistics_log(const struct supervisor *sup);
