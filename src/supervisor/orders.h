/* orders.h - what children say, and the little that is done about it
 * SPDX-License-Identifier: ISC
 *
 * What: a child is not trusted: which child may send a message, in which of its states, and who
 *       takes it stands in the message's row. One that is not allowed ends its sender.
 * Who:  supervisor.
 * Ref:  ipc/messages.def.
 */
#pragma once

#include "supervisor/supervisor.h"

#define ORDERS_BATCH 32 /* messages taken from one child per turn */

/** Take what children have said since the last turn. */
void orders_take(struct supervisor *sup);

/** A child is dead: take its last words; what else is queued is of no use any more. */
void orders_take_last(struct child *child);
