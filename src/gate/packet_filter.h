/* packet_filter.h - the kernel drops what can never be a query
 * SPDX-License-Identifier: ISC
 *
 * What: a classic-BPF program for SO_ATTACH_FILTER on a UDP socket. A datagram that it refuses
 *       costs no wake-up, no copy and no room in the receive buffer; the kernel counts it as a drop
 *       of the socket (SO_MEMINFO). Other opcodes and several questions pass, because they are
 *       answered (NOTIMP, FORMERR), and so does a query for a cookie that has no question.
 * Who:  front attaches it after bind and locks it (SO_LOCK_FILTER). Pure: makes numbers only.
 * Ref:  RFC 1035 4.1.1, 7873 5.4, 9619; Linux Documentation/networking/filter.rst; docs/LIMITS.md
 * "filter".
 */
#pragma once

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_FILTER_PORTS_MAX  32 /* source ports that can send no query */
#define PACKET_FILTER_MAX        (13 + PACKET_FILTER_PORTS_MAX) /* instructions */
#define PACKET_FILTER_DNS_MIN    17 /* octets: header, root name, type, class */
#define PACKET_FILTER_COOKIE_MIN 35 /* octets: header, OPT, a client's cookie */

/** Source ports that no client asks from, but that reflect: docs/LIMITS.md "filter". */
extern const uint16_t packet_filter_ports[];
extern const size_t packet_filter_ports_count;

/**
 * Write the program: drops a message under PACKET_FILTER_DNS_MIN octets, with QR=1, from one of
 * `ports`, or with QDCOUNT 0 unless it has ARCOUNT 1 and PACKET_FILTER_COOKIE_MIN octets.
 *
 * @param ports    borrowed for the call; source ports to refuse, host order; 0 is a port here
 * @param count    0..PACKET_FILTER_PORTS_MAX; more are cut off
 * @param program  written
 * @return instructions written
 */
size_t packet_filter_build(const uint16_t ports[], size_t count,
                           struct sock_filter program[PACKET_FILTER_MAX]);
