/* hmac.h - HMAC-SHA-256 of what comes in parts
 * SPDX-License-Identifier: ISC
 *
 * What: a sum that only who has the key can make.
 * Who:  the audit log: its writer and its verifier. Pure.
 * Ref:  RFC 2104; RFC 4231 has the test vectors.
 */
#pragma once

#include "digest/digest.h"

#define HMAC_BLOCK_BYTES 64

struct hmac {
    struct digest inner;
    uint8_t outer[HMAC_BLOCK_BYTES]; /* made of the key: hmac_end() wipes it */
};

/**
 * Begin, add each part, end.
 * @param key  borrowed for this call; `size` octets, any number: more than HMAC_BLOCK_BYTES are hashed first
 */
void hmac_begin(struct hmac *hmac, const void *key, size_t size);
void hmac_add(struct hmac *hmac, const void *octets, size_t size);
void hmac_end(struct hmac *hmac, uint8_t sum[DIGEST_BYTES]);
