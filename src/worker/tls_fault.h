/* tls_fault.h - why a session ended, in words that name whose doing it was
 * SPDX-License-Identifier: ISC
 *
 * What: what our TLS library cannot do is reported as such, not as the server's fault.
 * Who:  tls_session.c, tls_trust.c, tls_chain.c.
 * Ref:  RFC 8446 section 6 (alerts).
 */
#pragma once

#include "worker/tls_internal.h"

/** Cause and words for what mbedTLS returned. */
void tls_fault_explain(struct tls_session *session, int error);

/** Cause and words for a path that does not hold, by its flags. @return the alert that fits */
unsigned char tls_fault_explain_path(struct tls_session *session, const struct tls_path *path,
                                     const mbedtls_x509_crt *leaf);

/** The first words stay: what came first is the reason. */
void tls_fault_note(struct tls_session *session, enum tls_cause cause, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
