/* test_stats.c - tests of stats
 * SPDX-License-Identifier: ISC
 */
#include "lane/stats.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const texts[] = {
#define COUNTER(name, text) text,
#define GAUGE(name, text)   text,
#include "lane/stats.def"
#undef COUNTER
#undef GAUGE
};

Test(stats, every_counter_has_a_text_of_its_own)
{
    for (unsigned i = 0; i < STATS_COUNT; i++)
        for (unsigned k = 0; k < i; k++)
            cr_assert_str_neq(texts[i], texts[k]);
}

Test(stats, counts_and_levels_are_kept_apart)
{
    static struct stats_page page;
    stats_add(&page, STAT_UDP_QUERIES, 3);
    stats_add(&page, STAT_UDP_QUERIES, 2);
    stats_set(&page, STAT_TCP_CLIENTS, 9);
    stats_set(&page, STAT_TCP_CLIENTS, 4);
    stats_why(&page, WHY_TIMEOUT);
    cr_assert_eq(page.counts[STAT_UDP_QUERIES], 5);
    cr_assert_eq(page.counts[STAT_TCP_CLIENTS], 4);
    cr_assert_eq(page.why[WHY_TIMEOUT], 1);
    cr_assert_eq(page.counts[STAT_UDP_ANSWERS], 0);
}
