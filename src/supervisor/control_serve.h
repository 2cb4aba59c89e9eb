/* control_serve.h - clients of the control socket are served
 * SPDX-License-Identifier: ISC
 *
 * What: takes connections and requests, does what is asked, and sends answers as they find room. It
 *       never waits for a client. Who may what, and how often, control/control_desk.h decides.
 * Who:  supervisor.
 * Ref:  control/control.def.
 */
#pragma once

#include "supervisor/supervisor.h"

#define CONTROL_SERVE_BATCH 4 /* new connections in a turn; of each client, one request */

/** @param listener  of control_socket_open(), given away; -1: nobody is served
 *  @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status control_serve_open(struct supervisor *sup, int listener);

/** Once per turn. */
void control_serve_take(struct supervisor *sup);

/** When something is due, monotonic; UINT64_MAX: nothing. */
uint64_t control_serve_due_us(const struct supervisor *sup);
