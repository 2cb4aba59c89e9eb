/* succession.h - the change from the penstock whose place we take to us
 * SPDX-License-Identifier: ISC
 *
 * What: we have copies of the other's sockets (takeover.h), and our fronts begin without reading
 *       them. When all our processes are ready, and each worker has a connection to an upstream or
 *       has had time for one, the other one is told to leave the sockets alone; then ours read, and
 *       the other one is told to end. Whatever fails before that ends us, and the other one serves
 *       on. An end of the connection is the other one's death, unless it says before that it lives.
 * Who:  supervisor, with --take-over. handover.h is the other side.
 * Ref:  control/control.def TAKE_OVER; docs/ARCHITECTURE.md "Upgrade".
 */
#pragma once

#include "supervisor/supervisor.h"

#define SUCCESSION_ANSWER_MS  5000 /* for each message of the other one */
#define SUCCESSION_CONNECT_MS 3000 /* for a connection to an upstream: a dial and its handshake */

/** Have the event loop watch the connection. @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status succession_watch(struct supervisor *sup);

/** Once per turn. */
void succession_tick(struct supervisor *sup);
