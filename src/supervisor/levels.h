/* levels.h - the lowest severity that is logged, changed while the service runs
 * SPDX-License-Identifier: ISC
 *
 * What: what an operator sets holds for all processes, also for those that are started later, until
 *       the next reload.
 * Who:  supervisor.
 * Ref:  ipc/messages.def LEVEL.
 */
#pragma once

#include "os/log.h"
#include "supervisor/supervisor.h"

/** From now on. @param level  LOG_NOTICE, LOG_INFO or LOG_DEBUG */
void levels_set(struct supervisor *sup, enum log_level level);

/** The configuration decides again. */
void levels_reset(struct supervisor *sup);
