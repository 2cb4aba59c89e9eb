/* tcp_output.h - what waits to be sent on a connection, in buffers of a shared pool
 * SPDX-License-Identifier: ISC
 *
 * What: answers of one turn are gathered in a buffer and leave with one call. A buffer stays with
 *       a connection only while its client does not read.
 * Who:  front/tcp.c and front/tcp_table.c only.
 * Ref:  docs/LIMITS.md "tcp".
 */
#pragma once

#include "front/tcp.h"

/** Give every connection no output; fatal if there is no memory. */
void tcp_output_reserve(struct tcp *tcp);

/** Are all buffers of the pool in use? */
bool tcp_output_is_out(const struct tcp *tcp);

/** Room for `size` octets behind what the connection has waiting. NULL: it reads too slowly, or
 *  there is no buffer. */
uint8_t *tcp_output_room(struct tcp *tcp, struct tcp_connection *c, size_t size);

/** A message of `size` octets stands BYTES_FRAME_HEADER behind the room's beginning: complete the
 *  frame and count it as waiting. */
void tcp_output_put(struct tcp *tcp, struct tcp_connection *c, size_t size);

/** Send what the kernel takes; the buffer goes back when it is empty. @return false: the
 *  connection is lost. */
MUST_CHECK bool tcp_output_flush(struct tcp *tcp, struct tcp_connection *c);

/** Give the buffer back with all that is in it. May be called twice. */
void tcp_output_give(struct tcp *tcp, struct tcp_connection *c);
