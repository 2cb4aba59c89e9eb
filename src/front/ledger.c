/* ledger.c - see ledger.h
 * SPDX-License-Identifier: ISC
 */
#include "front/ledger.h"

static bool
is_limit(enum why why)
{
    return why == WHY_RATE_DROPPED || why == WHY_RATE_SLIPPED || why == WHY_RATE_REFUSED ||
           why == WHY_PREFIX_FULL || why == WHY_QUEUE_FULL;
}

static __attribute__((noinline)) void
note_refusal(struct ledger *ledger, const struct addr_lengths *set, const struct query *query,
             enum why why, const struct clock_time *now)
{
    const struct addr *client = &query->client.addr;
    struct addr_keys keys = query->keys;
    unsigned longest = set->counts[addr_family_index(client)] - 1U;
    refusals_note(&ledger->refusals, addr_keys_at(&keys, set, client, longest), why, now->now_s);
    if (tops_note(&ledger->tops, NETWORKS_REFUSALS))
        tops_count(&ledger->tops, NETWORKS_REFUSALS, set, client, &keys, now->now_s);
}

/* Apart, so that the many that are not counted pay for no frame. */
static __attribute__((noinline)) void
count(struct ledger *ledger, const struct addr_lengths *set, const struct query *query,
      const struct clock_time *now)
{
    struct addr_keys keys = query->keys;
    tops_count(&ledger->tops, NETWORKS_QUERIES, set, &query->client.addr, &keys, now->now_s);
}

void
ledger_note(struct ledger *ledger, const struct addr_lengths *set, const struct query *query,
            const struct verdict *verdict, const struct clock_time *now)
{
    enum why why = (enum why)verdict->why;
    if (why == WHY_ACL || why == WHY_MARTIAN ||
        why == WHY_PROXY) /* it says nothing of that network */
        return;
    if (tops_note(&ledger->tops, NETWORKS_QUERIES))
        count(ledger, set, query, now);
    if (verdict->end != VERDICT_ANSWER && is_limit(why))
        note_refusal(ledger, set, query, why, now);
}
