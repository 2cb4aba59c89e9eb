/* listen.h - the listening sockets at start
 * SPDX-License-Identifier: ISC
 *
 * What: those handed in by the supervisor are set up, those missing are bound, and a copy of each
 *       new one goes to the supervisor, so that a new front needs no privilege.
 * Who:  front, before the sandbox.
 * Ref:  docs/ARCHITECTURE.md.
 */
#pragma once

#include "front/tcp.h"
#include "front/udp.h"
#include "ipc/ipc.h"

/** A socket from the supervisor, for `udp` or `tcp`. @param fd  given away. Fatal if it is not what
 * the message says. */
void listen_take(const struct config *config, struct udp *udp, struct tcp *tcp,
                 const struct ipc_message *listener, int fd);

/** Bind what is missing and send copies; fatal, with one line that says what to do, on failure.
 *
 * @param is_first  neither another lane has bound these addresses nor a penstock whose place is taken:
 *                  whoever has one is another server, even where the kernel would let us share */
void listen_bind_missing(const struct config *config, struct udp *udp, struct tcp *tcp,
                         bool is_first);
