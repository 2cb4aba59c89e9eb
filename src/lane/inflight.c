/* inflight.c - see inflight.h
 * SPDX-License-Identifier: ISC
 */
#include "lane/inflight.h"

#define NONE QUERY_NONE

/* One slot for number 0, and one so that a full table of queries still has a draft: what we refuse
 * for want of room we must have parsed. */
#define SLOTS_BESIDE 2

/* --- queries --- */

_Static_assert(sizeof(struct query) <= 536, "a waiting query is compact");

size_t
inflight_queries_bytes(uint32_t count)
{
    return ((size_t)count + SLOTS_BESIDE) * sizeof(struct query);
}

void
inflight_queries_init(struct query_table *table, void *memory, uint32_t count)
{
    *table = (struct query_table){.slots = memory, .count = count};
}

struct query *
inflight_draft(struct query_table *table)
{
    if (table->draft == QUERY_NONE)
        table->draft = list_pop(&table->free, LIST_TABLE(table->slots, links));
    if (table->draft == QUERY_NONE)
        table->draft = ++table->touched; /* at most count + 1: alive is at most count */
    return &table->slots[table->draft];
}

enum status
inflight_keep(struct query_table *table, struct query *draft)
{
    if (table->alive == table->count)
        return STATUS_FULL;
    table->draft = QUERY_NONE;
    table->alive++;
    draft->generation++;
    return STATUS_OK;
}

void
inflight_give(struct query_table *table, struct query *query)
{
    if (query->generation % 2 == 0)
        return;
    memset(query->dns.question.name.wire, 0, query->dns.question.name.size);
    memset(&query->dns.edns, 0, sizeof query->dns.edns);
    memset(&query->client, 0, sizeof query->client);
    query->dns.question.name.size = 0;
    query->generation++;
    list_push_first(&table->free, LIST_TABLE(table->slots, links),
                    inflight_query_index(table, query));
    table->alive--;
}

uint32_t
inflight_query_index(const struct query_table *table, const struct query *query)
{
    return (uint32_t)(query - table->slots);
}

struct query *
inflight_query_at(const struct query_table *table, uint32_t index)
{
    if (index == QUERY_NONE || index > table->touched || table->slots[index].generation % 2 == 0)
        return NULL;
    return &table->slots[index];
}

uint32_t
inflight_hash(const struct hash_key *key, const struct dns_query *query)
{
    const struct dns_question *question = &query->question;
    bool dnssec_ok = query->edns.present && query->edns.dnssec_ok;
    uint64_t words[2 + DNS_NAME_MAX / sizeof(uint64_t)] WRITTEN_FIRST;
    size_t count = 1 + (question->name.size + sizeof(uint64_t) - 1) / sizeof(uint64_t);
    words[0] = (uint64_t)question->type << 48 | (uint64_t)question->class << 32 |
               (uint64_t)dnssec_ok << 16 | query->flags | DNS_AD;
    words[count - 1] = 0;
    memcpy(&words[1], question->name.wire, question->name.size);
    return (uint32_t)hash_siphash13_words(key, words, count);
}

/* --- questions --- */

static size_t
buckets_count(uint32_t count)
{
    size_t buckets = 64;
    while (buckets < count)
        buckets *= 2;
    return buckets;
}

uint32_t
inflight_slots(uint32_t count)
{
    return count + SLOTS_BESIDE;
}

static size_t
slots_bytes(uint32_t count)
{
    return ((size_t)inflight_slots(count)) * sizeof(struct inflight_question);
}

size_t
inflight_bytes(uint32_t count)
{
    return slots_bytes(count) + deadlines_bytes(inflight_slots(count)) +
           buckets_count(count) * sizeof(uint32_t);
}

void
inflight_init(struct inflight *table, void *memory, uint32_t count, struct hash_key key)
{
    struct inflight_question *slots = memory;
    uint8_t *deadlines = (uint8_t *)memory + slots_bytes(count);
    uint8_t *buckets = deadlines + deadlines_bytes(inflight_slots(count));
    *table = (struct inflight){.slots = slots,
                               .buckets = (uint32_t *)(void *)buckets,
                               .buckets_mask = (uint32_t)buckets_count(count) - 1,
                               .count = count,
                               .key = key};
    deadlines_init(&table->deadlines, deadlines, inflight_slots(count));
}

static struct list_table
slots_of(const struct inflight *table)
{
    return LIST_TABLE(table->slots, links);
}

