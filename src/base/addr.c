/* addr.c - see addr.h
 * SPDX-License-Identifier: ISC
 */
#include "base/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define IPV4_BITS 32
#define IPV6_BITS 128

static const uint8_t mapped_start[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static size_t
address_bytes(const struct addr *addr)
{
    return addr->family == ADDR_IPV4 ? 4 : addr->family == ADDR_IPV6 ? 16 : 0;
}

/* A decimal number as we would print it: digits only, no leading zero, at most `max`. */
static bool
parse_number(const char *text, uint32_t max, uint32_t *number)
{
    uint64_t value = 0;
    if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
        return false;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9')
            return false;
        value = value * 10 + (uint64_t)(*c - '0');
        if (value > max)
            return false;
    }
    *number = (uint32_t)value;
    return true;
}

/* A text without port or brackets; `text` is ours and is cut at '%'. */
static bool
parse_ipv6(char *text, struct addr *addr)
{
    char *percent = strchr(text, '%');
    if (percent != NULL) {
        *percent = '\0';
        if (!parse_number(percent + 1, UINT32_MAX, &addr->scope) || addr->scope == 0)
            return false;
    }
    if (inet_pton(AF_INET6, text, addr->bytes) != 1)
        return false;
    addr->family = ADDR_IPV6;
    if (memcmp(addr->bytes, mapped_start, sizeof mapped_start) != 0)
        return true;
    if (addr->scope != 0)
        return false;
    addr->family = ADDR_IPV4;
    memmove(addr->bytes, addr->bytes + sizeof mapped_start, 4);
    memset(addr->bytes + 4, 0, sizeof addr->bytes - 4);
    return true;
}

static bool
parse_ipv4(const char *text, struct addr *addr)
{
    addr->family = ADDR_IPV4;
    return inet_pton(AF_INET, text, addr->bytes) == 1;
}

static bool
parse_port(const char *text, struct addr *addr)
{
    uint32_t port;
    if (!parse_number(text, UINT16_MAX, &port) || port == 0)
        return false;
    addr->port = (uint16_t)port;
    return true;
}

/* `text` is ours and is cut into pieces. */
static bool
parse(char *text, struct addr *addr)
{
    if (text[0] == '[') {
        char *close = strchr(text, ']');
        if (close == NULL)
            return false;
        bool has_port = close[1] == ':';
        if (!has_port && close[1] != '\0')
            return false;
        *close = '\0';
        return parse_ipv6(text + 1, addr) && (!has_port || parse_port(close + 2, addr));
    }
    char *colon = strchr(text, ':');
    if (colon != NULL && strchr(colon + 1, ':') != NULL)
        return parse_ipv6(text, addr);
    if (colon == NULL)
        return parse_ipv4(text, addr);
    *colon = '\0';
    return parse_ipv4(text, addr) && parse_port(colon + 1, addr);
}

/* The text in room of ours, so that it can be cut; false if it is too long for any address. */
static bool
copy_text(const char *text, char copy[ADDR_TEXT_MAX])
{
    size_t size = strnlen(text, ADDR_TEXT_MAX);
    if (size == ADDR_TEXT_MAX)
        return false;
    memcpy(copy, text, size + 1);
    return true;
}

enum status
addr_parse(const char *text, uint16_t default_port, struct addr *addr)
{
    char copy[ADDR_TEXT_MAX];
    *addr = (struct addr){.port = default_port};
    if (copy_text(text, copy) && parse(copy, addr))
        return STATUS_OK;
    *addr = (struct addr){0};
    return STATUS_INVALID;
}

static bool
parse_prefix(char *text, struct addr_prefix *prefix)
{
    char *slash = strchr(text, '/');
    if (slash != NULL)
        *slash = '\0';
    bool is_v6_text = strchr(text, ':') != NULL;
    struct addr *addr = &prefix->addr;
    if (!(is_v6_text ? parse_ipv6(text, addr) : parse_ipv4(text, addr)) || addr->scope != 0)
        return false;
    uint32_t text_bits = is_v6_text ? IPV6_BITS : IPV4_BITS;
    uint32_t bits = addr->family == ADDR_IPV4 ? IPV4_BITS : IPV6_BITS;
    uint32_t length = text_bits;
    if (slash != NULL && !parse_number(slash + 1, text_bits, &length))
        return false;
    /* a mapped address counts its length over 128 bits; a shorter one would cut its ffff */
    if (length < text_bits - bits)
        return false;
    prefix->length = (uint8_t)(length - (text_bits - bits));
    struct addr masked = *addr;
    addr_mask(&masked, prefix->length);
    return addr_is_equal(&masked, addr);
}

enum status
addr_prefix_parse(const char *text, struct addr_prefix *prefix)
{
    char copy[ADDR_TEXT_MAX];
    *prefix = (struct addr_prefix){0};
    if (copy_text(text, copy) && parse_prefix(copy, prefix))
        return STATUS_OK;
    *prefix = (struct addr_prefix){0};
    return STATUS_INVALID;
}

/* Append the character and the decimal number; room is the caller's promise. */
static void
put_number(char *text, char before, uint32_t number)
{
    char digits[10];
    size_t count = 0, at = strlen(text);
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    text[at++] = before;
    while (count > 0)
        text[at++] = digits[--count];
    text[at] = '\0';
}

