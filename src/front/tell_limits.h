/* tell_limits.h - what this front knows of one client
 * SPDX-License-Identifier: ISC
 *
 * What: looks at access list, buckets, queries in progress, connections and the last refusal, and
 *       changes none of them.
 * Who:  front_control.c, for `penstockctl limits`.
 * Ref:  lane/limits_report.h.
 */
#pragma once

#include "front/rate.h"
#include "front/refusals.h"
#include "front/source.h"
#include "front/tcp.h"
#include "front/waiting.h"
#include "lane/limits_report.h"

struct tell_limits_parts { /* borrowed for the call */
    const struct rate *rate;
    const struct source *source;
    const struct waiting *waiting;
    const struct tcp *tcp;
    const struct refusals *refusals;
};

/** @param client  IPv4 or IPv6, no port  @param report  written */
void tell_limits(const struct tell_limits_parts *parts, const struct addr *client,
                 const struct clock_time *now, struct limits_report *report);
