/* children.h - the processes of all lanes: which live, in which state, and their end by force
 * SPDX-License-Identifier: ISC
 *
 * What: the one place that writes a child's state.
 * Who:  supervisor.
 * Ref:  supervisor/life.h.
 */
#pragma once

#include "os/log.h"
#include "supervisor/supervisor.h"

/** Zero the lanes, name every child, and mark every descriptor absent. Before inherited_adopt(). */
void children_init(struct supervisor *sup);

/** How many children the lanes in use have, dead or alive. */
unsigned children_count(const struct supervisor *sup);

/** The i-th of them: each lane's front, its worker, then the workers that were replaced. */
struct child *children_at(struct supervisor *sup, unsigned i);

/** What happened to the child. @return false: it may not happen in its state; nothing changed */
bool children_step(struct child *child, enum life_event event);

/** Is there a process that may still speak? */
bool children_is_alive(const struct child *child);

/** The same of all children. */
bool children_is_any_alive(struct supervisor *sup);

/** Are the front and the worker of every lane in this state, or one of them? */
bool children_are_all(const struct supervisor *sup, enum life_state state);
bool children_are_any(const struct supervisor *sup, enum life_state state);

/** Does a worker of this lane that was replaced serve until its successor is ready? */
bool children_is_retired_serving(const struct lane *lane);

/** SIGKILL without a word; deaths_reap() does the rest. May be called twice. */
void children_kill(struct child *child);

/** The same, and a line that says why. @param why  "it hangs" */
void children_kill_for(struct child *child, enum log_level level, const char *why);

/** When something must have happened to this child, monotonic; UINT64_MAX: nothing. */
uint64_t children_due_us(const struct child *child);
