/* hmac.c - see hmac.h
 * SPDX-License-Identifier: ISC
 */
#include "digest/hmac.h"

#include <string.h>

void
hmac_begin(struct hmac *hmac, const void *key, size_t size)
{
    uint8_t block[HMAC_BLOCK_BYTES] = {0};
    if (size > sizeof block)
        digest_of(key, size, block);
    else if (size > 0)
        memcpy(block, key, size);
    for (size_t i = 0; i < sizeof block; i++) {
        hmac->outer[i] = block[i] ^ 0x5c;
        block[i] ^= 0x36;
    }
    digest_begin(&hmac->inner);
    digest_add(&hmac->inner, block, sizeof block);
    explicit_bzero(block, sizeof block);
}

void
hmac_add(struct hmac *hmac, const void *octets, size_t size)
{
    digest_add(&hmac->inner, octets, size);
}

void
hmac_end(struct hmac *hmac, uint8_t sum[DIGEST_BYTES])
{
    struct digest outer;
    digest_end(&hmac->inner, sum);
    digest_begin(&outer);
    digest_add(&outer, hmac->outer, sizeof hmac->outer);
    digest_add(&outer, sum, DIGEST_BYTES);
    digest_end(&outer, sum);
    explicit_bzero(hmac, sizeof *hmac);
}
