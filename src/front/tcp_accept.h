/* tcp_accept.h - which clients may connect now, and which wait until they may
 * SPDX-License-Identifier: ISC
 *
 * What: a connection is accepted as soon as it comes, so that none stands before others in the
 *       kernel's queue. If its network connects too often, or no other gives way to it, it is
 *       parked unread, and let in later; it is refused only if it may not ask, or no place came
 *       free.
 * Who:  front: the turn accepts; front/tcp.c.
 * Ref:  docs/LIMITS.md "tcp".
 */
#pragma once

#include "front/tcp.h"

/** Reserve the memory and take up tcp->config; fatal if there is none. No socket listens yet. */
void tcp_accept_reserve(struct tcp *tcp);

/** Take up tcp->config after it changed. */
void tcp_accept_change(struct tcp *tcp);

/** Serve a listening socket for config.listen[index]. @param fd  given away. */
MUST_CHECK enum status tcp_accept_listen(struct tcp *tcp, uint32_t index, int fd);

/**
 * Accept the next connection of this turn.
 *
 * @param gone  written: the client of a connection that gave way, whose queries have to end; its
 *              connection is 0 if there is none
 * @return false: there are none now, or each listener had TCP_ACCEPT_BATCH
 */
MUST_CHECK bool tcp_accept_next(struct tcp *tcp, const struct clock_time *now,
                                struct query_client *gone);

/** Let in the next of those that are parked, if it is time to look at them. Otherwise the same. */
MUST_CHECK bool tcp_accept_next_parked(struct tcp *tcp, const struct clock_time *now,
                                       struct query_client *gone);

/** Accept again, after a pause that is over. */
void tcp_accept_resume(struct tcp *tcp, const struct clock_time *now);

/** Leave the listening sockets alone, or accept again. Those that wait come in all the same. */
void tcp_accept_hold(struct tcp *tcp, bool holds);

/** Accept no more, and refuse those that wait. */
void tcp_accept_stop(struct tcp *tcp);

/** When tcp_accept_next_parked() or tcp_accept_resume() has work next, monotonic µs; UINT64_MAX:
 *  never. */
uint64_t tcp_accept_deadline_us(const struct tcp *tcp);
