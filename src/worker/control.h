/* control.h - messages from the supervisor
 * SPDX-License-Identifier: ISC
 *
 * Who:  worker.
 * Ref:  ipc/messages.def.
 */
#pragma once

#include "ipc/ipc.h"

#include <stdbool.h>

struct worker;

/** The first part of the ladder: CONFIG, RING, up to START. Fatal if the order is broken.
 *  @return false: it was PIN_LOOK instead, in `message` and `fd`. */
bool control_begin(struct worker *worker, struct ipc_message *look, int *fd);

/** Tell the supervisor that we serve, and listen to it from the loop. */
void control_ready(struct worker *worker);

/** Tell the supervisor that the front broke our ring. */
void control_ring_broken(uint32_t number);

/** Tell the supervisor that a handshake with upstream `index` was refused and cost too much. */
void control_dear(uint32_t index, uint64_t cost_us);

/** Ask for a socket to upstream `index`. @return false: the supervisor does not listen now. */
bool control_want(struct worker *worker, uint32_t index, uint32_t tag);
