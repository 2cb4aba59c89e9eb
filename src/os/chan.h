/* chan.h - a control channel: one SEQPACKET socket with a peer that is not trusted
 * SPDX-License-Identifier: ISC
 *
 * What: one datagram per message, with up to IPC_FDS_MAX descriptors. What the peer sends is judged
 *       before it is handed on; descriptors of a message that is refused are closed.
 * Who:  supervisor and its children. A child's end is descriptor CHAN_FD.
 * Ref:  ipc/messages.def; unix(7) SOCK_SEQPACKET, SCM_RIGHTS.
 */
#pragma once

#include "ipc/ipc.h"

#define CHAN_FD 3 /* in every child, from the moment of exec */

/** A connected pair, close-on-exec and non-blocking. @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status chan_pair(int pair[2]);

/**
 * Send one message with copies of `fds` (they stay the caller's).
 * @return STATUS_OK; STATUS_AGAIN (peer does not read); STATUS_CLOSED; STATUS_SYSTEM.
 */
MUST_CHECK enum status chan_send(int fd, const struct ipc_message *message, const int *fds,
                                 size_t fds_count);

/**
 * Take one message. Descriptors received are close-on-exec and the caller's; unused entries of
 * `fds` are -1. On any failure all received descriptors were closed.
 * @return STATUS_OK; STATUS_AGAIN; STATUS_CLOSED; STATUS_INVALID (contract broken); STATUS_SYSTEM.
 */
MUST_CHECK enum status chan_receive(int fd, enum ipc_side sender, struct ipc_message *message,
                                    int fds[IPC_FDS_MAX]);

/** Close those of `fds` that are not -1. */
void chan_close(const int *fds, size_t count);

/** Block until it is readable, at most `timeout_ms` (-1: without a bound).
 *  @return STATUS_OK; STATUS_AGAIN: time is up. */
MUST_CHECK enum status chan_await(int fd, int timeout_ms);
