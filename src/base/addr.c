/* addr.c - see addr.h
 * SPDX-License-Identifier: ISC
 */
#include "base/addr.h"

#include <arpa/inet.h>
#include <string.h>

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
