/* retire.h - a worker that a reload replaces goes on answering what it was asked
 * SPDX-License-Identifier: ISC
 *
 * What: a reload is not a death. The worker moves to a place of its own in its lane, and serves as
 *       before until its successor is ready; then the front gets the successor's ring, and the old
 *       worker is told to end: it answers what is under way, with the connections and the trust of
 *       the configuration it began with, and exits. What it leaves unanswered the front asks again.
 *       A lane has SUPERVISOR_RETIRED such places; a reload for which none is left waits for one,
 *       at most the time that a query may take.
 * Who:  supervisor.
 * Ref:  docs/ARCHITECTURE.md "reload"; docs/LIMITS.md "supervisor".
 */
#pragma once

#include "supervisor/supervisor.h"

/** Where in the lane a worker that is replaced can go; SUPERVISOR_CHILDREN: nowhere. Pure. */
unsigned retire_place(const struct lane *lane);

/** Is there a place for the worker of every lane that would have to move? Pure. */
bool retire_has_room(const struct supervisor *sup);

/** Replace this worker, where retire_has_room(); no effect on one that is not ready. */
void retire_worker(struct child *worker);

/** The successor is ready, or there will be none: tell the worker that served in its place to end. */
void retire_dismiss(struct lane *lane);

/** The front is gone, and nothing waits for their answers any more: kill them. */
void retire_end(struct lane *lane);