/* The only writer of `state`. */
static void
set_state(struct inflight *table, struct inflight_question *question, enum inflight_state state)
{
    table->queued -= question->state == INFLIGHT_QUEUED;
    table->queued += state == INFLIGHT_QUEUED;
    question->state = (uint8_t)state;
}

/* The free slot, filled with what `query` asks. */
static struct inflight_question *
fill_draft(struct inflight *table, const struct dns_query *query, uint32_t hash)
{
    if (table->free == NONE)
        table->free = ++table->touched;
    struct inflight_question *question = &table->slots[table->free];
    struct dns_name *name = &question->question.name;
    name->size = query->question.name.size;
    memcpy(name->wire, query->question.name.wire, name->size);
    question->question.type = query->question.type;
    question->question.class = query->question.class;
    question->flags = (uint16_t)(query->flags | DNS_AD); /* of whose bit each gets what is his */
    question->dnssec_ok = query->edns.present && query->edns.dnssec_ok;
    question->hash = hash;
    question->flushes = table->flushes;
    return question;
}

static uint32_t *
bucket_of(const struct inflight *table, const struct inflight_question *question)
{
    return &table->buckets[question->hash & table->buckets_mask];
}

static bool
asks_same(const struct inflight_question *a, const struct inflight_question *b)
{
    return a->question.name.size == b->question.name.size && a->question.type == b->question.type &&
           a->question.class == b->question.class && a->flags == b->flags &&
           a->flushes == b->flushes && a->dnssec_ok == b->dnssec_ok &&
           memcmp(a->question.name.wire, b->question.name.wire, a->question.name.size) == 0;
}

static struct inflight_question *
find_same(const struct inflight *table, const struct inflight_question *wanted)
{
    for (uint32_t slot = *bucket_of(table, wanted); slot != NONE; slot = table->slots[slot].next)
        if (table->slots[slot].hash == wanted->hash && asks_same(&table->slots[slot], wanted))
            return &table->slots[slot];
    return NULL;
}

static void
start(struct inflight *table, struct inflight_question *question, uint64_t now_ms, uint32_t life_ms)
{
    uint32_t slot = inflight_slot(table, question);
    table->free = question->next;
    table->alive++;
    question->generation++;
    question->deadline_ms = now_ms + life_ms;
    question->join_ms = now_ms + life_ms / 2;
    question->asked = 0;
    question->is_stood_in = false;
    question->next = *bucket_of(table, question);
    *bucket_of(table, question) = slot;
    question->indexed = true;
    list_push(&table->by_age, slots_of(table), slot);
    deadlines_set(&table->deadlines, slot, question->deadline_ms);
    set_state(table, question, INFLIGHT_QUEUED);
}

static void
push_waiting(struct inflight *table, struct inflight_question *question,
             struct query_table *queries, struct query *query)
{
    query->question = inflight_slot(table, question);
    list_push(&question->waiting, LIST_TABLE(queries->slots, links),
              inflight_query_index(queries, query));
    question->waiting_count++;
}

enum inflight_result
inflight_join(struct inflight *table, struct query_table *queries, struct query *query,
              uint64_t now_ms, uint32_t life_ms, struct inflight_question **joined)
{
    struct inflight_question *wanted = fill_draft(table, &query->dns, query->hash);
    struct inflight_question *question = find_same(table, wanted);
    *joined = question;
    if (question != NULL && now_ms <= question->join_ms &&
        question->waiting_count < INFLIGHT_WAITING_MAX) {
        push_waiting(table, question, queries, query);
        return INFLIGHT_JOINED;
    }
    *joined = NULL;
    if (table->alive == table->count)
        return INFLIGHT_TOO_MANY;
    if (question != NULL)
        inflight_unindex(table, question);
    start(table, wanted, now_ms, life_ms);
    push_waiting(table, wanted, queries, query);
    *joined = wanted;
    return INFLIGHT_STARTED;
}

enum inflight_result
inflight_start(struct inflight *table, const struct dns_query *query, uint64_t now_ms,
               uint32_t life_ms, struct inflight_question **started)
{
    *started = NULL;
    if (table->alive == table->count)
        return INFLIGHT_TOO_MANY;
    struct inflight_question *wanted = fill_draft(table, query, inflight_hash(&table->key, query));
    if (find_same(table, wanted) != NULL)
        return INFLIGHT_JOINED;
    start(table, wanted, now_ms, life_ms);
    *started = wanted;
    return INFLIGHT_STARTED;
}

