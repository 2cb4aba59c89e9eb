/* front_control.h - what the supervisor tells a front, and what a front tells it
 * SPDX-License-Identifier: ISC
 *
 * What: a handler for each message that the column "front" of ipc/messages.def lets in.
 * Who:  front_ladder.c and front.c.
 * Ref:  ipc/messages.def; child/child_inbox.h.
 */
#pragma once

struct front;

/** Take what the beginning needs, up to START: configuration, rings, lists, sockets. What the
 *  supervisor had no copy of is bound. Fatal if it sends anything else. */
void front_control_begin(struct front *front);

/** Tell the supervisor that a flush has ended. */
void front_control_flushed(struct front *front);

/** Tell the supervisor which workers broke their rings, each once. */
void front_control_report(struct front *front);
