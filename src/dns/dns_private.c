/* dns_private.c - see dns_private.h
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_private.h"

#include <stddef.h>
#include <string.h>

#define OCTET_BITS 8

struct prefix {
    uint8_t octets[DNS_IPV6_OCTETS];
    uint8_t bits;
};

static bool
is_in(const struct prefix *prefix, const uint8_t *address)
{
    size_t whole = prefix->bits / OCTET_BITS;
    unsigned rest = prefix->bits % OCTET_BITS;
    if (memcmp(address, prefix->octets, whole) != 0)
        return false;
    return rest == 0 || ((address[whole] ^ prefix->octets[whole]) >> (OCTET_BITS - rest)) == 0;
}

bool
dns_private_has_ipv4(const uint8_t address[DNS_IPV4_OCTETS])
{
    static const struct prefix prefixes[] = {
        {{0}, 8},                   /* this network */
        {{10}, 8},                  /* private */
        {{100, 64}, 10},            /* shared, between a provider and its customers */
        {{127}, 8},                 /* loopback */
        {{169, 254}, 16},           /* link-local */
        {{172, 16}, 12},            /* private */
        {{192, 168}, 16},           /* private */
        {{224}, 4},                 /* multicast */
        {{255, 255, 255, 255}, 32}, /* broadcast */
    };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (is_in(&prefixes[i], address))
            return true;
    return false;
}

/*
 * The IPv4 address within the prefix of local NAT64s, 64:ff9b:1::/48, of which a network takes a
 * part of 48, 56, 64 or 96 bits. What follows the address is zero (RFC 6052 section 2.2), so where
 * the zeros begin tells which; octet 8 is always left out.
 */
static bool
local_nat64_is_private(const uint8_t a[DNS_IPV6_OCTETS])
{
    static const uint8_t zeros[5];
    if (memcmp(a + 11, zeros, 5) == 0)
        return dns_private_has_ipv4((const uint8_t[]){a[6], a[7], a[9], a[10]});
    if (memcmp(a + 12, zeros, 4) == 0)
        return dns_private_has_ipv4((const uint8_t[]){a[7], a[9], a[10], a[11]});
    if (memcmp(a + 13, zeros, 3) == 0)
        return dns_private_has_ipv4(a + 9);
    return dns_private_has_ipv4(a + 12);
}

static bool
teredo_is_private(const uint8_t a[DNS_IPV6_OCTETS])
{
    uint8_t client[DNS_IPV4_OCTETS]; /* RFC 4380 section 4: every bit is turned over */
    for (size_t i = 0; i < sizeof client; i++)
        client[i] = (uint8_t)~a[12 + i];
    return dns_private_has_ipv4(a + 4) || dns_private_has_ipv4(client);
}

bool
dns_private_has_ipv6(const uint8_t address[DNS_IPV6_OCTETS])
{
    static const struct prefix own[] = {
        {{0xfc}, 7},       /* unique local */
        {{0xfe, 0x80}, 9}, /* link-local, and site-local of old */
        {{0xff}, 8},       /* multicast */
    };
    static const struct {
        struct prefix prefix;
        uint8_t at; /* octet where the IPv4 address begins */
    } embedding[] = {
        {{{0}, 96}, 12}, /* compatible; and so the unspecified and the loopback address */
        {{{[10] = 0xff, 0xff}, 96}, 12},   /* mapped */
        {{{[8] = 0xff, 0xff}, 96}, 12},    /* translated */
        {{{0, 0x64, 0xff, 0x9b}, 96}, 12}, /* NAT64 */
        {{{0x20, 0x02}, 16}, 2},           /* 6to4 */
    };
    static const struct prefix local_nat64 = {{0, 0x64, 0xff, 0x9b, 0, 1}, 48};
    static const struct prefix teredo = {{0x20, 0x01}, 32};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (is_in(&own[i], address))
            return true;
    for (size_t i = 0; i < sizeof embedding / sizeof embedding[0]; i++)
        if (is_in(&embedding[i].prefix, address))
            return dns_private_has_ipv4(address + embedding[i].at);
    if (is_in(&local_nat64, address))
        return local_nat64_is_private(address);
    if (is_in(&teredo, address))
        return teredo_is_private(address);
    /* ISATAP: an interface identifier that ends in an IPv4 address, its universal bit set or not */
    bool is_isatap =
        (address[8] & ~2U) == 0 && address[9] == 0 && address[10] == 0x5e && address[11] == 0xfe;
    return is_isatap && dns_private_has_ipv4(address + 12);
}
