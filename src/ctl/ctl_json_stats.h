/* ctl_json_stats.h - what is counted, as JSON
 * SPDX-License-Identifier: ISC
 *
 * What: every counter, level and end since the start, and how long things took.
 * Who:  penstockctl.
 * Ref:  docs/penstockctl-stats.schema.json.
 */
#pragma once

#include "view/reading.h"
#include "view/stages.h"

/** @return a text that free() takes; NULL: no memory */
char *ctl_json_stats(const struct reading *reading, const struct stages *stages);
