/* test_random.c - tests of random
 * SPDX-License-Identifier: ISC
 */
#include "os/random.h"

#include <criterion/criterion.h>
#include <string.h>

Test(random, small_ranges_are_reached_evenly)
{
    enum { RANGE = 7, DRAWS = 70000 };
    unsigned seen[RANGE] = {0};
    for (unsigned i = 0; i < DRAWS; i++)
        seen[random_below(RANGE)]++;
    for (unsigned i = 0; i < RANGE; i++) /* 10000 expected; ten standard deviations are 926 */
        cr_assert(seen[i] > 9074 && seen[i] < 10926, "%u: %u times", i, seen[i]);
}

Test(random, one_choice_is_no_choice)
{
    for (unsigned i = 0; i < 100; i++)
        cr_assert_eq(random_below(1), 0);
}

Test(random, large_ranges_stay_inside)
{
    uint32_t below = 0x80000001U, largest = 0;
    for (unsigned i = 0; i < 10000; i++) {
        uint32_t value = random_below(below);
        cr_assert_lt(value, below);
        largest = value > largest ? value : largest;
    }
    cr_assert_gt(largest, below / 2);
}

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
