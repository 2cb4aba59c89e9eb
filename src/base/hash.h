/* hash.h - keyed hashing of what strangers choose
 * SPDX-License-Identifier: ISC
 *
 * What: SipHash-2-4 (cookies, RFC 9018) and SipHash-1-3 (hash tables). Both keyed, so that no
 *       outsider can choose colliding keys.
 * Who:  tables, limiter, cookies. Pure.
 * Ref:  Aumasson, Bernstein: SipHash; RFC 9018 section 4.4.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct hash_key {
    uint64_t k0, k1; /* random, from the caller, made after the fork */
};

struct hash_key hash_key_from(const uint8_t bytes[16]);
uint64_t hash_siphash24(const struct hash_key *key, const void *data, size_t size);

/**
 * Hash tails of one text in a single pass over it, from its end: each as long as it says, keyed,
 * and the same wherever the tail stands. (SipHash-1-3 of its words of eight octets, the last word
 * first; the values are not those of hash_siphash13_words().)
 *
 * @param begins  where the tails begin, `count` offsets in ascending order, each up to `size`
 * @param hashes  written: one for each tail, in the order of `begins`
 */
void hash_siphash13_tails(const struct hash_key *key, const uint8_t *data, size_t size,
                          const uint8_t begins[], size_t count, uint64_t hashes[]);

/** SipHash-1-3 of the words as they are written down little-endian: no octet is handled alone. */
uint64_t hash_siphash13_words(const struct hash_key *key, const uint64_t words[], size_t count);
