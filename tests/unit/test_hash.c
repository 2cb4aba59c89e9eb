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

Test(hash, siphash13_agrees_at_word_edges)
{
    cr_assert_eq(hash_counting(hash_siphash13, 0), 0xabac0158050fc4dcU);
    cr_assert_eq(hash_counting(hash_siphash13, 1), 0xc9f49bf37d57ca93U);
    cr_assert_eq(hash_counting(hash_siphash13, 7), 0xd3927d989bb11140U);
    cr_assert_eq(hash_counting(hash_siphash13, 8), 0x369095118d299a8eU);
    cr_assert_eq(hash_counting(hash_siphash13, 15), 0xd320d86d2a519956U);
    cr_assert_eq(hash_counting(hash_siphash13, 32), 0x81157b6c16a7b60dU);
}

Test(hash, another_key_gives_another_hash)
{
    struct hash_key one = {1, 2}, other = {1, 3};
    cr_assert_neq(hash_siphash13(&one, "penstock", 8), hash_siphash13(&other, "penstock", 8));
    cr_assert_neq(hash_siphash24(&one, "penstock", 8), hash_siphash24(&other, "penstock", 8));
}

Test(hash, words_give_the_hash_of_their_octets)
{
    struct hash_key some = {1, 2};
    uint64_t words[3] = {0x0706050403020100, 0x0f0e0d0c0b0a0908, 0x1716151413121110};
    uint8_t octets[24];
    for (uint8_t i = 0; i < sizeof octets; i++)
        octets[i] = i;
    for (size_t count = 0; count <= 3; count++)
        cr_expect_eq(hash_siphash13_words(&some, words, count),
                     hash_siphash13(&some, octets, 8 * count));
}
