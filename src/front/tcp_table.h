/* tcp_table.h - the connections: slots, timers, which gives way, and the list of those to settle
 * SPDX-License-Identifier: ISC
 *
 * What: opens, dooms and closes connections. If a network has its bound, or the table is full,
 *       whichever has most gives way: its longest idle connection, or else its youngest.
 * Who:  front/tcp.c, front/tcp_accept.c; the turn, which ends those whose time is up.
 * Ref:  gate/crowd.h; docs/LIMITS.md "tcp".
 */
#pragma once

#include "front/tcp.h"

/** The connection this client came on; NULL: gone. */
struct tcp_connection *tcp_table_find(struct tcp *tcp, const struct query_client *client);

/** Index of a connection, 1.. */
uint32_t tcp_table_index(const struct tcp *tcp, const struct tcp_connection *c);

/** The client of a connection. */
struct query_client tcp_table_client(const struct tcp *tcp, const struct tcp_connection *c);

/** Have it settled when the turn ends. May be called twice. */
void tcp_table_touch(struct tcp *tcp, struct tcp_connection *c);

/** Take the next connection to settle off the list; NULL: none. */
struct tcp_connection *tcp_table_pop_touched(struct tcp *tcp);

/** Start a timer in place of the one it has. */
void tcp_table_arm(struct tcp *tcp, struct tcp_connection *c, enum tcp_timer timer,
                   const struct clock_time *now);

/** End it when the turn ends; nothing more is sent. May be called twice. */
void tcp_table_doom(struct tcp *tcp, struct tcp_connection *c);

/**
 * Register an accepted connection.
 *
 * @param leaf  its network in tcp.networks, held by the caller for the call
 * @param gone  written if a connection gave way on which queries wait: they have to end; else
 *              its connection is 0
 * @return NULL: none gives way to it now; `fd` stays the caller's
 */
struct tcp_connection *tcp_table_open(struct tcp *tcp, int fd, const struct addr *addr,
                                      uint32_t leaf, const struct clock_time *now,
                                      struct query_client *gone);

/** Close. May be called twice. */
void tcp_table_close(struct tcp *tcp, struct tcp_connection *c);

/** How long a connection may be idle now: all of config.tcp_idle while half of the table is free,
 * then less and less. In ms. */
uint32_t tcp_table_idle_ms(const struct tcp *tcp);

/** Doom connections whose time is up. */
void tcp_table_expire(struct tcp *tcp, const struct clock_time *now);

/** When tcp_table_expire() has work next, monotonic µs; UINT64_MAX: never. */
uint64_t tcp_table_deadline_us(const struct tcp *tcp);
