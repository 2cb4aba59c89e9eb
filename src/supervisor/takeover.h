/* takeover.h - we take the place of a penstock that serves
 * SPDX-License-Identifier: ISC
 *
 * What: the side of who comes. Before anything is bound it gets copies of the other's listening
 *       sockets over the control socket, with the secret of cookies. Caches and levels of rates
 *       stay where they are (docs/UPGRADE.md).
 * Who:  supervisor, with --take-over. succession.h goes on; handover.h is the other side.
 * Ref:  control/control.def TAKE_OVER; docs/ARCHITECTURE.md "Upgrade".
 */
#pragma once

#include "supervisor/supervisor.h"

#define TAKEOVER_ANSWER_MS 5000 /* for each socket of the other one */

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

/**
 * Ask the other one.
 *
 * @param fd  connected to it
 * @return as peer_send()
 */
MUST_CHECK enum status takeover_send(int fd, const struct control_message *request);
