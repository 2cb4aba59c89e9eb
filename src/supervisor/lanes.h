/* lanes.h - the life of the children: spawn, watch, start again, stop
 * SPDX-License-Identifier: ISC
 *
 * What: who is alive, who has which ring, when what must have happened. A child that died
 *       (deaths.h) is followed by a new one that gets the same listening sockets and a new ring;
 *       both sides get the ring, so what was in the old one is over.
 * Who:  supervisor. All calls from the event loop's turn; loop.now_us is the time.
 * Ref:  lane/restart.h; docs/ARCHITECTURE.md "processes".
 */
#pragma once

#include "supervisor/supervisor.h"

#include "ipc/ipc.h"

/** Zero the lanes and mark every descriptor absent. Before inherited_adopt(). */
void lanes_init(struct supervisor *sup);

/** Make the statistics pages of lanes_count lanes. @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status lanes_open(struct supervisor *sup);

/** Spawn this child of every lane for the first time. @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status lanes_spawn(struct supervisor *sup, enum child_role role);

/** When lanes_tick() has something to do next, monotonic; UINT64_MAX: nothing. */
uint64_t lanes_deadline_us(struct supervisor *sup);

/** Spawn what is due, kill what is late. Once per turn. */
void lanes_tick(struct supervisor *sup);

/**
 * Answer what is in flight, then end with `exit_code`. A second call kills at once, unless it comes
 * right after the first: some senders signal the process and then its group.
 */
void lanes_stop(struct supervisor *sup, int exit_code);

/** The child says that it serves. */
void lanes_ready(struct child *child);

/** SIGKILL with the reason in the log; deaths_reap() does the rest. May be called twice. */
void lanes_kill(struct child *child, const char *why);

/** A front handed over a copy of a socket: the next lane may bind once that was the last. */
void lanes_listener_kept(struct child *front);

/** STOP: answer what is in flight, then end. No effect on one that is ending already. */
void lanes_tell_to_stop(struct child *child);

/** Is there a process that may still speak? */
bool lanes_is_alive(const struct child *child);

/** The same of all children. */
bool lanes_is_anybody_alive(struct supervisor *sup);

/** The i-th of the SUPERVISOR_CHILDREN of each lane, in the order of lanes. */
struct child *lanes_child(struct supervisor *sup, unsigned i);