const char *
addr_format(const struct addr *addr, char text[ADDR_TEXT_MAX])
{
    bool brackets = addr->family == ADDR_IPV6 && addr->port != 0;
    memset(text, 0, ADDR_TEXT_MAX);
    if (address_bytes(addr) == 0)
        return memcpy(text, "none", sizeof "none");
    if (brackets)
        text[0] = '[';
    char *start = text + brackets;
    if (addr->family == ADDR_IPV4)
        (void)inet_ntop(AF_INET, addr->bytes, start, INET_ADDRSTRLEN);
    else
        (void)inet_ntop(AF_INET6, addr->bytes, start, INET6_ADDRSTRLEN);
    if (addr->scope != 0)
        put_number(text, '%', addr->scope);
    if (brackets)
        text[strlen(text)] = ']';
    if (addr->port != 0)
        put_number(text, ':', addr->port);
    return text;
}

const char *
addr_prefix_format(const struct addr_prefix *prefix, char text[ADDR_TEXT_MAX])
{
    struct addr bare = prefix->addr;
    bare.port = 0;
    bare.scope = 0;
    addr_format(&bare, text);
    put_number(text, '/', prefix->length);
    return text;
}

bool
addr_is_equal(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && a->port == b->port && a->scope == b->scope &&
           memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool
addr_is_among(const struct addr *addr, const struct addr list[], uint32_t count)
{
    uint32_t i = 0;
    while (i < count && !addr_is_equal(&list[i], addr))
        i++;
    return i < count;
}

void
addr_mask(struct addr *addr, unsigned length)
{
    addr->port = 0;
    for (unsigned i = 0; i < sizeof addr->bytes; i++) {
        unsigned kept = length > i * 8 ? length - i * 8 : 0;
        if (kept < 8)
            addr->bytes[i] = (uint8_t)(addr->bytes[i] & ~(0xffU >> kept));
    }
}

/* --- as the kernel has it --- */

uint32_t
addr_to_socket(const struct addr *addr, struct sockaddr_storage *to)
{
    memset(to, 0, sizeof *to);
    if (addr->family == ADDR_IPV4) {
        struct sockaddr_in *in = (struct sockaddr_in *)to;
        in->sin_family = AF_INET;
        in->sin_port = htons(addr->port);
        memcpy(&in->sin_addr, addr->bytes, sizeof in->sin_addr);
        return sizeof *in;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(addr->port);
    in6->sin6_scope_id = addr->scope;
    memcpy(&in6->sin6_addr, addr->bytes, sizeof in6->sin6_addr);
    return sizeof *in6;
}

static void
from_ipv4(const void *bytes, in_port_t port, struct addr *addr)
{
    addr->family = ADDR_IPV4;
    addr->port = ntohs(port);
    memcpy(addr->bytes, bytes, 4);
}

enum status
addr_from_socket(const struct sockaddr *from, uint32_t size, struct addr *addr)
{
    memset(addr, 0, sizeof *addr);
    if (size >= sizeof(struct sockaddr_in) && from->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)from;
        from_ipv4(&in->sin_addr, in->sin_port, addr);
        return STATUS_OK;
    }
    if (size < sizeof(struct sockaddr_in6) || from->sa_family != AF_INET6)
        return STATUS_INVALID;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)from;
    if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
        from_ipv4(in6->sin6_addr.s6_addr + 12, in6->sin6_port, addr);
        return STATUS_OK;
    }
    addr->family = ADDR_IPV6;
    addr->port = ntohs(in6->sin6_port);
    addr->scope = in6->sin6_scope_id;
    memcpy(addr->bytes, &in6->sin6_addr, sizeof addr->bytes);
    return STATUS_OK;
}

/* --- a keyed name for a prefix --- */

static inline uint64_t
load_be64(const uint8_t p[8])
{
    return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 |
           (uint64_t)p[3] << 32 | (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 |
           (uint64_t)p[6] << 8 | p[7];
}

/* The first `bits` bits, 0..64; the rest zero. */
static inline uint64_t
first_bits(uint64_t word, unsigned bits)
{
    return bits == 0 ? 0 : word & UINT64_MAX << (64 - bits);
}

uint64_t
addr_tag(const struct hash_key *key, const struct addr *client, unsigned length, unsigned class)
{
    /* an IPv4 prefix leaves half a word free, so that length and family fit in */
    uint64_t words[3] = {first_bits(load_be64(client->bytes), length < 64 ? length : 64)};
    uint64_t kind = (uint64_t)length << 8 | client->family;
    size_t count = 1;
    if (client->family == ADDR_IPV4) {
        words[0] |= kind;
    } else {
        words[count++] = kind;
        if (length > 64)
            words[count++] = first_bits(load_be64(client->bytes + 8), length - 64);
    }
    uint64_t hash = hash_siphash13_words(key, words, count);
    uint64_t tag = (hash & ~(uint64_t)(ADDR_TAG_CLASSES - 1)) | class;
    return tag != 0 ? tag : ADDR_TAG_CLASSES;
}

void
addr_lengths_mark(struct addr_lengths *set)
{
    uint64_t words[2] = {0};
    for (unsigned family = 0; family < 2; family++)
        for (unsigned i = 0; i < set->counts[family]; i++)
            words[family] = words[family] << 8 | (set->lengths[family][i] + 1U);
    set->mark = (uint32_t)hash_siphash13_words(&set->key, words, 2) | 1;
}

unsigned
addr_family_index(const struct addr *client)
{
    return client->family == ADDR_IPV4 ? 0 : 1;
}

uint64_t
addr_keys_at(struct addr_keys *keys, const struct addr_lengths *set, const struct addr *client,
             unsigned i)
{
    if (keys->mark != set->mark)
        *keys = (struct addr_keys){.mark = set->mark};
    if (keys->tags[i] == 0) {
        unsigned family = addr_family_index(client);
        keys->tags[i] = addr_tag(&set->key, client, set->lengths[family][i], family);
    }
    return keys->tags[i];
}
