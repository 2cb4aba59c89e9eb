/* test_deadlines.c - the earliest of many, whatever the order they were made in
 * SPDX-License-Identifier: ISC
 */
#include "lane/deadlines.h"

#include "prng.h"

#include <criterion/criterion.h>

#define COUNT 200

static struct deadlines d;
static uint64_t model[COUNT]; /* UINT64_MAX: none */

static void
setup(void)
{
    deadlines_init(&d, calloc(1, deadlines_bytes(COUNT)), COUNT);
    for (unsigned i = 0; i < COUNT; i++)
        model[i] = UINT64_MAX;
}

static void
teardown(void)
{
    free(d.at);
}

TestSuite(deadlines, .init = setup, .fini = teardown);

Test(deadlines, has_none_at_first)
{
    cr_assert_eq(d.first, DEADLINES_NONE);
    cr_assert_eq(d.first_at, UINT64_MAX);
    deadlines_clear(&d, 0);
    cr_assert_eq(d.count, 0);
}

Test(deadlines, a_later_one_may_be_due_earlier)
{
    deadlines_set(&d, 5, 30000);
    deadlines_set(&d, 6, 400);
    cr_assert_eq(d.first, 6);
    deadlines_clear(&d, 6);
    cr_assert_eq(d.first, 5);
    cr_assert_eq(d.first_at, 30000);
}

Test(deadlines, can_be_moved_both_ways)
{
    for (uint32_t i = 0; i < COUNT; i++)
        deadlines_set(&d, i, 1000 + i);
    deadlines_set(&d, COUNT - 1, 1);
    cr_assert_eq(d.first, COUNT - 1);
    deadlines_set(&d, COUNT - 1, 5000);
    deadlines_set(&d, 0, 5000);
    cr_assert_eq(d.first, 1);
    cr_assert_eq(d.count, COUNT);
}

Test(deadlines, agrees_with_a_plain_model)
{
    struct prng prng = prng_begin("deadlines");
    for (int step = 0; step < 20000; step++) {
        uint32_t number = prng_below(&prng, COUNT);
        if (prng_below(&prng, 3) == 0) {
            deadlines_clear(&d, number);
            model[number] = UINT64_MAX;
        } else {
            model[number] = prng_below(&prng, 500);
            deadlines_set(&d, number, model[number]);
        }
        uint64_t least = UINT64_MAX;
        unsigned count = 0;
        for (unsigned i = 0; i < COUNT; i++) {
            least = model[i] < least ? model[i] : least;
            count += model[i] != UINT64_MAX;
        }
        cr_assert_eq(d.count, count);
        cr_assert_eq(d.first_at, least);
        uint32_t first = d.first;
        cr_assert(count == 0 ? first == DEADLINES_NONE : model[first] == least);
    }
}
