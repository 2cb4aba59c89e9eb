/* tcp_table.h - the connections: slots, timers, and the list of those to settle
 * SPDX-License-Identifier: ISC
 *
 * Who:  front/tcp.c, front/tcp_accept.c and front/tcp_output.c only.
 */
#pragma once

#include "front/tcp.h"

/** The connection this client came on; NULL: gone. */
struct tcp_connection *tcp_table_find(struct tcp *tcp, const struct query_client *client);

/** Index of a connection, 1.. */
uint32_t tcp_table_index(const struct tcp *tcp, const struct tcp_connection *c);

/** Have it settled when the turn ends. May be called twice. */
void tcp_table_touch(struct tcp *tcp, struct tcp_connection *c);

/** Take the next connection to settle off the list; NULL: none. */
struct tcp_connection *tcp_table_pop_touched(struct tcp *tcp);

/** Start a timer in place of the one it has. */
void tcp_table_arm(struct front *front, struct tcp_connection *c, enum tcp_timer timer);

/** End it when the turn ends; nothing more is sent. May be called twice. */
void tcp_table_doom(struct front *front, struct tcp_connection *c);

/**
 * Register an accepted connection. If its network has its bound, or the table is full, whoever has
 * most gives way: its longest idle connection, or else its youngest, whose queries end.
 *
 * @param leaf  its network in tcp.networks, held by the caller for the call
 * @return NULL: nobody gives way to it now; `fd` stays the caller's
 */
struct tcp_connection *tcp_table_open(struct front *front, int fd, const struct addr *addr,
                                      uint32_t leaf);

/** Close. May be called twice. */
void tcp_table_close(struct front *front, struct tcp_connection *c);
