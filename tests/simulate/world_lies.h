/* world_lies.h - processes that were taken over, and a service that is started again
 * SPDX-License-Identifier: ISC
 *
 * What: the acts of acts.def in which a front or worker tells the supervisor what breaks the
 *       contract of ipc/messages.def, and in which the whole service ends and is started again.
 * Who:  world.c; oracle.c asks what may end.
 */
#pragma once

#include "world.h"

struct process;

void world_lies_begin(void);

/** ACT_LIE: a false message. Its sender must be gone 100 ms later. */
void world_lies_tell(const struct act *act, uint64_t number);

/** ACT_AGAIN: the supervisor ends; `for_us` later another one is started. */
void world_lies_again(const struct act *act, uint64_t number);

/** May this process end now, and how it did: it lied, or its service is being ended? */
bool world_lies_may_end(const struct process *process, int wait_status);

/** Is there no service now, since it is to be started again? */
bool world_lies_is_away(void);
