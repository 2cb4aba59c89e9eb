/* hex.h - octets as hexadecimal digits, and back
 * SPDX-License-Identifier: ISC
 *
 * What: two digits for each octet, in lower case alone (RFC 4648 section 8 has capitals, which nothing of ours writes).
 * Who:  whoever shows or reads hashes, ids and secrets. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern const char hex_digits[17];

/**
 * @param octets  borrowed, `size` of them
 * @param text    written: 2 * `size` digits and a NUL
 * @return `text`
 */
const char *hex_write(const uint8_t *octets, size_t size, char *text);

/**
 * @param text    borrowed: 2 * `size` characters are read, or fewer, up to the first that is no digit
 * @param octets  written, `size` of them; of no use if this returns false
 * @return whether all of them are digits in lower case
 */
bool hex_read(const char *text, uint8_t *octets, size_t size);
