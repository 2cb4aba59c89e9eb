/* chains.h - the certificates that each upstream showed last
 * SPDX-License-Identifier: ISC
 *
 * What: each lane's worker sees its own; of what they say the newest counts.
 * Who:  penstockctl attest. Pure.
 * Ref:  lane/stats_chain.h.
 */
#pragma once

#include "lane/service_page.h"

/** @param chains  written: STATS_UPSTREAMS; one that nobody saw has no certificate
 *  @param pages   borrowed for the call */
void chains_read(struct stats_chain_copy chains[STATS_UPSTREAMS],
                 const struct service_page_set *pages);
