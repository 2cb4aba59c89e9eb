/* channel.h - what children say, and the little that is done about it
 * SPDX-License-Identifier: ISC
 *
 * What: the handler of a control channel. A child is not trusted: each message is checked for
 *       sense, sender and time, and one that breaks the contract ends its sender.
 * Who:  supervisor.
 * Ref:  ipc/messages.def.
 */
#pragma once

#include "supervisor/supervisor.h"

#include "ipc/ipc.h"

#define CHANNEL_BATCH 32 /* messages taken from one child per turn */

/** Event handler of child.chan; the source's owner is the child. */
void channel_is_ready(struct ev_source *source, uint32_t events);

/** Take a dead child's last words and close its channel. May be called twice. */
void channel_close(struct child *child);

/** Send; a child that does not read, or is gone, is killed. */
void channel_send(struct child *child, const struct ipc_message *message, const int *fds,
                  size_t fds_count);
