/* pin.h - the text form of a public key pin
 * SPDX-License-Identifier: ISC
 *
 * What: "sha256//" and the base64 of the SHA-256 of a certificate's SubjectPublicKeyInfo.
 * Who:  configuration, `penstock pin`, and the worker's log line about a key that matched no pin.
 *       Pure.
 * Ref:  RFC 7858 section 4.2, RFC 7469 section 2.4 (what is hashed).
 */
#pragma once

#include "base/base64.h"
#include "base/status.h"
#include "conf/config.h"

#define PIN_START "sha256//"
/* octets with the NUL */
#define PIN_TEXT_MAX (sizeof PIN_START - 1 + BASE64_TEXT_SIZE(CONFIG_PIN_BYTES))

/**
 * @param text  borrowed, NUL-terminated
 * @param pin   written; zeroed on failure
 * @return STATUS_OK; STATUS_INVALID (no "sha256//", no strict base64, not 32 bytes, or all zero,
 *         which is no hash but a forgotten placeholder).
 */
MUST_CHECK enum status pin_parse(const char *text, uint8_t pin[CONFIG_PIN_BYTES]);

/** Write the text form with its NUL. Returns `text`. */
const char *pin_format(const uint8_t pin[CONFIG_PIN_BYTES], char text[PIN_TEXT_MAX]);