bool
inflight_is_stood_in(struct inflight *table, const struct dns_query *query)
{
    if (table->alive == 0 || table->alive == table->count)
        return false; /* no slot to compare with; rare, and the query only waits longer */
    struct inflight_question *wanted = fill_draft(table, query, inflight_hash(&table->key, query));
    const struct inflight_question *same = find_same(table, wanted);
    return same != NULL && same->is_stood_in;
}

struct inflight_question *
inflight_find(const struct inflight *table, uint32_t slot, uint32_t generation)
{
    if (slot == NONE || slot > table->touched)
        return NULL;
    struct inflight_question *question = &table->slots[slot];
    bool is_asked = question->state == INFLIGHT_ASKED && question->generation == generation;
    return is_asked ? question : NULL;
}

uint32_t
inflight_slot(const struct inflight *table, const struct inflight_question *question)
{
    return (uint32_t)(question - table->slots);
}

static struct inflight_question *
at_or_null(const struct inflight *table, uint32_t slot)
{
    return slot != NONE ? &table->slots[slot] : NULL;
}

struct inflight_question *
inflight_first_due(const struct inflight *table)
{
    uint32_t slot = table->deadlines.first;
    return at_or_null(table, slot == DEADLINES_NONE ? NONE : slot);
}

struct inflight_question *
inflight_oldest(const struct inflight *table)
{
    return at_or_null(table, list_first(&table->by_age));
}

struct inflight_question *
inflight_younger(const struct inflight *table, const struct inflight_question *question)
{
    return at_or_null(table,
                      list_next(&table->by_age, slots_of(table), inflight_slot(table, question)));
}

struct inflight_question *
inflight_at(const struct inflight *table, uint32_t slot)
{
    if (slot == NONE || slot > table->touched || table->slots[slot].state == INFLIGHT_FREE)
        return NULL;
    return &table->slots[slot];
}

void
inflight_asked(struct inflight *table, struct inflight_question *question, uint32_t ring)
{
    set_state(table, question, INFLIGHT_ASKED);
    question->asked++;
    question->ring = ring;
}

bool
inflight_is_in_ring(const struct inflight_question *question, uint32_t ring)
{
    return question->state == INFLIGHT_ASKED && question->ring == ring;
}

bool
inflight_ask_again(struct inflight *table, struct inflight_question *question, bool is_death)
{
    if (question->state != INFLIGHT_ASKED)
        return false;
    if (!is_death)
        question->asked--;
    else if (question->asked >= INFLIGHT_ASKED_MAX)
        return false;
    set_state(table, question, INFLIGHT_QUEUED);
    return true;
}

struct query *
inflight_pop_waiting(struct inflight *table, struct query_table *queries,
                     struct inflight_question *question)
{
    (void)table;
    uint32_t index = list_pop(&question->waiting, LIST_TABLE(queries->slots, links));
    if (index != QUERY_NONE)
        question->waiting_count--;
    return inflight_query_at(queries, index);
}

struct inflight_question *
inflight_leave(struct inflight *table, struct query_table *queries, struct query *query)
{
    struct inflight_question *question = &table->slots[query->question];
    list_remove(&question->waiting, LIST_TABLE(queries->slots, links),
                inflight_query_index(queries, query));
    question->waiting_count--;
    return question;
}

void
inflight_unindex(struct inflight *table, struct inflight_question *question)
{
    if (!question->indexed)
        return;
    uint32_t *link = bucket_of(table, question);
    while (*link != inflight_slot(table, question))
        link = &table->slots[*link].next;
    *link = question->next;
    question->next = NONE;
    question->indexed = false;
}

void
inflight_end(struct inflight *table, struct inflight_question *question)
{
    if (question->state == INFLIGHT_FREE)
        return;
    uint32_t slot = inflight_slot(table, question);
    inflight_unindex(table, question);
    set_state(table, question, INFLIGHT_FREE);
    list_remove(&table->by_age, slots_of(table), slot);
    deadlines_clear(&table->deadlines, slot);
    memset(question->question.name.wire, 0, question->question.name.size);
    question->question.name.size = 0;
    question->waiting = (struct list){0};
    question->waiting_count = 0;
    question->generation++;
    question->next = table->free;
    table->free = slot;
    table->alive--;
}
