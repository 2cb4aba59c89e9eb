/* test_relay_table.c - entries of a fixed table: each in the list of its state, and nowhere else
 * SPDX-License-Identifier: ISC
 */
#include "worker/relay_table.h"

#include "prng.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define COUNT 40

static struct relay_table table;

static void
begin(void)
{
    relay_table_init(&table, calloc(COUNT + 1, sizeof(struct relay_query)),
                     calloc(1, deadlines_bytes(COUNT + 1)), COUNT);
}

static unsigned
length(const struct list *list)
{
    struct list_table links = LIST_TABLE(table.queries, links);
    unsigned count = 0;
    for (uint32_t at = list_first(list); at != LIST_NONE; at = list_next(list, links, at))
        count++;
    return count;
}

Test(relay_table, holds_so_many_and_no_more)
{
    begin();
    for (unsigned i = 0; i < COUNT; i++) {
        cr_assert_not(relay_table_is_full(&table));
        struct relay_query *q = relay_table_take(&table);
        cr_assert_eq(relay_table_number(&table, q), i + 1);
        relay_table_move(&table, q, RELAY_ASKED);
    }
    cr_assert(relay_table_is_full(&table));
    relay_table_give(&table, &table.queries[7]);
    cr_assert_not(relay_table_is_full(&table));
    cr_assert_null(relay_table_alive(&table, 7));
    cr_assert_not_null(relay_table_alive(&table, 8));
    cr_assert_eq(relay_table_take(&table), &table.queries[7]);
}

Test(relay_table, an_entry_that_is_given_back_is_wiped)
{
    begin();
    struct relay_query *q = relay_table_take(&table);
    memset(&q->handoff.question, 'x', sizeof q->handoff.question);
    q->asks = 2;
    q->ways_count = 1;
    relay_table_move(&table, q, RELAY_ASKED);
    relay_table_give(&table, q);
    for (unsigned i = 0; i < sizeof q->handoff.question; i++)
        cr_assert_eq(((const uint8_t *)&q->handoff.question)[i], 0);
    cr_assert_eq(relay_table_take(&table), q);
    cr_assert(q->asks == 0 && q->ways_count == 0 && q->upstream == CONFIG_UPSTREAMS_MAX);
}

Test(relay_table, the_first_that_waits_goes_first_within_its_rank)
{
    begin();
    struct relay_query *q[4];
    for (unsigned i = 0; i < 4; i++) {
        q[i] = relay_table_take(&table);
        q[i]->handoff.rank = (uint8_t)(i % 2);
        relay_table_move(&table, q[i], RELAY_WAITING);
    }
    cr_assert_eq(relay_table_first(&table, &table.waiting[0]), q[0]);
    cr_assert_eq(relay_table_first(&table, &table.waiting[1]), q[1]);
    relay_table_move(&table, q[0], RELAY_WAITING);
    cr_assert_eq(relay_table_first(&table, &table.waiting[0]), q[2], "moved behind it");
    cr_assert_eq(table.waiting_count, 4);
    cr_assert_null(relay_table_first(&table, &table.failed));
}

Test(relay_table, is_due_until_it_ends)
{
    begin();
    struct relay_query *early = relay_table_take(&table), *late = relay_table_take(&table);
    deadlines_set(&table.deadlines, relay_table_number(&table, late), 200);
    deadlines_set(&table.deadlines, relay_table_number(&table, early), 100);
    cr_assert_null(relay_table_due(&table, 99));
    cr_assert_eq(relay_table_due(&table, 100), early);
    relay_table_move(&table, early, RELAY_FAILED);
    cr_assert_null(relay_table_due(&table, 199), "it waits for room alone now");
    cr_assert_eq(relay_table_due(&table, 200), late);
}

Test(relay_table, is_in_the_list_of_its_state_and_in_no_other_whatever_comes)
{
    struct prng prng = prng_begin("relay_table");
    begin();
    for (unsigned round = 0; round < 20000; round++) {
        uint32_t number = 1 + prng_below(&prng, COUNT);
        struct relay_query *q = &table.queries[number];
        unsigned what = prng_below(&prng, 6);
        if (what == 0 && !relay_table_is_full(&table)) {
            q = relay_table_take(&table);
            q->handoff.rank = (uint8_t)prng_below(&prng, HANDOFF_RANKS);
            relay_table_move(&table, q, RELAY_WAITING);
        } else if (number <= table.used && relay_table_alive(&table, number) != NULL) {
            if (what == 1)
                relay_table_give(&table, q);
            else
                relay_table_move(&table, q, RELAY_WAITING + prng_below(&prng, 4));
        }
        unsigned states[RELAY_FAILED + 1] = {0}, waiting = 0;
        for (uint32_t at = 1; at <= table.used; at++)
            states[table.queries[at].state]++;
        for (unsigned rank = 0; rank < HANDOFF_RANKS; rank++)
            waiting += length(&table.waiting[rank]);
        cr_assert_eq(waiting, states[RELAY_WAITING]);
        cr_assert_eq(table.waiting_count, states[RELAY_WAITING]);
        cr_assert_eq(length(&table.picky), states[RELAY_PICKY]);
        cr_assert_eq(length(&table.failed), states[RELAY_FAILED]);
        cr_assert_eq(length(&table.free), states[RELAY_FREE]);
        cr_assert_eq(table.alive, table.used - states[RELAY_FREE]);
    }
}
