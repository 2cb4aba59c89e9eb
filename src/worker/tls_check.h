/* tls_check.h - what the TLS library takes of a server, and we do not
 * SPDX-License-Identifier: ISC
 *
 * What: looks at a server's first messages between two steps of the handshake: the library is through
 *       with the one, and has computed nothing for the next.
 * Who:  tls_session.c.
 * Ref:  RFC 8446 sections 4.1.3, 4.1.4 and 4.2.8; RFC 7627; docs/vex.
 */
#pragma once

#include "worker/tls_internal.h"

/**
 * The server's hello, or its wish for another try, was taken. Sets the group of TLS 1.3, and makes
 * ready for the next hello.
 *
 * @return 0; else the session is over: an error of the library, tls_fault_note() was called, and an
 *         alert is due
 */
int tls_check_hello(struct tls_session *session);

/** The key exchange of a TLS 1.2 server was taken. Sets the group. @return as tls_check_hello() */
int tls_check_exchange(struct tls_session *session);
