/* fairqueue.c - see fairqueue.h
 *
 * Three orders over the same items: first in, first out within a sub-queue; sub-queues in a ring
 * for turns and in lists by length, so that the longest is always at hand; and a heap by deadline.
 */
#include "core/fairqueue.h"

#include <assert.h>
#include <string.h>

struct fairqueue_item {
    uint64_t deadline_ms;
    uint32_t flow;       /* its sub-queue; FAIRQUEUE_NONE: not inside */
    uint32_t prev, next; /* in the sub-queue, oldest first */
    uint32_t heap_at;    /* where the heap has it */
    uint32_t cost;       /* 1..quantum */
    uint32_t unused;
};

struct fairqueue_flow {
    uint32_t first, last;          /* items, oldest first */
    uint32_t turn_prev, turn_next; /* ring of turns */
    uint32_t size_prev, size_next; /* list of sub-queues of the same length */
    int32_t deficit;               /* cost it may still spend in this turn; > 0 */
};

_Static_assert(sizeof(struct fairqueue_item) == 32 && sizeof(struct fairqueue_flow) == 28,
               "as documented");

static size_t
round_up(size_t bytes)
{
    return (bytes + 7) / 8 * 8;
}

size_t
fairqueue_memory_bytes(const struct fairqueue_config *c)
{
    return round_up(c->items * sizeof(struct fairqueue_item)) +
           round_up(c->limit * sizeof(struct fairqueue_flow)) +
           round_up(c->limit * sizeof(uint32_t)) +
           round_up((c->prefix_limit + (size_t)1) * sizeof(uint32_t)) +
           round_up(tally_memory_bytes(c->limit));
}

static bool
config_is_sound(const struct fairqueue_config *c)
{
    return c->items >= 1 && c->items <= FAIRQUEUE_ITEMS_MAX && c->limit >= 1 &&
           c->limit <= c->items && c->prefix_limit >= 1 && c->prefix_limit <= c->limit &&
           c->quantum >= 1 && c->quantum <= FAIRQUEUE_COST_MAX && c->ipv4_length <= 32 &&
           c->ipv6_length <= 128;
}

enum status
fairqueue_init(struct fairqueue *q, const struct fairqueue_config *config, void *memory,
               struct hash_key key)
{
    *q = (struct fairqueue){.turn = FAIRQUEUE_NONE};
    if (!config_is_sound(config))
        return STATUS_INVALID;
    q->config = *config;
    q->prefix_most = config->prefix_limit;
    uint8_t *at = memory;
    q->items = (struct fairqueue_item *)at;
    at += round_up(config->items * sizeof *q->items);
    q->flows = (struct fairqueue_flow *)at;
    at += round_up(config->limit * sizeof *q->flows);
    q->heap = (uint32_t *)at;
    at += round_up(config->limit * sizeof *q->heap);
    q->by_size = (uint32_t *)at;
    at += round_up((config->prefix_limit + (size_t)1) * sizeof *q->by_size);
    tally_init(&q->flows_tally, at, config->limit, config->ipv4_length, config->ipv6_length, key);
    for (uint32_t i = 0; i < config->items; i++)
        q->items[i] = (struct fairqueue_item){.flow = FAIRQUEUE_NONE};
    memset(q->by_size, 0xff, (config->prefix_limit + (size_t)1) * sizeof *q->by_size);
    return STATUS_OK;
}

/* --- the heap by deadline --- */

static void
heap_set(struct fairqueue *q, uint32_t at, uint32_t index)
{
    q->heap[at] = index;
    q->items[index].heap_at = at;
}

static bool
is_sooner(const struct fairqueue *q, uint32_t a, uint32_t b)
{
    return q->items[a].deadline_ms < q->items[b].deadline_ms;
}

/* Put `index` at the free place `at` or above it. */
static void
heap_up(struct fairqueue *q, uint32_t at, uint32_t index)
{
    while (at > 0 && is_sooner(q, index, q->heap[(at - 1) / 2])) {
        heap_set(q, at, q->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    heap_set(q, at, index);
}

/* Put `index` at the free place `at` or below it; `count` places are in use. */
static void
heap_down(struct fairqueue *q, uint32_t at, uint32_t index, uint32_t count)
{
    for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && is_sooner(q, q->heap[child + 1], q->heap[child]))
            child++;
        if (!is_sooner(q, q->heap[child], index))
            break;
        heap_set(q, at, q->heap[child]);
        at = child;
    }
    heap_set(q, at, index);
}

static void
heap_take_out(struct fairqueue *q, uint32_t index)
{
    uint32_t at = q->items[index].heap_at;
    uint32_t last = q->heap[q->count - 1];
    if (last == index)
        return;
    if (at > 0 && is_sooner(q, last, q->heap[(at - 1) / 2]))
        heap_up(q, at, last);
    else
        heap_down(q, at, last, q->count - 1);
}

/* --- the lists of sub-queues by length --- */

