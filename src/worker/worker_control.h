/* worker_control.h - what the supervisor tells a worker, and what a worker tells it
 * SPDX-License-Identifier: ISC
 *
 * What: a handler for each message that the column "worker" of ipc/messages.def lets in.
 * Who:  worker_ladder.c.
 * Ref:  ipc/messages.def; child/child_inbox.h.
 */
#pragma once

#include <stdbool.h>

struct worker;

/** Take what the beginning needs, up to START: configuration and rings. Fatal if the supervisor
 *  sends anything else. @return false: it was PIN_LOOK instead, in worker->look. */
bool worker_control_begin(struct worker *worker);

/** At the end of a turn: tell the supervisor what connections want of it, which handshakes cost
 *  too much, and whether the front broke our ring. @return false: the next turn is due at once */
bool worker_control_report(struct worker *worker);
