/* dns_private.h - addresses that lead into the network of whoever uses them
 * SPDX-License-Identifier: ISC
 *
 * What: judges one address. Private, shared, link-local, loopback, "this network", unspecified and
 *       multicast addresses; and IPv6 addresses that stand for such an IPv4 address: mapped,
 *       compatible and translated ones, NAT64, 6to4, Teredo and ISATAP.
 * Who:  front. Pure.
 * Ref:  RFC 1918, 6598, 3927, 1122 3.2.1.3, 4193, 4291 (IPv6); 6052, 8215 (NAT64), 3056 (6to4),
 * 4380 (Teredo), 5214 (ISATAP), 7915 (translated).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DNS_IPV4_OCTETS 4
#define DNS_IPV6_OCTETS 16

bool dns_private_has_ipv4(const uint8_t address[DNS_IPV4_OCTETS]);
bool dns_private_has_ipv6(const uint8_t address[DNS_IPV6_OCTETS]);
