/* relay_table.c - see relay_table.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/relay_table.h"

#include <string.h>

static struct list_table
links_of(const struct relay_table *table)
{
    return LIST_TABLE(table->queries, links);
}

/* The list that a state's queries are in; NULL: none. */
static struct list *
list_of(struct relay_table *table, const struct relay_query *q, enum relay_state state)
{
    switch (state) {
    case RELAY_WAITING:
        return &table->waiting[q->handoff.rank];
    case RELAY_PICKY:
        return &table->picky;
    case RELAY_FAILED:
        return &table->failed;
    case RELAY_FREE:
    case RELAY_ASKED:
        break;
    }
    return NULL;
}

void
relay_table_init(struct relay_table *table, struct relay_query *queries, void *deadlines,
                 uint32_t count)
{
    *table = (struct relay_table){.queries = queries, .count = count};
    deadlines_init(&table->deadlines, deadlines, count + 1);
}

uint32_t
relay_table_number(const struct relay_table *table, const struct relay_query *q)
{
    return (uint32_t)(q - table->queries);
}

struct relay_query *
relay_table_alive(const struct relay_table *table, uint32_t number)
{
    struct relay_query *q = &table->queries[number];
    return q->state != RELAY_FREE ? q : NULL;
}

bool
relay_table_is_full(const struct relay_table *table)
{
    return table->alive == table->count;
}

struct relay_query *
relay_table_take(struct relay_table *table)
{
    uint32_t number = list_pop(&table->free, links_of(table));
    struct relay_query *q = &table->queries[number != LIST_NONE ? number : ++table->used];
    table->alive++;
    memset(q->ways, 0, sizeof q->ways);
    q->asks = q->moves = q->unheard = q->ways_count = q->rcode = 0;
    q->asked = q->again = 0;
    q->upstream = CONFIG_UPSTREAMS_MAX;
    return q;
}

void
relay_table_move(struct relay_table *table, struct relay_query *q, enum relay_state state)
{
    uint32_t number = relay_table_number(table, q);
    struct list *from = list_of(table, q, q->state), *to = list_of(table, q, state);
    table->waiting_count += state == RELAY_WAITING ? 1 : 0;
    table->waiting_count -= q->state == RELAY_WAITING ? 1 : 0;
    if (from != NULL)
        list_remove(from, links_of(table), number);
    if (to != NULL)
        list_push(to, links_of(table), number);
    if (state == RELAY_FREE || state == RELAY_FAILED) /* it ends, and waits for nothing but room */
        deadlines_clear(&table->deadlines, number);
    q->state = (uint8_t)state;
}

void
relay_table_give(struct relay_table *table, struct relay_query *q)
{
    relay_table_move(table, q, RELAY_FREE);
    explicit_bzero(&q->handoff, sizeof q->handoff);
    list_push_first(&table->free, links_of(table), relay_table_number(table, q));
    table->alive--;
}

struct relay_query *
relay_table_due(const struct relay_table *table, uint64_t now_us)
{
    return deadlines_first_at(&table->deadlines) <= now_us
               ? &table->queries[deadlines_first(&table->deadlines)]
               : NULL;
}
