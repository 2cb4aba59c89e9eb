/* listen.h - the listening sockets at start
 * SPDX-License-Identifier: ISC
 *
 * What: those handed in by the supervisor are set up, those missing are bound, and a copy of each
 *       new one goes to the supervisor, so that a new front needs no privilege.
 * Who:  front, before the sandbox.
 */
#pragma once

#include "ipc/ipc.h"

struct front;

/** A socket from the supervisor. @param fd  given away. Fatal if it is not what the message says.
 */
void listen_take(struct front *front, const struct ipc_message *listener, int fd);

/** Bind what is missing and send copies; fatal, with one line that says what to do, on failure. */
void listen_bind_missing(struct front *front);
