/* tls_trust.h - is this the server we meant? The rules are in tls_session.h
 * SPDX-License-Identifier: ISC
 *
 * What: decides inside the handshake, behind the server's certificates and before its signature.
 * Who:  tls_session.c.
 * Ref:  RFC 8310 section 8; RFC 7469 section 2.4; RFC 5280 section 6.
 */
#pragma once

#include "worker/tls_internal.h"

/**
 * Is this the server that the policy names? Sets is_trusted, and facts about what was seen.
 *
 * @param chain  what it sent, its own first; NULL: nothing
 * @return 0; else the alert that fits, and tls_fault_note() was called
 */
unsigned char tls_trust_judge(struct tls_session *session, mbedtls_x509_crt *chain);
