/* control.h - messages from the supervisor
 * SPDX-License-Identifier: ISC
 *
 * Who:  front.
 * Ref:  ipc/messages.def.
 */
#pragma once

struct front;

/** The first part of the ladder: CONFIG, RING, LISTENER…, up to START. Fatal if the order is
 * broken. */
void control_begin(struct front *front);

/** Tell the supervisor which workers broke their rings, each once. */
void control_report_rings(struct front *front);

/** Tell the supervisor that we serve, and listen to it from the loop. */
void control_ready(struct front *front);
