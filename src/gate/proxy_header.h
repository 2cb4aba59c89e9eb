/* proxy_header.h - the header by which a balancer names the client it speaks for
 * SPDX-License-Identifier: ISC
 *
 * What: reads one PROXY protocol header of version 2, which stands before each datagram, and once at
 *       the beginning of a TCP connection. Strict: what is no IPv4 or IPv6 client, or not well
 *       formed to the last octet, is refused. Version 1, which is text, is recognized and refused.
 * Who:  front, for what comes from an address that `proxy` of the configuration lists. Pure.
 * Ref:  The PROXY protocol, versions 1 & 2 (haproxy.org), section 2.2; RFC 3720 B.4 (CRC32C);
 *       docs/BALANCER.md; docs/LIMITS.md "proxy".
 */
#pragma once

#include "base/addr.h"

#define PROXY_HEADER_SIGNATURE     12  /* octets */
#define PROXY_HEADER_FIXED         16  /* octets: signature, version and command, family, length */
#define PROXY_HEADER_ADDRESSES_MAX 36  /* octets: two of IPv6, two ports */
#define PROXY_HEADER_EXTRAS_MAX    512 /* octets of type-length-values behind the addresses */
#define PROXY_HEADER_MAX           (PROXY_HEADER_FIXED + PROXY_HEADER_ADDRESSES_MAX + PROXY_HEADER_EXTRAS_MAX)

enum proxy_header_verdict {
    PROXY_HEADER_CLIENT,    /* the balancer speaks for a client */
    PROXY_HEADER_LOCAL,     /* for itself: a health check. Its own address counts */
    PROXY_HEADER_MORE,      /* not whole yet */
    PROXY_HEADER_NONE,      /* this begins as no header does */
    PROXY_HEADER_VERSION,   /* a header, but not of version 2 */
    PROXY_HEADER_MALFORMED, /* an unknown command, too long or short, or a false checksum */
    PROXY_HEADER_ADDRESS, /* a client without an IP address, or with one that no client can have */
};

struct proxy_header {
    struct addr source; /* CLIENT: the client's; an IPv4-mapped IPv6 address became IPv4 */
    size_t size;        /* CLIENT, LOCAL: octets of the header. MORE: that are needed to go on */
    bool is_stream;     /* CLIENT: it came to the balancer over a connection */
};

/** Does it begin with the signature of version 2? That is no DNS message: its opcode is 1. */
bool proxy_header_begins(const uint8_t *data, size_t size);

/**
 * Read a header from its first octet.
 *
 * @param data    borrowed; `size` octets, more may be behind the header
 * @param header  written; zeroed but for what the verdict says
 */
enum proxy_header_verdict proxy_header_read(const uint8_t *data, size_t size,
                                            struct proxy_header *header);
