/* queue.c - see queue.h
 * SPDX-License-Identifier: ISC
 */
#include "front/queue.h"

#include "front/deliver.h"
#include "front/front.h"
#include "os/log.h"
#include "os/memory.h"

static void *
reserve(size_t bytes)
{
    void *memory = memory_reserve(bytes);
    if (memory == NULL)
        log_fatal("no memory for the networks of queries");
    return memory;
}

void
queue_reserve(struct front *front)
{
    struct queue *queue = &front->queue;
    struct networks *networks = &queue->networks;
    uint32_t queries = front->config->queries + 1; /* and the draft */
    uint32_t questions = front->config->queries * QUEUE_QUESTIONS + 1;
    uint32_t count = networks_for(queries + questions);
    networks_init(networks, reserve(networks_memory_bytes(count)), count);
    crowd_init(&queue->alive, networks, reserve(crowd_memory_bytes(queries, networks)));
    fairqueue_init(&queue->line, networks, reserve(fairqueue_memory_bytes(questions, networks)),
                   QUEUE_ASKED_MIN);
    queue_change(front);
}

/* What upstreams take at once: more in the ring would be a queue where first come is first served.
 */
static uint32_t
places(const struct config *config)
{
    uint32_t most =
        config->upstreams_count * config->upstream_connections * config->upstream_in_flight;
    most = most > QUEUE_ASKED_MIN ? most : QUEUE_ASKED_MIN;
    return most < config->queries ? most : config->queries;
}

void
queue_change(struct front *front)
{
    front->queue.line.places = places(front->config);
    limit_bounds(front, front->config->queue_per_prefix, front->queue.alive.bounds);
}

/* --- queries --- */

static enum crowd_list
list_of(const struct query *query)
{
    return query->client.is_proven ? CROWD_B : CROWD_A;
}

/* The query that gives way to the draft: of a client, those with an unproven address first. */
static uint32_t
giving_way(const struct crowd *alive, uint32_t network, uint32_t leaf, const struct query *draft)
{
    uint32_t most = crowd_most(alive, network, leaf);
    uint32_t unproven = crowd_last(alive, most, CROWD_A);
    if (most == leaf) /* the youngest is the draft, unless what proves nothing was before it */
        return draft->client.is_proven ? unproven : CROWD_NONE;
    return unproven != CROWD_NONE ? unproven : crowd_last(alive, most, CROWD_B);
}

/* @return false: the draft itself gives way */
static bool
make_room(struct front *front, const struct query *draft, uint32_t network, uint32_t leaf,
          enum why why)
{
    uint32_t index = giving_way(&front->queue.alive, network, leaf, draft);
    if (index == CROWD_NONE)
        return false;
    deliver_give_way(front, query_at(&front->queries, index), why);
    return true;
}

static bool
find_room(struct front *front, const struct query *draft, uint32_t leaf, enum why *why)
{
    uint32_t full = crowd_full(&front->queue.alive, leaf);
    *why = WHY_PREFIX_FULL;
    if (full != NETWORKS_ROOT && !make_room(front, draft, full, leaf, *why))
        return false;
    *why = WHY_QUEUE_FULL;
    return front->queries.alive < front->queries.count ||
           make_room(front, draft, NETWORKS_ROOT, leaf, *why);
}

bool
queue_keep(struct front *front, struct query *draft, enum why *why)
{
    struct queue *queue = &front->queue;
    uint32_t leaf = limit_network(front, &queue->networks, &draft->client, &draft->keys);
    if (!find_room(front, draft, leaf, why) || query_keep(&front->queries, draft) != STATUS_OK) {
        networks_release(&queue->networks, leaf);
        return false;
    }
    crowd_take(&queue->alive, leaf, query_index(&front->queries, draft), list_of(draft));
    return true;
}

void
queue_give(struct front *front, struct query *query)
{
    struct queue *queue = &front->queue;
    if (query->generation % 2 == 0)
        return;
    networks_release(&queue->networks,
                     crowd_give(&queue->alive, query_index(&front->queries, query)));
    query_give(&front->queries, query);
}

