/* tls_far.h - the servers' end of TLS: octets in, octets out
 * SPDX-License-Identifier: ISC
 *
 * What: two files have these functions, and one of them is linked: tls_plain.c, which has the
 *       worker's end too (worker/tls_session.h) and no cryptography, or the real one.
 * Who:  world_upstreams.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls_far; /* one connection */

/** The pin of the key that servers have, as a configuration writes it. */
const char *tls_far_pin(void);

/** @param is_foreign  with another key than the pinned one */
struct tls_far *tls_far_open(bool is_foreign);
void tls_far_close(struct tls_far *far);

/** Octets from the worker. @return false: they are no TLS, the connection is to end */
bool tls_far_feed(struct tls_far *far, const uint8_t *octets, size_t size);

/** What they said in plain. @return octets; 0: nothing yet */
size_t tls_far_read(struct tls_far *far, uint8_t *to, size_t room);

/** Say something, once the handshake is done. */
void tls_far_write(struct tls_far *far, const uint8_t *from, size_t size);

/** Octets for the worker. @return how many; 0: none */
size_t tls_far_due(struct tls_far *far, uint8_t *to, size_t room);
