/* steer.h - which lane's socket a client's packets go to
 * SPDX-License-Identifier: ISC
 *
 * What: with several lanes, attaches to each listening address a program that chooses the lane by
 *       the client's network, so that each bucket of a client lives in one lane; then locks the
 *       sockets' programs. The program's answer counts sockets in the order in which they were
 *       bound, so lanes bind one after the other, and a copy of each socket stays open here.
 * Who:  supervisor, before its jail.
 * Ref:  gate/steering.h; docs/LIMITS.md "steering".
 */
#pragma once

#include "supervisor/supervisor.h"

/** Does the same prefix choose the lane under both configurations? Pure. */
bool steer_is_same(const struct config *a, const struct config *b);

/** A number for what the kernel runs on the listening sockets, which cannot change while they live:
 *  for the instructions, but for the key. Pure. @param lanes  1..CONFIG_LANES_MAX */
uint32_t steer_programs(const struct config *config, unsigned lanes);

/** Has this lane a socket for each listening address? */
bool steer_is_bound(const struct supervisor *sup, unsigned lane);

/** Attach and lock. With one lane there is nothing to choose, and its front locks.
 *  @return STATUS_OK; STATUS_SYSTEM (errno). */
MUST_CHECK enum status steer_lanes(const struct supervisor *sup);