uint32_t
queue_abandon(struct front *front, const struct query_client *client)
{
    struct queue *queue = &front->queue;
    struct prefix_keys keys = {0};
    uint32_t leaf = limit_network(front, &queue->networks, client, &keys), before, count = 0;
    for (uint32_t index = crowd_last(&queue->alive, leaf, CROWD_B); index != CROWD_NONE;
         index = before) {
        struct query *query = query_at(&front->queries, index);
        before = crowd_before(&queue->alive, index);
        if (query->client.connection != client->connection ||
            query->client.connection_generation != client->connection_generation)
            continue;
        deliver_abandon(front, query);
        count++;
    }
    networks_release(&queue->networks, leaf);
    return count;
}

/* --- questions --- */

static enum fairqueue_line
line_of(const struct query *query)
{
    return query->client.is_proven ? FAIRQUEUE_PROVEN : FAIRQUEUE_UNPROVEN;
}

/* @return a leaf for one networks_release() */
static uint32_t
leaf_of(struct front *front, const struct query *query)
{
    struct queue *queue = &front->queue;
    struct prefix_keys keys = query->keys;
    if (query->generation % 2 == 0) /* a draft, or a query of our own, which is in no table */
        return limit_network(front, &queue->networks, &query->client, &keys);
    uint32_t leaf = crowd_leaf(&queue->alive, query_index(&front->queries, query));
    networks_hold(&queue->networks, leaf);
    return leaf;
}

void
queue_push(struct front *front, const struct inflight_question *question, const struct query *query)
{
    struct queue *queue = &front->queue;
    uint32_t leaf = leaf_of(front, query);
    fairqueue_push(&queue->line, inflight_slot(&front->inflight, question), leaf, line_of(query));
    networks_release(&queue->networks, leaf);
}

void
queue_promote(struct front *front, const struct inflight_question *question,
              const struct query *query)
{
    struct queue *queue = &front->queue;
    if (question->state != INFLIGHT_QUEUED)
        return;
    uint32_t leaf = leaf_of(front, query);
    (void)fairqueue_promote(&queue->line, inflight_slot(&front->inflight, question), leaf,
                            line_of(query));
    networks_release(&queue->networks, leaf);
}

void
queue_end(struct front *front, struct inflight_question *question)
{
    uint32_t slot = inflight_slot(&front->inflight, question);
    if (question->state == INFLIGHT_FREE)
        return;
    if (front->queue.stuck == slot)
        front->queue.stuck = 0;
    (void)fairqueue_remove(&front->queue.line, slot); /* it may have lost its place with a worker */
    inflight_end(&front->inflight, question);
}

struct inflight_question *
queue_next(struct front *front)
{
    struct queue *queue = &front->queue;
    uint32_t slot = queue->stuck;
    queue->stuck = 0;
    if (slot == 0)
        slot = fairqueue_pop(&queue->line);
    return slot != FAIRQUEUE_NONE ? inflight_at(&front->inflight, slot) : NULL;
}

uint8_t
queue_rank(const struct front *front, const struct inflight_question *question)
{
    uint32_t slot = inflight_slot(&front->inflight, question);
    switch (fairqueue_rank_at_worker(&front->queue.line, slot)) {
    case FAIRQUEUE_LIGHT:
        return HANDOFF_LIGHT;
    case FAIRQUEUE_HOPEFUL:
        return HANDOFF_HOPEFUL;
    case FAIRQUEUE_MODEST:
    case FAIRQUEUE_GREEDY:
    case FAIRQUEUE_RANKS:
        break;
    }
    return HANDOFF_ORDINARY;
}

void
queue_put_back(struct front *front, struct inflight_question *question)
{
    front->queue.stuck = inflight_slot(&front->inflight, question);
}

void
queue_refill(struct front *front, uint32_t ring, bool is_death)
{
    struct inflight *inflight = &front->inflight;
    struct fairqueue *line = &front->queue.line;
    struct inflight_question *question, *next;
    for (question = inflight_oldest(inflight); question != NULL; question = next) {
        uint32_t slot = inflight_slot(inflight, question);
        next = inflight_younger(inflight, question);
        if (!inflight_is_in_ring(question, ring))
            continue;
        if (question->waiting_count == 0) /* nobody waits: not worth another upstream query */
            queue_end(front, question);
        else if (inflight_ask_again(inflight, question, is_death))
            fairqueue_return(line, slot);
        else /* asked often enough: it waits for its deadline */
            (void)fairqueue_remove(line, slot);
    }
}
