/* test_stats_chain.c - a chain in a statistics page: whole or not at all, and within bounds
 * SPDX-License-Identifier: ISC
 */
#include "lane/stats_chain.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct stats_chain page;
static struct stats_chain_copy seen;

static struct stats_chain_copy
chain(unsigned count, uint8_t mark)
{
    struct stats_chain_copy made = {.seen_us = mark, .count = count};
    for (unsigned i = 0; i < count && i < STATS_CHAIN_MOST; i++) {
        memset(made.of[i].sum, mark + (int)i, STATS_CHAIN_HASH);
        memset(made.of[i].key, mark + 100 + (int)i, STATS_CHAIN_HASH);
        made.of[i].ends_s = UINT64_C(4102444800) + i;
    }
    return made;
}

Test(stats_chain, what_is_written_is_read)
{
    struct stats_chain_copy written = chain(STATS_CHAIN_MOST, 3);
    cr_assert(stats_chain_read(&page, &seen));
    cr_assert_eq(seen.count, 0);
    stats_chain_write(&page, &written);
    cr_assert(stats_chain_read(&page, &seen));
    cr_assert(seen.count == written.count && seen.seen_us == 3);
    for (unsigned i = 0; i < STATS_CHAIN_MOST; i++) {
        cr_expect_arr_eq(seen.of[i].sum, written.of[i].sum, STATS_CHAIN_HASH);
        cr_expect_arr_eq(seen.of[i].key, written.of[i].key, STATS_CHAIN_HASH);
        cr_expect_eq(seen.of[i].ends_s, written.of[i].ends_s);
    }
    written = chain(1, 9);
    stats_chain_write(&page, &written);
    cr_assert(stats_chain_read(&page, &seen));
    cr_expect(seen.count == 1 && seen.of[0].sum[0] == 9 && seen.of[1].sum[0] == 0);
}

Test(stats_chain, one_whose_writer_ended_in_the_middle_is_none_until_the_next)
{
    struct stats_chain_copy written = chain(2, 5);
    stats_chain_write(&page, &written);
    page.turn++;
    cr_assert_not(stats_chain_read(&page, &seen));
    cr_assert(seen.count == 0 && seen.seen_us == 0);
    stats_chain_write(&page, &written);
    cr_assert(stats_chain_read(&page, &seen));
    cr_assert_eq(seen.count, 2);
}

Test(stats_chain, more_than_there_is_room_for_is_not_written)
{
    struct stats_chain_copy written = chain(STATS_CHAIN_MOST + 1, 5);
    stats_chain_write(&page, &written);
    cr_assert(stats_chain_read(&page, &seen));
    cr_assert_eq(seen.count, STATS_CHAIN_MOST);
}

/* A page that another process writes holds anything. */
Test(stats_chain, numbers_of_a_hostile_page_are_bounded)
{
    for (unsigned fill = 0; fill < 256; fill++) {
        memset((void *)&page, (int)fill, sizeof page);
        page.turn = 2;
        cr_assert(stats_chain_read(&page, &seen));
        cr_assert_leq(seen.count, STATS_CHAIN_MOST);
        for (unsigned i = 0; i < STATS_CHAIN_MOST; i++)
            cr_assert_leq(seen.of[i].ends_s, UINT64_C(253402300799));
    }
}
