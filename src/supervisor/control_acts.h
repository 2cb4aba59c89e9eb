/* control_acts.h - what a client of the control socket asked for is done
 * SPDX-License-Identifier: ISC
 *
 * What: does it or begins it, and gives the answer to the desk, now or when it has ended.
 * Who:  supervisor: control_serve.c, which has asked the desk whether the client may.
 * Ref:  control/control.def.
 */
#pragma once

#include "supervisor/supervisor.h"

/** @param request  borrowed; one that the client at this seat may send */
void control_acts_obey(struct supervisor *sup, unsigned seat,
                       const struct control_message *request);
