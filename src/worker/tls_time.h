/* tls_time.h - the time of a certificate as a number
 * SPDX-License-Identifier: ISC
 *
 * What: seconds since 1970 of a date in a certificate.
 * Who:  tls_trust.c, tls_show.c. Pure.
 * Ref:  RFC 5280 section 4.1.2.5.
 */
#pragma once

#include "worker/tls_internal.h"

/** Seconds since 1970, below 0 before; proleptic Gregorian. */
int64_t tls_time_seconds(const mbedtls_x509_time *t);
