/* exporter_dial.h - the process that connects to the control socket for the one that serves
 * SPDX-License-Identifier: ISC
 *
 * What: who talks HTTP has no socket() and no connect(). When penstock was restarted, it asks its
 *       parent, which knows one path and nothing else, and gets a connected socket.
 * Who:  exporter: the parent serves, the child asks.
 * Ref:  seccomp/exporter_dial.def; docs/SANDBOX.md.
 */
#pragma once

#include "base/status.h"

#define EXPORTER_DIAL_WAIT_MS  2000 /* for room in the queue of the control socket */
#define EXPORTER_DIAL_PAUSE_MS 200  /* between two connections, whatever is asked for */

/**
 * The parent: connect as often as is asked for, until the other side has ended.
 *
 * @param fd    our end of a SEQPACKET pair
 * @param path  of the control socket
 */
void exporter_dial_serve(int fd, const char *path);

/** Connect, once. @param fd  written: the socket, which is the caller's; -1. @return 0; an errno */
int exporter_dial_connect(const char *path, int *fd);

/** The child: ask for a connection. @return STATUS_OK; STATUS_CLOSED; STATUS_AGAIN; STATUS_SYSTEM. */
MUST_CHECK enum status exporter_dial_ask(int fd);

/**
 * Take the answer, which is there.
 *
 * @param connected  written: the socket, which is the caller's; -1
 * @param error      written: why there is none, an errno; 0
 * @return STATUS_OK: there is an answer, with a socket or without; STATUS_CLOSED; STATUS_AGAIN;
 *         STATUS_INVALID, STATUS_SYSTEM
 */
MUST_CHECK enum status exporter_dial_take(int fd, int *connected, int *error);
