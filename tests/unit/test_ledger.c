/* test_ledger.c - tests of ledger
 * SPDX-License-Identifier: ISC
 */
#include "front/ledger.h"

#include <criterion/criterion.h>

static struct ledger ledger;
static struct addr_lengths set = {.key = {5, 6}, .counts = {2, 1}, .lengths = {{24, 32}, {56}}};
static struct query query;
static const struct clock_time now = {.now_s = 50};

static void
end(struct verdict verdict)
{
    ledger_note(&ledger, &set, &query, &verdict, &now);
}

static const struct refusal *
refusal(void)
{
    struct addr_keys keys = {0};
    return refusals_find(&ledger.refusals, addr_keys_at(&keys, &set, &query.client.addr, 1));
}

static uint32_t
counted(enum networks_kind kind)
{
    return ledger.tops.now.tables[kind][0].total;
}

static void
begin(void)
{
    addr_lengths_mark(&set);
    tops_init(&ledger.tops, (struct hash_key){1, 2}, 50);
    cr_assert_eq(addr_parse("192.0.2.1", 0, &query.client.addr), STATUS_OK);
}

Test(ledger, refusals_by_a_limit_are_kept_and_no_others)
{
    begin();
    end(verdict_drop(WHY_MARTIAN));
    end(verdict_refuse(WHY_BLOCKED, 3, 0));
    end(verdict_refuse(WHY_TIMEOUT, 2, 0));
    end(verdict_own(WHY_LOCAL, VERDICT_SPECIAL));
    cr_assert_null(refusal());
    end(verdict_drop(WHY_RATE_DROPPED));
    cr_assert_eq(refusal()->why, WHY_RATE_DROPPED);
    end(verdict_refuse(WHY_PREFIX_FULL, 2, 0));
    cr_assert_eq(refusal()->why, WHY_PREFIX_FULL);
    cr_assert_eq(refusal()->at_s, 50);
    cr_assert_eq(addr_parse("192.0.2.2", 0, &query.client.addr), STATUS_OK);
    cr_assert_null(refusal());
}

Test(ledger, one_query_in_many_is_counted_and_none_of_who_may_not_ask)
{
    begin();
    for (unsigned i = 0; i < 16000; i++)
        end(verdict_drop(WHY_ACL));
    cr_assert_eq(counted(NETWORKS_QUERIES), 0);
    for (unsigned i = 0; i < 16000; i++)
        end(verdict_own(WHY_LOCAL, VERDICT_SPECIAL));
    cr_assert(counted(NETWORKS_QUERIES) > 180 && counted(NETWORKS_QUERIES) < 320);
    cr_assert_eq(counted(NETWORKS_REFUSALS), 0);
    for (unsigned i = 0; i < 16000; i++)
        end(verdict_drop(WHY_RATE_DROPPED));
    cr_assert(counted(NETWORKS_REFUSALS) > 180 && counted(NETWORKS_REFUSALS) < 320);
    cr_assert_gt(counted(NETWORKS_QUERIES), 400);
}
