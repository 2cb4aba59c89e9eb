/* fuzz_proxy_header.c - the header by which a balancer names its client
 * SPDX-License-Identifier: ISC
 *
 * Input: the octets that a balancer sends, from the first.
 * Invariants: the verdict is that of a plain reading of the specification; each part of a header is
 * told to be one, with how much is needed; what is behind it changes nothing; a header that is
 * refused tells nothing, and a client that is named has an address to which an answer could go.
 */
#include "base/bytes.h"
#include "gate/acl.h"
#include "gate/proxy_header.h"

#include "fuzz.h"

static const uint8_t signature[] = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};
static unsigned reached[PROXY_HEADER_ADDRESS + 1];

/* Octets of the header by its own word; 0: it is none that is whole, or of another version. */
static size_t
whole_size(const uint8_t *data, size_t size)
{
    if (size < 16 || memcmp(data, signature, 12) != 0 || data[12] >> 4 != 2)
        return 0;
    size_t whole = 16 + ((size_t)data[14] << 8 | data[15]);
    return whole <= size && whole <= PROXY_HEADER_MAX ? whole : 0;
}

/* The kinds of header that name an IP client, with the octets of its addresses; 0: others. */
static size_t
addresses_size(const uint8_t *data)
{
    switch (data[13]) {
    case 0x11:
    case 0x12:
        return 12;
    case 0x21:
    case 0x22:
        return 36;
    default:
        return 0;
    }
}

static void
check_client(const uint8_t *data, size_t size, const struct proxy_header *header)
{
    static const struct addr nowhere;
    size_t addresses = addresses_size(data), port = addresses == 12 ? 16 + 8 : 16 + 32;
    size_t whole = whole_size(data, size);
    must(data[12] == 0x21 && addresses > 0 && whole >= 16 + addresses);
    must(header->size == whole);
    must(header->is_stream == (data[13] % 16 == 1));
    must(header->source.port == ((unsigned)data[port] << 8 | data[port + 1]));
    must(!acl_is_martian(&header->source, &nowhere));
    bool is_mapped = addresses == 36 && header->source.family == ADDR_IPV4;
    must(header->source.family == (addresses == 12 || is_mapped ? ADDR_IPV4 : ADDR_IPV6));
    size_t at = is_mapped ? 16 + 12 : 16, octets = header->source.family == ADDR_IPV4 ? 4 : 16;
    must(memcmp(header->source.bytes, data + at, octets) == 0);
}

static void
check(const uint8_t *data, size_t size, enum proxy_header_verdict verdict,
      const struct proxy_header *header)
{
    static const struct proxy_header nothing;
    size_t whole = whole_size(data, size);
    switch (verdict) {
    case PROXY_HEADER_CLIENT:
        check_client(data, size, header);
        return;
    case PROXY_HEADER_LOCAL:
        must(whole > 0 && data[12] == 0x20 && header->size == whole);
        must(header->source.family == ADDR_NONE);
        return;
    case PROXY_HEADER_MORE:
        must(header->size > size && header->size <= PROXY_HEADER_MAX && whole == 0);
        must(memcmp(data, signature, size < 12 ? size : 12) == 0);
        return;
    case PROXY_HEADER_NONE:
        must(size > 0 && memcmp(data, signature, size < 12 ? size : 12) != 0);
        break;
    case PROXY_HEADER_VERSION:
        must(size >= 6 && (data[0] == 'P' || data[12] >> 4 != 2));
        break;
    case PROXY_HEADER_MALFORMED:
        must(size >= 16 && data[12] >> 4 == 2);
        break;
    case PROXY_HEADER_ADDRESS:
        must(whole > 0 && data[12] == 0x21);
        break;
    }
    must(memcmp(header, &nothing, sizeof nothing) == 0);
}

/* Called where a whole corpus was run. */
void
fuzz_reached(void)
{
    for (size_t i = 0; i < sizeof reached / sizeof reached[0]; i++)
        must(reached[i] > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proxy_header header, again;
    enum proxy_header_verdict verdict = proxy_header_read(data, size, &header);
    reached[verdict]++;
    check(data, size, verdict, &header);
    must(proxy_header_begins(data, size) == (size >= 12 && memcmp(data, signature, 12) == 0));
    if (verdict != PROXY_HEADER_CLIENT && verdict != PROXY_HEADER_LOCAL)
        return 0;
    must(proxy_header_read(data, header.size, &again) == verdict);
    must(memcmp(&again, &header, sizeof again) == 0);
    for (size_t part = 0; part < header.size; part++) {
        must(proxy_header_read(data, part, &again) == PROXY_HEADER_MORE);
        must(again.size == (part < PROXY_HEADER_FIXED ? PROXY_HEADER_FIXED : header.size));
    }
    return 0;
}
