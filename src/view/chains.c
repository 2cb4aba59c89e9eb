/* chains.c - see chains.h
 * SPDX-License-Identifier: ISC
 */
#include "view/chains.h"

#include <string.h>

#define WORKER 1 /* place in a lane; what one that was replaced has seen is past */

static void
add(struct stats_chain_copy chains[STATS_UPSTREAMS], const struct stats_page *page)
{
    struct stats_chain_copy chain;
    for (unsigned i = 0; i < STATS_UPSTREAMS; i++)
        if (stats_chain_read(&page->chains[i], &chain) && chain.seen_us > chains[i].seen_us)
            chains[i] = chain;
}

void
chains_read(struct stats_chain_copy chains[STATS_UPSTREAMS], const struct service_page_set *pages)
{
    memset(chains, 0, STATS_UPSTREAMS * sizeof chains[0]);
    for (unsigned lane = 0; lane < SERVICE_PAGE_LANES; lane++)
        if (pages->stats[lane][WORKER] != NULL)
            add(chains, pages->stats[lane][WORKER]);
}
