/* audit_watch.h - what the audit log tells of upstreams and limits
 * SPDX-License-Identifier: ISC
 *
 * What: compares what the pages say, as view/sight.h read and judged it, with what it said at the look
 *       before: an upstream that is refused for its identity or trusted again, a pin behind the first,
 *       a certificate about to end, a limit that is felt. One line for each change.
 * Who:  supervisor, each second (keeper.c).
 * Ref:  audit/audit.def, docs/AUDIT.md; view/findings.def.
 */
#pragma once

#include "supervisor/supervisor.h"
#include "view/sight.h"

struct audit_watched {     /* all zero: nothing was seen yet */
    uint64_t upstreams_id; /* whose the rest is */
    bool is_refused[STATS_UPSTREAMS];
    unsigned pin_seen[STATS_UPSTREAMS]; /* 0: none yet */
    bool is_ending[STATS_UPSTREAMS];
    bool is_felt[JUDGE_KINDS]; /* a finding about a limit */
};

/** Tell what is different. */
void audit_watch_look(struct supervisor *sup, struct audit_watched *watched,
                      const struct sight *sight);
