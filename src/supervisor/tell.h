/* tell.h - what the supervisor tells a child
 * SPDX-License-Identifier: ISC
 *
 * What: all that a child needs to begin is queued at once, so that it never has to wait for us.
 *       Only a front of several lanes is told later that it may bind, when the one before it has:
 *       the kernel's order of sockets is the order of lanes.
 * Who:  supervisor.
 * Ref:  ipc/messages.def.
 */
#pragma once

#include "supervisor/supervisor.h"

/** A process was spawned: configuration, ring, lists of names and listening sockets, START.
 *  @return STATUS_OK; STATUS_SYSTEM: there is no ring to be had (errno) */
MUST_CHECK enum status tell_beginning(struct child *child);

/** A front handed over a copy of a socket: the next lane may bind once that was the last. */
void tell_after_listener(struct child *front);

/** The configuration in force, and the lists of names that belong to it. */
void tell_configuration(struct child *front);

/** READING, to every front, and to those that follow: do they read the listening sockets? */
void tell_reading(struct supervisor *sup, bool reads);

/** LEVEL: the lowest severity that it logs. */
void tell_level(struct child *child, enum log_level level);

/** STOP: answer what is in flight, then end. No effect on one that is ending already. */
void tell_to_stop(struct child *child);
