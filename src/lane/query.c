/* query.c - see query.h
 * SPDX-License-Identifier: ISC
 */
#include "lane/query.h"

/* One slot for number 0, and one so that a full table still has a draft: whom we refuse for want
 * of room we must have parsed. */
#define SLOTS_BESIDE 2

_Static_assert(sizeof(struct query) <= 512, "a waiting query is compact");

size_t
query_table_bytes(uint32_t count)
{
    return ((size_t)count + SLOTS_BESIDE) * sizeof(struct query);
}

void
query_table_init(struct query_table *table, void *memory, uint32_t count)
{
    *table = (struct query_table){.slots = memory, .count = count};
}

struct query *
query_draft(struct query_table *table)
{
    if (table->draft == QUERY_NONE)
        table->draft = list_pop(&table->free, LIST_TABLE(table->slots, links));
    if (table->draft == QUERY_NONE)
        table->draft = ++table->touched; /* at most count + 1: alive is at most count */
    return &table->slots[table->draft];
}

enum status
query_keep(struct query_table *table, struct query *draft)
{
    if (table->alive == table->count)
        return STATUS_FULL;
    table->draft = QUERY_NONE;
    table->alive++;
    draft->generation++;
    return STATUS_OK;
}

void
query_give(struct query_table *table, struct query *query)
{
    if (query->generation % 2 == 0)
        return;
    memset(query->dns.question.name.wire, 0, query->dns.question.name.size);
    memset(&query->dns.edns, 0, sizeof query->dns.edns);
    memset(&query->client, 0, sizeof query->client);
    query->dns.question.name.size = 0;
    query->generation++;
    list_push_first(&table->free, LIST_TABLE(table->slots, links), query_index(table, query));
    table->alive--;
}

uint32_t
query_index(const struct query_table *table, const struct query *query)
{
    return (uint32_t)(query - table->slots);
}

struct query *
query_at(const struct query_table *table, uint32_t index)
{
    if (index == QUERY_NONE || index > table->touched || table->slots[index].generation % 2 == 0)
        return NULL;
    return &table->slots[index];
}
