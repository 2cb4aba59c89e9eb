/* addr.h - network addresses and prefixes as plain values
 * SPDX-License-Identifier: ISC
 *
 * What: an IPv4 or IPv6 address with a port, a prefix, their text forms, and matching.
 * Who:  everybody that knows addresses (never the worker). Pure; does no lookup.
 */
#pragma once

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum addr_family { ADDR_NONE = 0, ADDR_IPV4 = 4, ADDR_IPV6 = 6 };

struct addr {
    uint8_t family;    /* enum addr_family */
    uint8_t unused;    /* zero, so that addresses compare as memory */
    uint16_t port;     /* host order; 0 where no port is meant */
    uint32_t scope;    /* IPv6 scope id (link-local), else 0 */
    uint8_t bytes[16]; /* IPv4: first four, rest zero */
};

struct addr_prefix {
    struct addr addr; /* port 0; bits past length are zero */
    uint8_t length;   /* 0..32 or 0..128 */
    uint8_t unused[3];
};

/* "[ffff:…]:65535" with a scope number, and the closing NUL */
#define ADDR_TEXT_MAX 72

/**
 * Read "192.0.2.1:53", "192.0.2.1", "[2001:db8::1]:53", "2001:db8::1".
 *
 * @param text          borrowed, NUL-terminated
 * @param default_port  used where the text names none; 0..65535
 * @param addr          written; zeroed on failure
 * @return STATUS_OK; STATUS_INVALID (not an address, or port not 1..65535). An IPv4-mapped IPv6
 *         address becomes IPv4.
 */
MUST_CHECK enum status addr_parse(const char *text, uint16_t default_port, struct addr *addr);

/** Read "192.0.2.0/24", "2001:db8::/32" or an address (full length). Host bits set: invalid. */
MUST_CHECK enum status addr_prefix_parse(const char *text, struct addr_prefix *prefix);

/** Write address and, unless 0, port. Returns `text`. */
const char *addr_format(const struct addr *addr, char text[ADDR_TEXT_MAX]);
const char *addr_prefix_format(const struct addr_prefix *prefix, char text[ADDR_TEXT_MAX]);

/** Same family, address, port and scope. */
bool addr_is_equal(const struct addr *a, const struct addr *b);

/** Is `addr` one of the `count` addresses of `list`? */
bool addr_is_among(const struct addr *addr, const struct addr list[], uint32_t count);

/** Zero every bit of the address past `length` (0..32 or 0..128) and its port. */
void addr_mask(struct addr *addr, unsigned length);
