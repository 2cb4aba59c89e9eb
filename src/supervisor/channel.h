/* channel.h - the control channel of each child: open, send, receive, close
 * SPDX-License-Identifier: ISC
 *
 * What: the event loop only marks a channel that has something to read; the turn receives it
 *       (orders.h). What a message means is not known here.
 * Who:  supervisor.
 * Ref:  os/chan.h.
 */
#pragma once

#include "ipc/ipc.h"
#include "supervisor/supervisor.h"

/** Watch our end of a child's channel. @param fd  given away; stays the caller's on failure
 *  @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status channel_open(struct child *child, int fd);

/** The process moves from one place to another, and its channel with it.
 *  @return STATUS_OK; STATUS_SYSTEM: it is closed */
MUST_CHECK enum status channel_move(struct child *from, struct child *to);

/** Close. May be called twice. */
void channel_close(struct child *child);

/** Send. A child that does not read, or cannot be reached, is killed; without effect on one whose
 * channel is closed. */
void channel_send(struct child *child, const struct ipc_message *message, const int *fds,
                  size_t fds_count);

/** Take one message and its descriptors, as chan_receive(). @return as that; STATUS_CLOSED too
 * where the channel is closed already. */
MUST_CHECK enum status channel_receive(struct child *child, struct ipc_message *message,
                                       int fds[IPC_FDS_MAX]);
