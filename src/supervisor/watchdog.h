/* watchdog.h - children that do not turn are replaced, and the service manager hears that we do
 * SPDX-License-Identifier: ISC
 *
 * What: once per HEARTBEAT_MS the supervisor looks at each child's count of turns. One that hangs is
 *       killed, and what follows is what follows any death. Where the service manager has a watchdog
 *       (systemd's WatchdogSec), it is told in time, by the same loop that does all the rest.
 * Who:  supervisor.
 * Ref:  lane/heartbeat.h; sd_watchdog_enabled(3).
 */
#pragma once

#include "supervisor/supervisor.h"

/** Read from WATCHDOG_USEC and WATCHDOG_PID whether the service manager watches us. */
void watchdog_open(struct supervisor *sup);

/** Look, if it is time. Once per turn. */
void watchdog_tick(struct supervisor *sup);

/** When watchdog_tick() has something to do, monotonic. */
uint64_t watchdog_deadline_us(const struct supervisor *sup);
