/* ctl_json.h - what penstockctl says of how things are, as JSON
 * SPDX-License-Identifier: ISC
 *
 * What: one document a command, as the schemas beside penstockctl(8) have it. Names stay from version
 *       to version. What was not read is null.
 * Who:  penstockctl. What is counted: ctl_json_stats; what fronts know of clients: ctl_json_fronts.
 * Ref:  docs/penstockctl-status.schema.json, docs/penstockctl-top.schema.json.
 */
#pragma once

#include "view/judge.h"

/** To be called before the jail: what the library does at its first use only. */
void ctl_json_begin(void);

/** @return a text that free() takes; NULL: no memory */
char *ctl_json_status(const struct figures *figures, const struct judgement *judgement);
char *ctl_json_top(const struct figures *figures, const struct judgement *judgement);
