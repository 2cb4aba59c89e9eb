/* tls_hello.c - see tls_hello.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/tls_hello.h"

#include "base/bytes.h"

#include <string.h>

#define RECORD_HANDSHAKE       22U
#define MESSAGE_HELLO          2U
#define MESSAGE_KEY_EXCHANGE   12U
#define MESSAGE_HEADER         4U  /* octets: type, length */
#define EXTENDED_MASTER_SECRET 23U /* RFC 7627 section 5.1 */
#define KEY_SHARE              51U /* RFC 8446 section 4.2.8 */
#define NAMED_CURVE            3U  /* RFC 8422 section 5.4 */

/* In place of a random: SHA-256 of "HelloRetryRequest" (RFC 8446 section 4.1.3). */
static const uint8_t retry[32] = {0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C,
                                  0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB,
                                  0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};

/* --- records --------------------------------------------------------------------------------- */

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t
take_header(struct tls_hello_reader *reader, const uint8_t *from, size_t size)
{
    size_t taken = least(size, sizeof reader->header - reader->header_size);
    memcpy(reader->header + reader->header_size, from, taken);
    reader->header_size += taken;
    if (reader->header_size == sizeof reader->header)
        reader->left = (size_t)reader->header[3] << 8 | reader->header[4];
    return taken;
}

/* What does not fit is not kept: such a hello is never whole. */
static size_t
take_body(struct tls_hello_reader *reader, const uint8_t *from, size_t size)
{
    size_t taken = least(size, reader->left);
    size_t kept = least(taken, sizeof reader->message - reader->size);
    if (reader->header[0] == RECORD_HANDSHAKE) {
        memcpy(reader->message + reader->size, from, kept);
        reader->size += kept;
    }
    reader->left -= taken;
    return taken;
}

void
tls_hello_feed(struct tls_hello_reader *reader, const uint8_t *from, size_t size)
{
    while (size > 0) {
        bool is_in_header = reader->header_size < sizeof reader->header;
        size_t taken =
            is_in_header ? take_header(reader, from, size) : take_body(reader, from, size);
        from += taken;
        size -= taken;
        if (reader->header_size == sizeof reader->header && reader->left == 0)
            reader->header_size = 0; /* the next record */
    }
}

/* --- messages -------------------------------------------------------------------------------- */

/* @return false: an extension is there twice, of which the library may take either */
static bool
read_extensions(struct bytes_reader *r, struct tls_hello *hello)
{
    bool has_share = false;
    while (!r->failed && bytes_left(r) > 0) {
        uint16_t type = bytes_get_u16(r);
        uint16_t size = bytes_get_u16(r);
        struct bytes_reader body = bytes_reader(bytes_get_view(r, size), size);
        if (r->failed || (type == KEY_SHARE && has_share))
            return false;
        if (type == EXTENDED_MASTER_SECRET)
            hello->has_extended_secret = true;
        if (type != KEY_SHARE)
            continue;
        has_share = true;
        hello->group = bytes_get_u16(&body);
        if (body.failed)
            return false;
    }
    return !r->failed;
}

bool
tls_hello_read(const struct tls_hello_reader *reader, struct tls_hello *hello)
{
    struct bytes_reader all = bytes_reader(reader->message, reader->size);
    uint8_t type = bytes_get_u8(&all);
    size_t size = (size_t)bytes_get_u8(&all) << 16;
    size |= bytes_get_u16(&all);
    const uint8_t *body = bytes_get_view(&all, size);
    *hello = (struct tls_hello){0};
    if (body == NULL || type != MESSAGE_HELLO)
        return false;
    struct bytes_reader r = bytes_reader(body, size);
    uint8_t random[sizeof retry];
    hello->old_version = bytes_get_u16(&r);
    bytes_get_copy(&r, random, sizeof random);
    hello->is_retry = memcmp(random, retry, sizeof retry) == 0;
    bytes_skip(&r, bytes_get_u8(&r)); /* session id */
    bytes_skip(&r, 2 + 1);            /* suite, compression */
    if (!r.failed && bytes_left(&r) == 0)
        return true; /* TLS 1.2 without extensions */
    size_t extensions = bytes_get_u16(&r);
    return extensions == bytes_left(&r) && read_extensions(&r, hello);
}

uint16_t
tls_hello_exchange_group(const uint8_t *message, size_t size)
{
    struct bytes_reader r = bytes_reader(message, size);
    bool is_exchange = bytes_get_u8(&r) == MESSAGE_KEY_EXCHANGE;
    bytes_skip(&r, MESSAGE_HEADER - 1);
    bool is_named = bytes_get_u8(&r) == NAMED_CURVE;
    uint16_t group = bytes_get_u16(&r);
    return is_exchange && is_named && !r.failed ? group : 0;
}