static void
size_leave(struct fairqueue *q, uint32_t flow, uint32_t size)
{
    struct fairqueue_flow *f = &q->flows[flow];
    if (f->size_prev == FAIRQUEUE_NONE)
        q->by_size[size] = f->size_next;
    else
        q->flows[f->size_prev].size_next = f->size_next;
    if (f->size_next != FAIRQUEUE_NONE)
        q->flows[f->size_next].size_prev = f->size_prev;
}

static void
size_enter(struct fairqueue *q, uint32_t flow, uint32_t size)
{
    struct fairqueue_flow *f = &q->flows[flow];
    f->size_prev = FAIRQUEUE_NONE;
    f->size_next = q->by_size[size];
    if (f->size_next != FAIRQUEUE_NONE)
        q->flows[f->size_next].size_prev = flow;
    q->by_size[size] = flow;
}

/* A length changes by one at a time, so the greatest is never further than one step away. */
static void
size_change(struct fairqueue *q, uint32_t flow, uint32_t from, uint32_t to)
{
    if (from > 0)
        size_leave(q, flow, from);
    if (to > 0)
        size_enter(q, flow, to);
    if (to > q->longest)
        q->longest = to;
    else if (q->longest > 0 && q->by_size[q->longest] == FAIRQUEUE_NONE)
        q->longest--;
}

/* --- the ring of turns --- */

static void
turn_enter(struct fairqueue *q, uint32_t flow)
{
    struct fairqueue_flow *f = &q->flows[flow];
    if (q->turn == FAIRQUEUE_NONE) {
        f->turn_prev = f->turn_next = q->turn = flow;
        return;
    }
    /* last in the ring: just before the one served next */
    f->turn_next = q->turn;
    f->turn_prev = q->flows[q->turn].turn_prev;
    q->flows[f->turn_prev].turn_next = flow;
    q->flows[f->turn_next].turn_prev = flow;
}

static void
turn_leave(struct fairqueue *q, uint32_t flow)
{
    struct fairqueue_flow *f = &q->flows[flow];
    if (f->turn_next == flow) {
        q->turn = FAIRQUEUE_NONE;
        return;
    }
    q->flows[f->turn_prev].turn_next = f->turn_next;
    q->flows[f->turn_next].turn_prev = f->turn_prev;
    if (q->turn == flow)
        q->turn = f->turn_next;
}

/* --- items in and out --- */

static void
enter(struct fairqueue *q, uint32_t index, uint32_t flow)
{
    struct fairqueue_flow *f = &q->flows[flow];
    struct fairqueue_item *item = &q->items[index];
    uint32_t size = tally_count(&q->flows_tally, flow); /* this one is counted already */
    item->flow = flow;
    item->next = FAIRQUEUE_NONE;
    if (size == 1) {
        *f = (struct fairqueue_flow){.first = index, .deficit = (int32_t)q->config.quantum};
        item->prev = FAIRQUEUE_NONE;
        turn_enter(q, flow);
    } else {
        item->prev = f->last;
        q->items[f->last].next = index;
    }
    f->last = index;
    size_change(q, flow, size - 1, size);
    heap_up(q, q->count, index);
    q->count++;
}

static void
leave(struct fairqueue *q, uint32_t index)
{
    struct fairqueue_item *item = &q->items[index];
    uint32_t flow = item->flow;
    struct fairqueue_flow *f = &q->flows[flow];
    uint32_t size = tally_count(&q->flows_tally, flow);
    heap_take_out(q, index);
    q->count--;
    if (item->prev == FAIRQUEUE_NONE)
        f->first = item->next;
    else
        q->items[item->prev].next = item->next;
    if (item->next == FAIRQUEUE_NONE)
        f->last = item->prev;
    else
        q->items[item->next].prev = item->prev;
    size_change(q, flow, size, size - 1);
    if (size == 1)
        turn_leave(q, flow);
    tally_give(&q->flows_tally, flow);
    *item = (struct fairqueue_item){.flow = FAIRQUEUE_NONE};
}

static bool
has_given_up(const struct fairqueue *q, uint32_t index, uint64_t now_ms)
{
    return q->items[index].deadline_ms <= now_ms;
}

/* Who has to go so that one more of a prefix with `waiting` inside finds room in a full table? */
static enum fairqueue_shed
choose_among_all(const struct fairqueue *q, uint32_t flow, uint32_t waiting, uint64_t now_ms,
                 uint32_t *index)
{
    if (q->count > 0 && has_given_up(q, q->heap[0], now_ms)) {
        *index = q->heap[0];
        return FAIRQUEUE_PATIENCE;
    }
    /* counted with the newcomer: if its own prefix is (or equals) the longest, that one pays */
    if (waiting + 1 >= q->longest)
        *index = waiting > 0 ? q->flows[flow].first : FAIRQUEUE_NONE;
    else
        *index = q->flows[q->by_size[q->longest]].first;
    return FAIRQUEUE_FULL;
}

