/* tcp_output.h - what waits to be sent on a connection, in buffers of a shared pool
 * SPDX-License-Identifier: ISC
 *
 * What: answers of one turn are gathered in a buffer and leave with one call. A buffer stays with
 *       a connection only while its client does not read; if all are taken, the client that has
 *       been stalling longest loses his.
 * Who:  front/tcp.c only.
 */
#pragma once

#include "front/tcp.h"

/** Give every connection no output. */
void tcp_output_reserve(struct front *front);

/** Room for `size` octets behind what the connection has waiting. NULL: he reads too slowly. */
uint8_t *tcp_output_room(struct front *front, struct tcp_connection *c, size_t size);

/** A message of `size` octets stands DNS_FRAME_HEADER behind the room's beginning: complete the
 *  frame and count it as waiting. */
void tcp_output_put(struct front *front, struct tcp_connection *c, size_t size);

/** Send what the kernel takes; the buffer goes back when it is empty. @return false: the
 *  connection is lost. */
MUST_CHECK bool tcp_output_flush(struct front *front, struct tcp_connection *c);

/** Give the buffer back with all that is in it. May be called twice. */
void tcp_output_give(struct front *front, struct tcp_connection *c);
