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

/** @param is_foreign  with another key than the pinned one; it resumes nothing
 *  @param ticket      what its tickets are encrypted with: those of another number are not known */
struct tls_far *tls_far_open(bool is_foreign, uint8_t ticket);
void tls_far_close(struct tls_far *far);

enum tls_far_greeting { TLS_FAR_NOTHING, TLS_FAR_FULL, TLS_FAR_RESUME };

/** Octets from the worker. @param said  written: what it asked for, when it is known
 *  @return false: they are no TLS, the connection is to end */
bool tls_far_feed(struct tls_far *far, const uint8_t *octets, size_t size,
                  enum tls_far_greeting *said);

/** What they said in plain. @return octets; 0: nothing yet */
size_t tls_far_read(struct tls_far *far, uint8_t *to, size_t room);

/** Say something, once the handshake is done. */
void tls_far_write(struct tls_far *far, const uint8_t *from, size_t size);

/** Octets for the worker. @return how many; 0: none */
size_t tls_far_due(struct tls_far *far, uint8_t *to, size_t room);
