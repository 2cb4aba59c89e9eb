/* dns_name.h - domain names in wire form
 * SPDX-License-Identifier: ISC
 *
 * What: reads, compares, folds and prints domain names. A struct dns_name is always valid: whole
 *       labels, closed by the root label, uncompressed.
 * Who:  front, worker. Pure.
 * Ref:  RFC 1035 sections 3.1 and 4.1.4; RFC 4343 (case).
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

#define DNS_NAME_MAX  255 /* octets on the wire, root label included; RFC 1035 2.3.4 */
#define DNS_LABEL_MAX 63

struct dns_name {
    uint8_t size; /* octets used in wire, 1..255 */
    uint8_t wire[DNS_NAME_MAX];
};

/**
 * Read an uncompressed name (a question's). The reader fails on a compression pointer, a reserved
 * label type, a name over 255 octets, or the end of data; `name` is then the root.
 */
MUST_CHECK bool dns_name_get(struct bytes_reader *r, struct dns_name *name);

/**
 * Step over a name that may be compressed. Each pointer must lead backwards, not into the header,
 * to labels that end before the run of labels with the pointer began; hops and octets are bounded.
 * `name` may be NULL, else the expanded name is written (the root on failure). The reader must
 * cover the whole message from its first byte.
 */
MUST_CHECK bool dns_name_skip(struct bytes_reader *message, struct dns_name *name);

/* What the names of one message may still cost together, and what is known of them already. */
struct dns_name_budget {
    uint32_t steps;     /* labels and hops left */
    uint16_t known_at;  /* offset of the pointer target met last; 0: none */
    uint8_t known_size; /* octets of the name there, expanded */
    /* octets of the name right behind the header, if it stands there whole; 0: unknown */
    uint8_t question_size;
    /* a bit for each octet of the message, and 64 more: whether it will change, as TTLs do, so that
     * no pointer may lead to a name there; octet 64 n + k at bit k of word n. NULL: none will */
    const uint64_t *changing;
};

/**
 * dns_name_skip() for the many names of one message, in the order they stand there: their cost
 * together is bounded by `budget`, and a target met just before is not walked again.
 *
 * @param budget  changed; begun by the caller with `steps`, the rest zero or known
 */
MUST_CHECK bool dns_name_check(struct bytes_reader *message, struct dns_name_budget *budget);

/** Step over a name of a message that was judged sound: its pointers are not followed. */
void dns_name_pass(struct bytes_reader *r);

/** Fold A-Z to a-z in place (RFC 4343). */
void dns_name_lower(struct dns_name *name);

/* Which letters of a name were upper case before it was folded: those of octet 64 n + k at bit k of
 * word n. All zero: none. */
struct dns_spelling {
    uint64_t capitals[4];
};

/** dns_name_lower(), and what it changed. */
struct dns_spelling dns_name_fold(struct dns_name *name);

/** Write a folded name as it was spelled: a client compares (draft-vixie-dnsext-dns0x20). */
void dns_name_put(struct bytes_writer *w, const struct dns_name *name,
                  const struct dns_spelling *spelling);

/** Equal regardless of ASCII case. */
bool dns_name_is_equal(const struct dns_name *a, const struct dns_name *b);

/** Equal regardless of ASCII case, `wire` being `size` octets of an uncompressed name. */
bool dns_name_is_wire(const struct dns_name *a, const uint8_t *wire, size_t size);

/** Is `name` the same as `upper`, or below it? ASCII case does not count. */
bool dns_name_is_below(const struct dns_name *name, const struct dns_name *upper);

/** Read presentation form ("www.example.com", trailing dot optional, \DDD and \X escapes; no
 * raw space, control character or octet over 126). `name` is the root on failure. */
MUST_CHECK enum status dns_name_parse(const char *text, struct dns_name *name);
