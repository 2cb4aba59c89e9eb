/* control.h - messages from the supervisor
 * SPDX-License-Identifier: ISC
 *
 * Who:  worker.
 * Ref:  ipc/messages.def.
 */
#pragma once

#include "ipc/ipc.h"

#include <stdbool.h>

struct worker;

/** The first part of the ladder: CONFIG, RING, up to START. Fatal if the order is broken.
 *  @return false: it was PIN_LOOK instead, in `message` and `fd`. */
bool control_begin(struct worker *worker, struct ipc_message *look, int *fd);

/** Tell the supervisor that we serve, and listen to it from the loop. */
void control_ready(struct worker *worker);

/** At the end of a turn: tell the supervisor what connections want of it, which handshakes cost
 *  too much, and whether the front broke our ring. @return false: the next turn is due at once */
bool control_report(struct worker *worker);
