/* fiber.h - a stack of its own for each process, switched by hand
 * SPDX-License-Identifier: ISC
 *
 * What: a process sleeps in the middle of a call (epoll_wait, poll, clock_nanosleep) and may lose
 *       the processor in any other; it goes on where it was. The address sanitizer is told of each switch.
 * Who:  process.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fiber;

/** A stack that will call run(argument); run() must end with fiber_leave(). */
struct fiber *fiber_open(void (*run)(void *argument), void *argument);

/** Give the stack back; not from within it. NULL: no effect. */
void fiber_close(struct fiber *fiber);

/** Go on with this one until it calls fiber_leave(). Not from within a fiber. */
void fiber_enter(struct fiber *fiber);

/** Back to who entered. @param for_good  it is not entered again */
void fiber_leave(struct fiber *fiber, bool for_good);

/** The stack, lowest address first. */
const void *fiber_stack(const struct fiber *fiber, size_t *size);
