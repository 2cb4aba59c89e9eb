/* tcp_accept.h - who may connect now, and who waits until it may
 * SPDX-License-Identifier: ISC
 *
 * What: a connection is accepted as soon as it comes, so that nobody stands before others in the
 *       kernel's queue. If its network came too often, or nobody gives way to it, it is parked
 *       unread, and let in later; it is refused only if it may not ask, or waited in vain.
 * Who:  front/tcp.c only.
 * Ref:  docs/LIMITS.md "tcp".
 */
#pragma once

#include "front/tcp.h"

/** Reserve the memory; fatal if there is none. Nobody listens yet. */
void tcp_accept_reserve(struct front *front);

/** Accept no more, and refuse those that wait. */
void tcp_accept_stop(struct front *front);