/* Who has to go so that a question of a prefix with `waiting` inside can come in? */
static enum fairqueue_shed
choose(const struct fairqueue *q, uint32_t flow, uint32_t waiting, uint64_t now_ms, uint32_t *index)
{
    bool prefix_is_full = waiting >= q->config.prefix_limit;
    if (!prefix_is_full && q->count < q->config.limit)
        return FAIRQUEUE_KEPT;
    if (!prefix_is_full)
        return choose_among_all(q, flow, waiting, now_ms, index);
    *index = q->flows[flow].first;
    return has_given_up(q, *index, now_ms) ? FAIRQUEUE_PATIENCE : FAIRQUEUE_PREFIX;
}

static uint32_t
waiting_of(const struct fairqueue *q, uint32_t flow)
{
    return flow == TALLY_NONE ? 0 : tally_count(&q->flows_tally, flow);
}

static void
count_shed(struct fairqueue *q, enum fairqueue_shed why)
{
    switch (why) {
    case FAIRQUEUE_KEPT:
        return;
    case FAIRQUEUE_PATIENCE:
        q->shed_patience++;
        return;
    case FAIRQUEUE_PREFIX:
        q->shed_prefix++;
        return;
    case FAIRQUEUE_FULL:
        q->shed_full++;
        return;
    }
}

enum fairqueue_shed
fairqueue_push(struct fairqueue *q, uint32_t index, const struct addr *client, uint32_t cost,
               uint64_t deadline_ms, uint64_t now_ms, uint32_t *shed_index)
{
    assert(index < q->config.items && q->items[index].flow == FAIRQUEUE_NONE);
    *shed_index = FAIRQUEUE_NONE;
    q->pushed++;
    enum fairqueue_shed why = FAIRQUEUE_PATIENCE;
    if (deadline_ms > now_ms) {
        uint32_t flow = tally_find(&q->flows_tally, client);
        why = choose(q, flow, waiting_of(q, flow), now_ms, shed_index);
    }
    count_shed(q, why);
    if (why != FAIRQUEUE_KEPT && *shed_index == FAIRQUEUE_NONE) {
        *shed_index = index; /* nobody had to go but the newcomer itself */
        return why;
    }
    if (why != FAIRQUEUE_KEPT)
        leave(q, *shed_index);
    struct fairqueue_item *item = &q->items[index];
    item->deadline_ms = deadline_ms;
    item->cost = cost == 0 ? 1 : cost < q->config.quantum ? cost : q->config.quantum;
    enter(q, index, tally_take(&q->flows_tally, client, q->prefix_most));
    return why;
}

uint32_t
fairqueue_expire(struct fairqueue *q, uint64_t now_ms)
{
    if (q->count == 0 || !has_given_up(q, q->heap[0], now_ms))
        return FAIRQUEUE_NONE;
    uint32_t index = q->heap[0];
    leave(q, index);
    q->shed_patience++;
    return index;
}

uint32_t
fairqueue_make_room(struct fairqueue *q, const struct addr *client, uint64_t now_ms)
{
    uint32_t flow = tally_find(&q->flows_tally, client), index;
    enum fairqueue_shed why = choose_among_all(q, flow, waiting_of(q, flow), now_ms, &index);
    if (index == FAIRQUEUE_NONE)
        return FAIRQUEUE_NONE;
    count_shed(q, why);
    leave(q, index);
    return index;
}

void
fairqueue_change(struct fairqueue *q, uint32_t prefix_limit)
{
    uint32_t wanted = prefix_limit == 0 ? 1 : prefix_limit;
    q->config.prefix_limit = wanted < q->prefix_most ? wanted : q->prefix_most;
}

uint32_t
fairqueue_pop(struct fairqueue *q)
{
    if (q->count == 0)
        return FAIRQUEUE_NONE;
    uint32_t flow = q->turn;
    struct fairqueue_flow *f = &q->flows[flow];
    uint32_t index = f->first;
    f->deficit -= (int32_t)q->items[index].cost;
    if (f->deficit <= 0) {
        /* its turn is over; what it overspent comes off the next */
        f->deficit += (int32_t)q->config.quantum;
        q->turn = f->turn_next;
    }
    leave(q, index);
    q->popped++;
    return index;
}

bool
fairqueue_remove(struct fairqueue *q, uint32_t index)
{
    if (index >= q->config.items || q->items[index].flow == FAIRQUEUE_NONE)
        return false;
    leave(q, index);
    q->removed++;
    return true;
}

uint64_t
fairqueue_deadline_ms(const struct fairqueue *q)
{
    return q->count == 0 ? UINT64_MAX : q->items[q->heap[0]].deadline_ms;
}

uint32_t
fairqueue_waiting(const struct fairqueue *q, const struct addr *client)
{
    return waiting_of(q, tally_find(&q->flows_tally, client));
}
