/* value_address.c - see value_address.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/value_address.h"

#include <string.h>

#define PORT_DNS       53
#define PORT_DOT       853
#define MULTICAST_IPV4 0xe0
#define MULTICAST_IPV6 0xff

static bool
is_multicast(const struct addr *addr)
{
    return addr->family == ADDR_IPV4 ? addr->bytes[0] >= MULTICAST_IPV4
                                     : addr->bytes[0] == MULTICAST_IPV6;
}

static bool
is_link_local(const struct addr *addr)
{
    return addr->family == ADDR_IPV6 && addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

const char *
value_address_parse(enum value_kind kind, const char *text, struct addr *addr)
{
    static const uint8_t unspecified[sizeof addr->bytes];
    bool is_upstream = kind == VALUE_UPSTREAM, is_source = kind == VALUE_SOURCE;
    if (addr_parse(text, is_source ? 0 : is_upstream ? PORT_DOT : PORT_DNS, addr) != STATUS_OK)
        return is_source ? "not an address" : "not an address with port";
    if (is_source && addr->port != 0)
        return "an address with a port; the kernel chooses that";
    if (is_multicast(addr))
        return "a multicast or reserved address";
    if (is_link_local(addr) && addr->scope == 0)
        return "a link-local address without its interface, as in [fe80::1%eth0]";
    if ((is_upstream || is_source) && memcmp(addr->bytes, unspecified, sizeof unspecified) == 0)
        return "the unspecified address";
    return is_upstream && addr->port == PORT_DNS
               ? "port 53; plain DNS is never spoken to an upstream"
               : NULL;
}
