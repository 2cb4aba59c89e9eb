/* prefix.c - see prefix.h
 * SPDX-License-Identifier: ISC
 */
#include "base/prefix.h"

static inline uint64_t
load_be64(const uint8_t p[8])
{
    return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 |
           (uint64_t)p[3] << 32 | (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 |
           (uint64_t)p[6] << 8 | p[7];
}

/* The first `bits` bits, 0..64; the rest zero. */
static inline uint64_t
first_bits(uint64_t word, unsigned bits)
{
    return bits == 0 ? 0 : word & UINT64_MAX << (64 - bits);
}

uint64_t
prefix_tag(const struct hash_key *key, const struct addr *client, unsigned length, unsigned class)
{
    /* an IPv4 prefix leaves half a word free, so that length and family fit in */
    uint64_t words[3] = {first_bits(load_be64(client->bytes), length < 64 ? length : 64)};
    uint64_t kind = (uint64_t)length << 8 | client->family;
    size_t count = 1;
    if (client->family == ADDR_IPV4) {
        words[0] |= kind;
    } else {
        words[count++] = kind;
        if (length > 64)
            words[count++] = first_bits(load_be64(client->bytes + 8), length - 64);
    }
    uint64_t hash = hash_siphash13_words(key, words, count);
    uint64_t tag = (hash & ~(uint64_t)(PREFIX_TAG_CLASSES - 1)) | class;
    return tag != 0 ? tag : PREFIX_TAG_CLASSES;
}

void
prefix_set_mark(struct prefix_set *set)
{
    uint64_t words[2] = {0};
    for (unsigned family = 0; family < 2; family++)
        for (unsigned i = 0; i < set->counts[family]; i++)
            words[family] = words[family] << 8 | (set->lengths[family][i] + 1U);
    set->mark = (uint32_t)hash_siphash13_words(&set->key, words, 2) | 1;
}

unsigned
prefix_family(const struct addr *client)
{
    return client->family == ADDR_IPV4 ? 0 : 1;
}

uint64_t
prefix_keys_at(struct prefix_keys *keys, const struct prefix_set *set, const struct addr *client,
               unsigned i)
{
    if (keys->mark != set->mark)
        *keys = (struct prefix_keys){.mark = set->mark};
    if (keys->tags[i] == 0) {
        unsigned family = prefix_family(client);
        keys->tags[i] = prefix_tag(&set->key, client, set->lengths[family][i], family);
    }
    return keys->tags[i];
}
