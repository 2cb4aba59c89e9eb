/* ctl_compliance_show.h - judged rows as a table, and as JSON
 * SPDX-License-Identifier: ISC
 *
 * What: the command that proves a row, what it is expected to say, and what came of it.
 * Who:  penstockctl compliance.
 * Ref:  docs/penstockctl-compliance.schema.json.
 */
#pragma once

#include "ctl/ctl_compliance.h"

/** @param text  written: `size` octets with the NUL; what does not fit is left out */
void ctl_compliance_show(const struct ctl_compliance *compliance, char *text, size_t size);

/** @return a text that free() takes; NULL: no memory */
char *ctl_compliance_show_json(const struct ctl_compliance *compliance);
