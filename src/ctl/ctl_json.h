/* ctl_json.h - what penstockctl says, as JSON
 * SPDX-License-Identifier: ISC
 *
 * What: one document a command, as the schemas beside penstockctl(8) have it. Names stay from version
 *       to version. What was not read is null.
 * Who:  penstockctl.
 * Ref:  docs/penstockctl-status.schema.json, docs/penstockctl-stats.schema.json,
 *       docs/penstockctl-limits.schema.json,
 *       docs/penstockctl-networks.schema.json,
 *       docs/penstockctl-top.schema.json.
 */
#pragma once

#include "ctl/ctl_fronts.h"
#include "view/judge.h"

/** To be called before the jail: what the library does at its first use only. */
void ctl_json_begin(void);

/** @return a text that free() takes; NULL: no memory */
char *ctl_json_status(const struct figures *figures, const struct judgement *judgement);
char *ctl_json_top(const struct figures *figures, const struct judgement *judgement);
char *ctl_json_stats(const struct reading *reading);

/** What fronts know of a client. @param address  what was asked about */
char *ctl_json_limits(const struct ctl_fronts_limits *limits, const char *address);

/** The networks that ask most. */
char *ctl_json_networks(const struct ctl_fronts_networks *networks);
