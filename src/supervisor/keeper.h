/* keeper.h - the last hour, kept for whoever looks
 * SPDX-License-Identifier: ISC
 *
 * What: reads the pages each second as any reader would, judges, and publishes the last hour on a
 *       page of its own. It stays the same memory as long as the service runs.
 * Who:  supervisor.
 * Ref:  view/sight.h, view/chronicle.h; docs/LIMITS.md "view".
 */
#pragma once

#include "supervisor/supervisor.h"

#define KEEPER_STEP_MS 1000 /* between two readings */

/** Reserve its memory and the page. @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status keeper_open(struct supervisor *sup);

/** The page, sealed, for readers; -1: there is none. */
int keeper_page(const struct supervisor *sup);

/** Once per turn, after report_tick(): looks when it is time. */
void keeper_tick(struct supervisor *sup);
