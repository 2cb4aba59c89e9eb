/* test_random.c - tests of random
 * SPDX-License-Identifier: ISC
 */
#include "os/random.h"

#include <criterion/criterion.h>
#include <string.h>

Test(random, neither_blocks_nor_large_fills_repeat)
{
    static uint8_t a[1000], b[1000];
    uint8_t pieces[300][8];
    random_fill(a, sizeof a);
    random_fill(b, sizeof b);
    cr_assert_neq(memcmp(a, b, sizeof a), 0);
    for (unsigned i = 0; i < 300; i++) {
        random_fill(pieces[i], 8);
        for (unsigned k = 0; k < i; k++)
            cr_assert_neq(memcmp(pieces[i], pieces[k], 8), 0);
    }
}

Test(random, keys_differ)
{
    struct hash_key one = random_key(), other = random_key();
    cr_assert(one.k0 != other.k0 && one.k1 != other.k1 && one.k0 != one.k1);
}
