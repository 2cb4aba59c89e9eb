/* addr.h - network addresses and prefixes as plain values
 * SPDX-License-Identifier: ISC
 *
 * What: an IPv4 or IPv6 address with a port, a prefix, their text forms and the kernel's, matching,
 *       and names for prefixes in tables.
 * Who:  whatever knows addresses (never the worker). Pure; does no lookup.
 */
#pragma once

#include "base/hash.h"
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

/* --- as the kernel has it --- */

struct sockaddr;
struct sockaddr_storage;

/** Convert. @return octets used of `to`. */
uint32_t addr_to_socket(const struct addr *addr, struct sockaddr_storage *to);

/** @return STATUS_OK; STATUS_INVALID (neither IPv4 nor IPv6). IPv4-mapped IPv6 becomes IPv4. */
MUST_CHECK enum status addr_from_socket(const struct sockaddr *from, uint32_t size,
                                        struct addr *addr);

/* --- a keyed name for a prefix --- */

/* 64 bits that stand for (family, length, prefix) in fixed tables. Keyed, so that no outsider can aim
 * at a place; wide enough that two prefixes never share a name by chance. The names of a client
 * at the configured lengths are made once, and carried along with what it asked. */
#define ADDR_TAG_CLASSES 8 /* kinds of entries that may share one table */
#define ADDR_LENGTHS_MAX 4 /* lengths of a family at which clients are told apart */

/* Of a name: its class, and the part that places it in a table, which does not depend on that. */
#define ADDR_TAG_CLASS(tag) ((unsigned)((tag) % ADDR_TAG_CLASSES))
#define ADDR_TAG_PLACE(tag) ((tag) / ADDR_TAG_CLASSES)

/* At which lengths clients are told apart, and under which key. */
struct addr_lengths {
    struct hash_key key;
    uint32_t mark;                        /* stands for key and lengths, never 0 */
    uint8_t counts[2];                    /* lengths of IPv4, IPv6 */
    uint8_t lengths[2][ADDR_LENGTHS_MAX]; /* shortest first */
};

/* The names of one client's prefixes; zeroed: none is made. */
struct addr_keys {
    uint32_t mark;                   /* of the set that they belong to */
    uint64_t tags[ADDR_LENGTHS_MAX]; /* by place in the set's lengths; 0: not made */
};

/**
 * @param client  IPv4 or IPv6
 * @param length  bits of the address that count, 0..32 or 0..128
 * @param class   0..ADDR_TAG_CLASSES-1; kept readable in the lowest bits
 * @return the name, never 0
 */
uint64_t addr_tag(const struct hash_key *key, const struct addr *client, unsigned length,
                  unsigned class);

/** Make `set->mark` once key, counts and lengths are there: equal ones have equal marks. */
void addr_lengths_mark(struct addr_lengths *set);

/** 0: IPv4; 1: IPv6. */
unsigned addr_family_index(const struct addr *client);

/**
 * The name of a client's prefix at one of a set's lengths: the one carried along, or a new one.
 *
 * @param keys  the client's own, changed; those of another set are forgotten
 * @param i     place in the set's lengths of the client's family
 * @return its addr_tag(), whose class is addr_family_index()
 */
uint64_t addr_keys_at(struct addr_keys *keys, const struct addr_lengths *set,
                      const struct addr *client, unsigned i);
