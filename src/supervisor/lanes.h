/* lanes.h - the life of the lanes: spawn, ready, stop
 * SPDX-License-Identifier: ISC
 *
 * What: a child that died (deaths.h) is followed by a new one that gets the same listening sockets
 *       and a new ring; both sides get the ring, so what was in the old one is over.
 * Who:  supervisor. All calls from the event loop's turn; loop.now_us is the time.
 * Ref:  docs/ARCHITECTURE.md "processes".
 */
#pragma once

#include "supervisor/supervisor.h"

/** Make a process of a child that has none. @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status lanes_spawn(struct child *child);

/** The same of every lane, at the start. @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status lanes_spawn_all(struct supervisor *sup, enum child_role role);

/** All serve, and the listening sockets are read: say so, to the log and the service manager. */
void lanes_announce(struct supervisor *sup);

/** Has each worker had a good handshake with an upstream, and nothing worse since? Those of routes
 *  alone do not count: most names are not asked of them. */
bool lanes_can_ask(const struct supervisor *sup);

/** The child says that it serves. */
void lanes_ready(struct child *child);

/** Answer what is in flight, then end with `exit_code`. Again: as stopping_again(). */
void lanes_stop(struct supervisor *sup, int exit_code);

/** A process has ended: if we stop and it was the last one, that is the end. */
void lanes_end_if_alone(struct supervisor *sup);

/** The end, also if a process is left: it has had its time. */
void lanes_end(struct supervisor *sup);
