/* tls_plain.h - what a target does to a session without TLS
 * SPDX-License-Identifier: ISC
 *
 * What: a failure behind the handshake; all else a server says in octets.
 * Who:  fuzz_relay.c.
 */
#pragma once

#include "worker/tls_session.h"

/** The cause for which the next read of a session that is done fails, once; TLS_CAUSE_NONE. */
extern enum tls_cause tls_plain_failure;
