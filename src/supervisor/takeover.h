/* takeover.h - we take the place of a penstock that serves
 * SPDX-License-Identifier: ISC
 *
 * What: the side of who comes. Before anything is bound it gets copies of the other's listening
 *       sockets over the control socket, with the secret of cookies; its fronts begin without
 *       reading them. When all its processes are ready the other one is told to leave the sockets
 *       alone; then ours read, and the other one is told to end. Whatever fails before that ends
 *       us, and the other one serves on. An end of the connection is the other one's death, unless
 *       it says before that it lives.
 * Who:  supervisor, with --take-over. handover.h is the other side.
 * Ref:  control/control.def TAKE_OVER; docs/ARCHITECTURE.md "Upgrade".
 */
#pragma once

#include "supervisor/supervisor.h"

#define TAKEOVER_ANSWER_MS 5000 /* for each message of the other one */

/**
 * Get the sockets of the penstock that answers at control.socket. Where none does, nothing happens,
 * which a log line says.
 *
 * @param listener  written if it was handed over: that of the control socket
 * @param error     written on failure
 * @return STATUS_OK; STATUS_INVALID: the configuration wants what the sockets are not;
 *         STATUS_SYSTEM: it does not hand over.
 */
MUST_CHECK enum status takeover_begin(struct supervisor *sup, int *listener,
                                      struct config_error *error);

/** Have the event loop watch the connection. @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status takeover_watch(struct supervisor *sup);

/** Once per turn. */
void takeover_tick(struct supervisor *sup);
