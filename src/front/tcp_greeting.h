/* tcp_greeting.h - connections of balancers that have not said yet for whom they are
 * SPDX-License-Identifier: ISC
 *
 * What: reads the PROXY header of a connection that a balancer opened, and not an octet more, and
 *       then gives it away as the client's that the header names. A fixed table; when it is full,
 *       the balancer with most of them loses the one that has been silent longest.
 * Who:  front: front/tcp_accept.c begins them and takes what they become.
 * Ref:  gate/proxy_header.h; docs/LIMITS.md "proxy".
 */
#pragma once

#include "front/tcp.h"

/** Reserve the table, in the networks of `tcp`; fatal if there is no memory. */
void tcp_greeting_reserve(struct tcp *tcp);

/**
 * Wait for the header of a connection.
 *
 * @param accepted  of the balancer; its descriptor is given away
 * @param leaf      the balancer's network; held as long as the header is awaited
 */
void tcp_greeting_begin(struct tcp *tcp, const struct tcp_parked *accepted, uint32_t leaf);

/**
 * Take the next connection whose client is known now.
 *
 * @param newcomer  written: its descriptor is the caller's
 * @return false: there is none
 */
MUST_CHECK bool tcp_greeting_next(struct tcp *tcp, const struct clock_time *now,
                                  struct tcp_parked *newcomer);

/** Close those whose time is over. */
void tcp_greeting_expire(struct tcp *tcp, const struct clock_time *now);

/** Close all. */
void tcp_greeting_stop(struct tcp *tcp);

/** When tcp_greeting_expire() has work next, monotonic µs; UINT64_MAX: never. */
uint64_t tcp_greeting_deadline_us(const struct tcp *tcp);
