/* turn.h - one turn of the supervisor
 * SPDX-License-Identifier: ISC
 *
 * What: the event loop only marks what can be read; the turn takes it: signals, what children said,
 *       what is due, looks, a reload. main() owns the loop.
 * Who:  supervisor.
 * Ref:  docs/ARCHITECTURE.md "processes".
 */
#pragma once

#include "supervisor/supervisor.h"

/** Open the event loop and the signals. @return STATUS_OK; STATUS_SYSTEM (errno). */
MUST_CHECK enum status turn_open(struct supervisor *sup);

/** When turn_take() has something to do, whether or not anything happens: monotonic. */
uint64_t turn_deadline_us(struct supervisor *sup);

/** Take all that the event loop has marked, and do what is due at loop.now_us. */
void turn_take(struct supervisor *sup);
