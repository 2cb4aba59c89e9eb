/* martian.c - see martian.h
 * SPDX-License-Identifier: ISC
 */
#include "gate/martian.h"

#include <string.h>

static const uint8_t zeros[16];
static const uint8_t loopback6[16] = {[15] = 1};

void
martian_reflectors_add(struct martian_reflectors *ports, uint16_t port)
{
    ports->bits[port / 64] |= (uint64_t)1 << (port % 64);
}

static bool
is_loopback(const struct addr *addr)
{
    if (addr->family == ADDR_IPV4)
        return addr->bytes[0] == 127;
    return memcmp(addr->bytes, loopback6, sizeof loopback6) == 0;
}

static bool
is_known(const struct addr *addr)
{
    return memcmp(addr->bytes, zeros, sizeof zeros) != 0;
}

/* An address that no host has: 0.0.0.0/8, multicast, 240.0.0.0/4 with broadcast; ::, ff00::/8. */
static bool
is_nobody(const struct addr *addr)
{
    if (addr->family == ADDR_IPV4)
        return addr->bytes[0] == 0 || addr->bytes[0] >= 224;
    return addr->bytes[0] == 0xff || !is_known(addr);
}

bool
martian_is(const struct addr *from, const struct addr *us)
{
    if (from->port == 0 || is_nobody(from)) /* no answer could be sent there */
        return true;
    if (is_loopback(from) && is_known(us) && !is_loopback(us))
        return true;
    /* a query from our own socket would be answered to ourselves; our host may ask from others */
    return from->port == us->port && from->family == us->family && is_known(us) &&
           memcmp(from->bytes, us->bytes, sizeof from->bytes) == 0;
}
