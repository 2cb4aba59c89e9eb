/* martian.h - sources that no query can honestly come from
 * SPDX-License-Identifier: ISC
 *
 * What: addresses that nobody has (unspecified, multicast, broadcast), loopback from outside, and
 *       ourselves; and a set of source ports that only reflectors use.
 * Who:  front, before the access list. Pure.
 * Ref:  RFC 1122 3.2.1.3, RFC 6890; docs/LIMITS.md "filter".
 */
#pragma once

#include "base/addr.h"

struct martian_reflectors { /* a set of ports, all zero: empty */
    uint64_t bits[1024];
};

/** Put a port into the set. */
void martian_reflectors_add(struct martian_reflectors *ports, uint16_t port);

/** Is it in the set? */
static inline bool
martian_reflectors_has(const struct martian_reflectors *ports, uint16_t port)
{
    return (ports->bits[port / 64] >> (port % 64) & 1) != 0;
}

/**
 * Can no client have this source?
 *
 * @param from  who is said to have asked, with its port
 * @param us    the address and port that were asked; its bytes zero where the address is not known
 */
bool martian_is(const struct addr *from, const struct addr *us);
