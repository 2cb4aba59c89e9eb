/* hash.c - SipHash with a chosen number of rounds
 * SPDX-License-Identifier: ISC
 */
#include "base/hash.h"

#include "base/bytes.h"

struct state {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t
rotl(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static inline void
sip_round(struct state *s)
{
    s->v0 += s->v1;
    s->v1 = rotl(s->v1, 13) ^ s->v0;
    s->v0 = rotl(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotl(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotl(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotl(s->v1, 17) ^ s->v2;
    s->v2 = rotl(s->v2, 32);
}

static inline struct state
sip_start(const struct hash_key *key)
{
    return (struct state){key->k0 ^ 0x736f6d6570736575U, key->k1 ^ 0x646f72616e646f6dU,
                          key->k0 ^ 0x6c7967656e657261U, key->k1 ^ 0x7465646279746573U};
}

static inline void
sip_word(struct state *s, uint64_t word, unsigned c_rounds)
{
    s->v3 ^= word;
    for (unsigned r = 0; r < c_rounds; r++)
        sip_round(s);
    s->v0 ^= word;
}

static inline uint64_t
sip_end(struct state *s, unsigned d_rounds)
{
    s->v2 ^= 0xff;
    for (unsigned r = 0; r < d_rounds; r++)
        sip_round(s);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

struct hash_key
hash_key_from(const uint8_t bytes[16])
{
    return (struct hash_key){bytes_le64(bytes), bytes_le64(bytes + 8)};
}

uint64_t
hash_siphash24(const struct hash_key *key, const void *data, size_t size)
{
    const uint8_t *p = data;
    struct state s = sip_start(key);
    size_t whole = size / 8 * 8;
    for (size_t i = 0; i < whole; i += 8)
        sip_word(&s, bytes_le64(p + i), 2);
    uint64_t last = (uint64_t)size << 56;
    for (size_t i = whole; i < size; i++)
        last |= (uint64_t)p[i] << 8 * (i - whole);
    sip_word(&s, last, 2);
    return sip_end(&s, 4);
}

void
hash_siphash13_tails(const struct hash_key *key, const uint8_t *data, size_t size,
                     const uint8_t begins[], size_t count, uint64_t hashes[])
{
    struct state s = sip_start(key);
    size_t at = size; /* what stands from here on is in the state, in whole words */
    while (count-- > 0) {
        size_t begin = begins[count];
        for (; at - begin >= 8; at -= 8)
            sip_word(&s, bytes_le64(data + at - 8), 1);
        uint64_t last = (uint64_t)(size - begin) << 56;
        for (size_t i = begin; i < at; i++)
            last |= (uint64_t)data[i] << 8 * (i - begin);
        struct state tail = s;
        sip_word(&tail, last, 1);
        hashes[count] = sip_end(&tail, 3);
    }
}

uint64_t
hash_siphash13_words(const struct hash_key *key, const uint64_t words[], size_t count)
{
    struct state s = sip_start(key);
    for (size_t i = 0; i < count; i++)
        sip_word(&s, words[i], 1);
    sip_word(&s, (uint64_t)count * 8 << 56, 1);
    return sip_end(&s, 3);
}
