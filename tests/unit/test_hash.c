/* test_hash.c - SipHash against published and independently computed values
 * SPDX-License-Identifier: ISC
 */
#include "base/hash.h"

#include <criterion/criterion.h>

/* key and input are the octets 0, 1, 2, …, as in the appendix of the SipHash paper */
static uint64_t
hash_counting(uint64_t (*hash)(const struct hash_key *, const void *, size_t), size_t size)
{
    uint8_t counting[64];
    for (uint8_t i = 0; i < sizeof counting; i++)
        counting[i] = i;
    struct hash_key key = hash_key_from(counting);
    return hash(&key, counting, size);
}

Test(hash, siphash24_gives_the_value_of_the_paper)
{
    cr_assert_eq(hash_counting(hash_siphash24, 15), 0xa129ca6149be45e5U);
}

Test(hash, siphash24_agrees_at_word_edges)
{
    cr_assert_eq(hash_counting(hash_siphash24, 0), 0x726fdb47dd0e0e31U);
    cr_assert_eq(hash_counting(hash_siphash24, 1), 0x74f839c593dc67fdU);
    cr_assert_eq(hash_counting(hash_siphash24, 7), 0xab0200f58b01d137U);
    cr_assert_eq(hash_counting(hash_siphash24, 8), 0x93f5f5799a932462U);
    cr_assert_eq(hash_counting(hash_siphash24, 32), 0x7127512f72f27cceU);
}

static uint64_t
hash_counting_words(size_t count)
{
    static const uint64_t words[] = {0x0706050403020100, 0x0f0e0d0c0b0a0908, 0x1716151413121110,
                                     0x1f1e1d1c1b1a1918};
    struct hash_key key = {words[0], words[1]};
    return hash_siphash13_words(&key, words, count);
}

Test(hash, siphash13_of_words_is_that_of_their_octets)
{
    cr_assert_eq(hash_counting_words(0), 0xabac0158050fc4dcU);
    cr_assert_eq(hash_counting_words(1), 0x369095118d299a8eU);
    cr_assert_eq(hash_counting_words(4), 0x81157b6c16a7b60dU);
}

Test(hash, another_key_gives_another_hash)
{
    struct hash_key one = {1, 2}, other = {1, 3};
    uint64_t word = 0x6b636f74736e6570;
    cr_assert_neq(hash_siphash13_words(&one, &word, 1), hash_siphash13_words(&other, &word, 1));
    cr_assert_neq(hash_siphash24(&one, "penstock", 8), hash_siphash24(&other, "penstock", 8));
}
