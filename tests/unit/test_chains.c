/* test_chains.c - tests of chains
 * SPDX-License-Identifier: ISC
 */
#include "view/chains.h"

#include <criterion/criterion.h>

static struct stats_page pages[3];
static struct service_page_set set;
static struct stats_chain_copy chains[STATS_UPSTREAMS];

static void
show(struct stats_page *page, unsigned upstream, uint64_t seen_us, uint8_t mark)
{
    struct stats_chain_copy chain = {.seen_us = seen_us, .count = 1, .of[0].sum[0] = mark};
    stats_chain_write(&page->chains[upstream], &chain);
}

Test(chains, of_what_workers_saw_the_newest_counts)
{
    set.stats[0][1] = &pages[0];
    set.stats[SERVICE_PAGE_LANES - 1][1] = &pages[1];
    set.stats[0][2] = &pages[2]; /* of one that was replaced */
    show(&pages[0], 0, 10, 1);
    show(&pages[1], 0, 20, 2);
    show(&pages[2], 0, 30, 3);
    show(&pages[0], STATS_UPSTREAMS - 1, 20, 4);
    show(&pages[1], STATS_UPSTREAMS - 1, 10, 5);
    chains_read(chains, &set);
    cr_expect_eq(chains[0].of[0].sum[0], 2);
    cr_expect_eq(chains[STATS_UPSTREAMS - 1].of[0].sum[0], 4);
    cr_expect_eq(chains[1].count, 0, "nobody saw it");
    chains_read(chains, &(struct service_page_set){0});
    cr_expect_eq(chains[0].count, 0);
}
