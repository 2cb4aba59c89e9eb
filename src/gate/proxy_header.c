/* proxy_header.c - see proxy_header.h
 * SPDX-License-Identifier: ISC
 */
#include "gate/proxy_header.h"

#include "base/bytes.h"
#include "gate/acl.h"

#define VERSION_2      2
#define COMMAND_LOCAL  0
#define COMMAND_PROXY  1
#define FAMILY_IPV4    1
#define FAMILY_IPV6    2
#define PROTO_STREAM   1
#define PROTO_DATAGRAM 2
#define EXTRA_CRC32C   3          /* the type of the one that we know */
#define CRC32C_BITS    0x82f63b78 /* the polynomial, lowest bit first */

static const uint8_t signature[PROXY_HEADER_SIGNATURE] = "\r\n\r\n\0\r\nQUIT\n";
static const uint8_t version_1[] = {'P', 'R', 'O', 'X', 'Y', ' '};

bool
proxy_header_begins(const uint8_t *data, size_t size)
{
    return size >= sizeof signature && memcmp(data, signature, sizeof signature) == 0;
}

static uint32_t
crc32c_octet(uint32_t crc, uint8_t octet)
{
    crc ^= octet;
    for (int bit = 0; bit < 8; bit++)
        crc = crc >> 1 ^ ((crc & 1) != 0 ? CRC32C_BITS : 0);
    return crc;
}

/* Of the whole header, with zeros where the checksum itself is. @param sum_at  its place */
static uint32_t
crc32c(const uint8_t *data, size_t size, size_t sum_at)
{
    struct bytes_reader r = bytes_reader(data, size);
    uint32_t crc = UINT32_MAX;
    while (r.pos < size) {
        bool is_sum = r.pos >= sum_at && r.pos < sum_at + 4;
        uint8_t octet = bytes_get_u8(&r);
        crc = crc32c_octet(crc, is_sum ? 0 : octet);
    }
    return ~crc;
}

/* Type-length-values up to the header's end. Those that we do not know are skipped, as the
 * specification wants; a checksum must be right. @param r  a reader of the header, behind addresses */
static bool
are_extras_sound(struct bytes_reader r)
{
    while (bytes_left(&r) > 0) {
        uint8_t type = bytes_get_u8(&r);
        uint16_t length = bytes_get_u16(&r);
        if (type != EXTRA_CRC32C) {
            bytes_skip(&r, length);
            continue;
        }
        size_t at = r.pos;
        uint32_t sum = bytes_get_u32(&r);
        if (r.failed || length != 4 || sum != crc32c(r.data, r.size, at))
            return false;
    }
    return !r.failed;
}

/* As the kernel tells of it on a socket that serves both families. */
static void
unmap(struct addr *source)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (memcmp(source->bytes, mapped, sizeof mapped) != 0)
        return;
    source->family = ADDR_IPV4;
    memcpy(source->bytes, source->bytes + sizeof mapped, 4);
    memset(source->bytes + 4, 0, sizeof source->bytes - 4);
}

/* @param r  a reader of the header, at its addresses; moved behind them */
static void
get_source(struct bytes_reader *r, unsigned family, struct addr *source)
{
    size_t size = family == FAMILY_IPV4 ? 4 : 16;
    source->family = family == FAMILY_IPV4 ? ADDR_IPV4 : ADDR_IPV6;
    bytes_get_copy(r, source->bytes, size);
    bytes_skip(r, size); /* the balancer's address that the client asked, */
    source->port = bytes_get_u16(r);
    bytes_skip(r, 2); /* and its port */
    if (family == FAMILY_IPV6)
        unmap(source);
}

/* @param r  a reader of the header, at its addresses */
static enum proxy_header_verdict
read_client(struct bytes_reader *r, uint8_t family_and_proto, struct proxy_header *header)
{
    static const struct addr nowhere;
    unsigned family = family_and_proto >> 4, proto = family_and_proto & 0xf;
    struct addr source = {0};
    if ((family != FAMILY_IPV4 && family != FAMILY_IPV6) ||
        (proto != PROTO_STREAM && proto != PROTO_DATAGRAM))
        return PROXY_HEADER_ADDRESS; /* unknown to the balancer too, or a Unix socket */
    get_source(r, family, &source);
    if (r->failed || !are_extras_sound(*r))
        return PROXY_HEADER_MALFORMED;
    if (acl_is_martian(&source, &nowhere))
        return PROXY_HEADER_ADDRESS;
    header->source = source;
    header->is_stream = proto == PROTO_STREAM;
    return PROXY_HEADER_CLIENT;
}

/* What may still become a signature, and what cannot. */
static enum proxy_header_verdict
judge_beginning(const uint8_t *data, size_t size)
{
    size_t known = size < sizeof signature ? size : sizeof signature;
    if (known == 0 || memcmp(data, signature, known) == 0)
        return PROXY_HEADER_MORE;
    bool is_text = size >= sizeof version_1 && memcmp(data, version_1, sizeof version_1) == 0;
    return is_text ? PROXY_HEADER_VERSION : PROXY_HEADER_NONE;
}

enum proxy_header_verdict
proxy_header_read(const uint8_t *data, size_t size, struct proxy_header *header)
{
    *header = (struct proxy_header){0};
    enum proxy_header_verdict beginning = judge_beginning(data, size);
    if (beginning != PROXY_HEADER_MORE)
        return beginning;
    header->size = PROXY_HEADER_FIXED;
    if (size < PROXY_HEADER_FIXED)
        return PROXY_HEADER_MORE;
    struct bytes_reader r = bytes_reader(data, size);
    bytes_skip(&r, PROXY_HEADER_SIGNATURE);
    uint8_t version_and_command = bytes_get_u8(&r), family_and_proto = bytes_get_u8(&r);
    unsigned version = version_and_command >> 4, command = version_and_command & 0xf;
    size_t length = bytes_get_u16(&r);
    header->size = 0;
    if (version != VERSION_2)
        return PROXY_HEADER_VERSION;
    if ((command != COMMAND_LOCAL && command != COMMAND_PROXY) ||
        length > PROXY_HEADER_MAX - PROXY_HEADER_FIXED)
        return PROXY_HEADER_MALFORMED;
    size_t whole = PROXY_HEADER_FIXED + length;
    enum proxy_header_verdict verdict = size < whole ? PROXY_HEADER_MORE : PROXY_HEADER_LOCAL;
    if (size >= whole && command == COMMAND_PROXY) {
        r.size = whole;
        verdict = read_client(&r, family_and_proto, header);
    }
    bool is_told = verdict <= PROXY_HEADER_MORE;
    header->size = is_told ? whole : 0;
    return verdict;
}
