/* tls_name.h - is a certificate for the name or address that we ask for?
 * SPDX-License-Identifier: ISC
 *
 * What: only what stands in subjectAltName counts. A name in the subject (CN) is none, whether or
 *       not there is a subjectAltName beside it.
 * Who:  tls_trust.c.
 * Ref:  RFC 9525 sections 6.3 (DNS names) and 6.4 (addresses).
 */
#pragma once

#include "worker/tls_internal.h"

/** Does its subjectAltName hold the context's name or address? */
bool tls_name_matches(const struct tls_context *context, const mbedtls_x509_crt *leaf);
