/* deaths.h - a child has ended: what is left of it, and what follows
 * SPDX-License-Identifier: ISC
 *
 * What: takes every end, closes what the process had, tells its front of a worker's, and decides by
 *       the phase: a failed start, another process at once or after a while, or nothing. One that
 *       was replaced, or told to stop, ends in order.
 * Who:  supervisor.
 * Ref:  lane/restart.h; docs/LIMITS.md "supervisor".
 */
#pragma once

#include "supervisor/supervisor.h"

/** Something died (SIGCHLD): take every end, log it, arrange what follows. */
void deaths_reap(struct supervisor *sup);

/** A child died, or could not be spawned: count it, and start another when lane/restart.h says; or
 *  stop, if that was one too many. @param ending  in words, borrowed for the call */
void deaths_restart(struct child *child, const char *ending);
