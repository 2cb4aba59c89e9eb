/* control_round.h - what an operator asks of all fronts, and their answers together
 * SPDX-License-Identifier: ISC
 *
 * What: one request at a time goes to every front that serves, and is answered when each of them
 *       has answered; others wait for their turn. A front that ends meanwhile is not waited for: what
 *       it knew is gone with it. One that hangs is ended by the watchdog, as always.
 * Who:  supervisor.
 * Ref:  control/control.def, ipc/messages.def.
 */
#pragma once

#include "ipc/ipc.h"
#include "supervisor/supervisor.h"

/** A client asks. @param request  borrowed; FLUSH, LIMITS or NETWORKS */
void control_round_ask(struct supervisor *sup, unsigned seat,
                       const struct control_message *request);

/** A front has flushed. @return STATUS_OK; STATUS_INVALID: it was never asked to. */
MUST_CHECK enum status control_round_flushed(struct child *front,
                                             const struct ipc_message *message);

/** A front has told what it knows. @return as control_round_flushed() */
MUST_CHECK enum status control_round_told(struct child *front, const struct ipc_message *message);

/** The next REPORT of who is sent what fronts said. @param at  its seat, whose place moves on
 *  @param message  written. @return false: there are no more */
bool control_round_next(const struct supervisor *sup, struct control_seat *at,
                        struct control_message *message);

/** End a round that no front is waited for, and begin the next one.
 *  @return true: somebody has an answer */
bool control_round_tick(struct supervisor *sup);
