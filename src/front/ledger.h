/* ledger.h - what ended queries leave behind for operators who ask about clients
 * SPDX-License-Identifier: ISC
 *
 * What: the last refusal of a network by a limit, and which networks ask most. Nothing of it leaves
 *       this process unless an operator asks.
 * Who:  front: admit.c writes it once for each query that ends.
 * Ref:  front/refusals.h, front/tops.h.
 */
#pragma once

#include "front/refusals.h"
#include "front/tops.h"
#include "front/verdict.h"
#include "lane/query.h"

struct ledger {
    struct refusals refusals;
    struct tops tops;
};

/** @param set  the configured lengths; the query's keys may belong to another set */
void ledger_note(struct ledger *ledger, const struct addr_lengths *set, const struct query *query,
                 const struct verdict *verdict, const struct clock_time *now);
