/* base64.h - base64 with padding (RFC 4648 section 4), as pins use it
 * SPDX-License-Identifier: ISC
 *
 * What: strict both ways: no white space, no missing padding, no stray bits.
 * Who:  conf (pins), worker (says which key was seen). Pure.
 */
#pragma once

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

#define BASE64_TEXT_SIZE(bytes) (((bytes) + 2) / 3 * 4 + 1)

/**
 * @param text      borrowed, `text_len` characters
 * @param bytes     written, `size` bytes of room
 * @param bytes_len written: bytes decoded
 * @return STATUS_OK; STATUS_INVALID (not strict base64); STATUS_FULL (more than `size` bytes).
 */
MUST_CHECK enum status base64_decode(const char *text, size_t text_len, uint8_t *bytes, size_t size,
                                     size_t *bytes_len);

/** Write BASE64_TEXT_SIZE(size) characters with the closing NUL into `text`. Returns `text`. */
const char *base64_encode(const uint8_t *bytes, size_t size, char *text);
