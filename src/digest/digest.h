/* digest.h - SHA-256 of what comes in parts
 * SPDX-License-Identifier: ISC
 *
 * What: the hash function that attestations name files, filters and keys by. It is that of mbedTLS;
 *       nothing else of that library is linked with it.
 * Who:  whoever proves that two things are the same. Pure.
 * Ref:  FIPS 180-4.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES    32
#define DIGEST_TEXT_MAX (2 * DIGEST_BYTES + 1) /* as hexadecimal digits, with its NUL */

struct digest {
    uint64_t room[32]; /* of the library's context */
};

/** Of octets that come in parts: begin, add each part, end. */
void digest_begin(struct digest *digest);
void digest_add(struct digest *digest, const void *bytes, size_t size);
void digest_end(struct digest *digest, uint8_t sum[DIGEST_BYTES]);

/** Of octets that are there. */
void digest_of(const void *bytes, size_t size, uint8_t sum[DIGEST_BYTES]);

/** In small letters. @return `text` */
const char *digest_text(const uint8_t sum[DIGEST_BYTES], char text[DIGEST_TEXT_MAX]);
