/* digest.c - SHA-256 of what comes in parts
 * SPDX-License-Identifier: ISC
 *
 * The calls of the library cannot fail where it computes by itself; only drivers of accelerators can.
 */
#include "digest/digest.h"

#include "base/hex.h"

#include <mbedtls/sha256.h>

_Static_assert(sizeof(mbedtls_sha256_context) <= sizeof(struct digest), "room for the context");

static mbedtls_sha256_context *
context(struct digest *digest)
{
    return (mbedtls_sha256_context *)digest->room;
}

void
digest_begin(struct digest *digest)
{
    mbedtls_sha256_init(context(digest));
    (void)mbedtls_sha256_starts(context(digest), 0);
}

void
digest_add(struct digest *digest, const void *bytes, size_t size)
{
    (void)mbedtls_sha256_update(context(digest), bytes, size);
}

void
digest_end(struct digest *digest, uint8_t sum[DIGEST_BYTES])
{
    (void)mbedtls_sha256_finish(context(digest), sum);
    mbedtls_sha256_free(context(digest));
}

void
digest_of(const void *bytes, size_t size, uint8_t sum[DIGEST_BYTES])
{
    struct digest digest;
    digest_begin(&digest);
    digest_add(&digest, bytes, size);
    digest_end(&digest, sum);
}

const char *
digest_text(const uint8_t sum[DIGEST_BYTES], char text[DIGEST_TEXT_MAX])
{
    return hex_write(sum, DIGEST_BYTES, text);
}
