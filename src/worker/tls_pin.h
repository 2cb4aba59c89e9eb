/* tls_pin.h - the key of a certificate, and the configured pin that it matches
 * SPDX-License-Identifier: ISC
 *
 * What: a pin is the SHA-256 of a certificate's SubjectPublicKeyInfo. What a match proves is not
 *       decided here.
 * Who:  tls_*.c.
 * Ref:  RFC 7469 section 2.4.
 */
#pragma once

#include "worker/tls_internal.h"

/** SHA-256 of the SubjectPublicKeyInfo. @return false: the library failed. */
bool tls_pin_of(const mbedtls_x509_crt *crt, uint8_t pin[CONFIG_PIN_BYTES]);

/** The configured pin that `crt` has. @return its index; -1: none */
int tls_pin_index(const struct tls_context *context, const mbedtls_x509_crt *crt);
