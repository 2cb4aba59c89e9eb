/* test_query.c - slots of waiting queries
 * SPDX-License-Identifier: ISC
 */
#include "lane/query.h"

#include "prng.h"

#include <criterion/criterion.h>

#define COUNT 8

static struct query_table table;

static void
setup(void)
{
    query_table_init(&table, calloc(1, query_table_bytes(COUNT)), COUNT);
}

static void
teardown(void)
{
    free(table.slots);
}

TestSuite(query, .init = setup, .fini = teardown);

static struct query *
keep(void)
{
    struct query *draft = query_draft(&table);
    draft->dns.question.name.size = 5;
    memcpy(draft->dns.question.name.wire, "\3abc", 5);
    draft->client.addr.family = ADDR_IPV4;
    return query_keep(&table, draft) == STATUS_OK ? draft : NULL;
}

Test(query, keeps_as_many_as_it_was_made_for)
{
    for (int i = 0; i < COUNT; i++)
        cr_assert_not_null(keep());
    cr_assert_null(keep());
    cr_assert_eq(table.alive, COUNT);
}

Test(query, has_a_draft_even_when_full)
{
    struct query *kept[COUNT];
    for (int i = 0; i < COUNT; i++)
        kept[i] = keep();
    struct query *draft = query_draft(&table);
    cr_assert_eq(draft, query_draft(&table));
    for (int i = 0; i < COUNT; i++)
        cr_assert_neq(draft, kept[i]);
    cr_assert_lt(query_index(&table, draft), COUNT + 2);
}

Test(query, hands_out_the_slot_freed_last)
{
    struct query *a = keep(), *b = keep(), *c = keep();
    query_give(&table, a);
    query_give(&table, b);
    query_give(&table, c);
    cr_assert_eq(keep(), c);
    cr_assert_eq(keep(), b);
    cr_assert_eq(keep(), a);
    cr_assert_eq(table.touched, 3, "no fresh memory is touched while old is free");
}

Test(query, keeps_its_draft_while_others_are_given_back)
{
    struct query *kept[COUNT];
    for (int i = 0; i < COUNT; i++)
        kept[i] = keep();
    struct query *draft = query_draft(&table);
    query_give(&table, kept[0]);
    query_give(&table, kept[1]);
    cr_assert_eq(query_draft(&table), draft);
    cr_assert_eq(keep(), draft);
    cr_assert_eq(keep(), kept[1], "nothing was lost");
    cr_assert_eq(table.alive, COUNT);
    cr_assert_eq(query_draft(&table), kept[0]);
}

Test(query, gives_a_slot_back_once)
{
    struct query *a = keep();
    query_give(&table, a);
    query_give(&table, a);
    cr_assert_eq(table.alive, 0);
    cr_assert_neq(keep(), keep());
}

Test(query, wipes_what_the_client_sent)
{
    struct query *a = keep();
    a->dns.edns.cookie_size = 8;
    memset(a->dns.edns.cookie, 7, 8);
    query_give(&table, a);
    cr_assert_eq(a->dns.question.name.wire[1], 0);
    cr_assert_eq(a->dns.edns.cookie[7], 0);
    cr_assert_eq(a->client.addr.family, ADDR_NONE);
}

Test(query, finds_only_what_is_in_use)
{
    struct query *a = keep();
    uint32_t index = query_index(&table, a);
    cr_assert_eq(query_at(&table, index), a);
    cr_assert_null(query_at(&table, QUERY_NONE));
    cr_assert_null(query_at(&table, index + 1));
    cr_assert_null(query_at(&table, UINT32_MAX));
    query_give(&table, a);
    cr_assert_null(query_at(&table, index));
}

Test(query, never_hands_out_a_slot_twice)
{
    struct prng prng = prng_begin("query");
    struct query *held[COUNT] = {0};
    for (int step = 0; step < 20000; step++) {
        unsigned at = prng_below(&prng, COUNT);
        if (held[at] != NULL) {
            query_give(&table, held[at]);
            held[at] = NULL;
            continue;
        }
        held[at] = keep();
        cr_assert_not_null(held[at]);
        for (unsigned i = 0; i < COUNT; i++)
            cr_assert(i == at || held[i] != held[at]);
    }
}
