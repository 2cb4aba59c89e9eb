/* orders.h - what children say, and the little that is done about it
 * SPDX-License-Identifier: ISC
 *
 * What: a child is not trusted: which child may send a message, in which of its states, and who
 *       takes it stands in the message's row. One that is not allowed ends its sender.
 * Who:  supervisor.
 * Ref:  ipc/messages.def.
 */
#pragma once

#include "ipc/ipc.h"
#include "supervisor/supervisor.h"

/**
 * Do what one message asks for. Of a child that was killed only its last words are taken, the rest
 * is dropped without a fault.
 *
 * @param fd  the descriptor that came with it, or -1; -1 afterwards if it was kept
 * @return STATUS_OK; STATUS_INVALID: the child broke the contract
 */
MUST_CHECK enum status orders_obey(struct child *child, const struct ipc_message *message, int *fd);
