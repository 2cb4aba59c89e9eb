/* tls_ticket.h - the sessions that an upstream lets us resume
 * SPDX-License-Identifier: ISC
 *
 * What: tickets of a context, the newest first, each used once and given back if no octet of its
 *       session left. They end with the policy, with the certificate that was checked, and where the
 *       wall clock was set.
 * Who:  tls_context.c, tls_session.c; pool.c counts them.
 * Ref:  RFC 8446 sections 2.2, 4.6.1 and C.4.
 */
#pragma once

#include "worker/tls_session.h"

/** Tickets of a context that could be used at `now_ms`. */
unsigned tls_ticket_count(const struct tls_context *context, uint64_t now_ms);

/** Forget all tickets, so that the next handshake shows a certificate. */
void tls_ticket_forget(struct tls_context *context);

/** Keep the session that the peer just sent a ticket for. */
void tls_ticket_keep(struct tls_session *session);

/** Offer a ticket in `session`, which is being opened. */
void tls_ticket_offer(struct tls_session *session);

/** Octets of the session left: its ticket is used up. */
void tls_ticket_spend(struct tls_session *session);

/** The session ends: a ticket of which no octet was sent can be offered again. */
void tls_ticket_return(struct tls_session *session);
