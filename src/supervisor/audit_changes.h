/* audit_changes.h - what a reload changes about who upstreams are, and about limits
 * SPDX-License-Identifier: ISC
 *
 * What: compares two configurations: upstreams by their names, and what is done with rates.
 * Who:  supervisor, when another configuration comes into force (reload.c).
 * Ref:  audit/audit.def, docs/AUDIT.md.
 */
#pragma once

#include "supervisor/supervisor.h"

/** One line for each change. Both are borrowed. */
void audit_changes_tell(struct supervisor *sup, const struct config *before,
                        const struct config *now);

/** What is done with rate limits by the configuration in force. */
void audit_changes_tell_mode(struct supervisor *sup, uint32_t mode);
