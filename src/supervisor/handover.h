/* handover.h - the listening sockets go to another penstock, which takes our place
 * SPDX-License-Identifier: ISC
 *
 * What: the side of who serves now. It gives copies of its sockets, and goes on as if nothing were;
 *       once the other one would serve, its fronts leave the sockets alone; once the other one does
 *       serve, it answers what is in flight and ends. If the other one is gone before that, or
 *       slow, the fronts read again. Until then its requests cost no budget, and no reload ends its
 *       connection; where we end that all the same we say so, because an end without a word is
 *       our death, after which it serves. The sockets are the same all the time: no packet and no
 *       connection comes to one that nobody will read.
 * Who:  supervisor: control_acts.c and control_serve.c. takeover.h is the other side.
 * Ref:  control/control.def TAKE_OVER; docs/ARCHITECTURE.md "Upgrade".
 */
#pragma once

#include "supervisor/supervisor.h"

#define HANDOVER_PREPARE_MS 60000 /* for the other one to start */
#define HANDOVER_HELD_MS    3000  /* for it to begin to read the sockets */

/** A client at this seat asks for the sockets. @param version  CONTROL_TAKE_OVER_VERSION, or not */
void handover_ask(struct supervisor *sup, unsigned seat, uint32_t version);

/** What it is sent next. @param at  its seat. @return false: that was the last */
bool handover_next(struct supervisor *sup, struct control_seat *at, struct control_message *message,
                   int *fd);

/** It would serve. */
void handover_hold(struct supervisor *sup, unsigned seat);

/** It serves. */
void handover_release(struct supervisor *sup, unsigned seat);

/** Whoever sits at this seat has gone, or must go; its connection is open still. */
void handover_left(struct supervisor *sup, unsigned seat);

/** Once per turn. */
void handover_tick(struct supervisor *sup);
