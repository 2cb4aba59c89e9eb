/* waiting.c - see waiting.h
 * SPDX-License-Identifier: ISC
 */
#include "front/waiting.h"

#include "lane/handoff.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/random.h"

#include <assert.h>

static void *
reserve(size_t bytes)
{
    void *memory = memory_reserve(bytes);
    if (memory == NULL)
        log_fatal("cannot reserve memory for the queries that wait");
    return memory;
}

void
waiting_reserve(struct waiting *waiting, const struct config *config, const struct rate *rate,
                const struct routes *routes)
{
    struct networks *networks = &waiting->networks;
    uint32_t places = config->queries, asked = places * WAITING_QUESTIONS;
    uint32_t queries = places + 1, questions = asked + 1; /* and the draft */
    uint32_t count = crowd_networks_for(queries + questions) + ROUTES_GROUPS_MAX;
    inflight_queries_init(&waiting->queries, reserve(inflight_queries_bytes(places)), places);
    inflight_init(&waiting->inflight, reserve(inflight_bytes(asked)), asked, random_key());
    crowd_networks_init(networks, reserve(crowd_networks_bytes(count)), count);
    crowd_init(&waiting->alive, networks, reserve(crowd_memory_bytes(queries, networks)));
    fairqueue_init(&waiting->queues[0], networks,
                   reserve(fairqueue_memory_bytes(questions, networks)), WAITING_ASKED_MIN);
    waiting->queues_count = 1;
    waiting->rate = rate;
    waiting->routes = routes;
    waiting_change(waiting, config);
}

/* What these upstreams take at once: more in the ring would be a queue in order of arrival. */
static uint32_t
places(const struct config *config, uint32_t set)
{
    uint32_t most = (uint32_t)__builtin_popcount(set) * config->upstream_connections *
                    config->upstream_in_flight;
    most = most > WAITING_ASKED_MIN ? most : WAITING_ASKED_MIN;
    return most < config->queries ? most : config->queries;
}

/* All together no more than queries, which is what a worker has room for: none waits for what another
 * holds there. A group that is no more keeps its places, for those that are still asked. */
static void
share_places(struct waiting *waiting, const struct config *config)
{
    struct routes_sets sets;
    uint64_t all = 0;
    routes_sets_make(&sets, config);
    for (unsigned *count = &waiting->queues_count; *count < sets.count; (*count)++)
        fairqueue_beside(&waiting->queues[*count], &waiting->queues[0],
                         crowd_network_plant(&waiting->networks)); /* there is memory for all */
    for (unsigned group = 0; group < sets.count; group++)
        all += places(config, sets.of_group[group]);
    for (unsigned group = 0; group < sets.count; group++) {
        uint64_t part = places(config, sets.of_group[group]);
        part = all > config->queries ? part * config->queries / all : part;
        waiting->queues[group].places = part > 0 ? (uint32_t)part : 1;
    }
}

void
waiting_change(struct waiting *waiting, const struct config *config)
{
    waiting->life_ms = config->query_ms - WAITING_MARGIN_MS; /* query_ms is at least 100 */
    share_places(waiting, config);
    rate_bounds(waiting->rate, config->queue_per_prefix, waiting->alive.bounds);
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

/* The draft is a query now, of its network. There is room. */
static void
keep(struct waiting *waiting, struct query *draft, uint32_t leaf)
{
    if (inflight_keep(&waiting->queries, draft) != STATUS_OK)
        log_fatal("the table of queries has no free slot, and counts one");
    crowd_take(&waiting->alive, leaf, inflight_query_index(&waiting->queries, draft),
               list_of(draft));
}

struct query *
waiting_keep(struct waiting *waiting, struct query *draft, enum why *why)
{
    uint32_t leaf = rate_network(waiting->rate, &waiting->networks, NETWORKS_ROOT, &draft->client,
                                 &draft->keys);
    uint32_t full = crowd_full(&waiting->alive, leaf); /* NETWORKS_ROOT: no network is */
    *why = full != NETWORKS_ROOT ? WHY_PREFIX_FULL : WHY_QUEUE_FULL;
    if (full == NETWORKS_ROOT && waiting->queries.alive < waiting->queries.count) {
        keep(waiting, draft, leaf);
        return NULL;
    }
    uint32_t index = giving_way(&waiting->alive, full, leaf, draft);
    crowd_network_release(&waiting->networks, leaf);
    return index != CROWD_NONE ? inflight_query_at(&waiting->queries, index) : draft;
}

void
waiting_replace(struct waiting *waiting, struct query *shed, struct query *draft)
{
    waiting_leave(waiting, shed);
    keep(waiting, draft,
         rate_network(waiting->rate, &waiting->networks, NETWORKS_ROOT, &draft->client,
                      &draft->keys));
}

void
waiting_give(struct waiting *waiting, struct query *query)
{
    if (query->generation % 2 == 0)
        return;
    crowd_network_release(
        &waiting->networks,
        crowd_give(&waiting->alive, inflight_query_index(&waiting->queries, query)));
    inflight_give(&waiting->queries, query);
}

void
waiting_leave(struct waiting *waiting, struct query *query)
{
    struct inflight_question *question =
        inflight_leave(&waiting->inflight, &waiting->queries, query);
    waiting_give(waiting, query);
    if (question->waiting_count == 0 && question->state == INFLIGHT_QUEUED)
        waiting_end(waiting, question);
}

/* The youngest query of a client over TCP. */
static uint32_t
youngest_of(struct waiting *waiting, const struct query_client *client)
{
    struct addr_keys keys = {0};
    uint32_t leaf = rate_network(waiting->rate, &waiting->networks, NETWORKS_ROOT, client, &keys);
    uint32_t index = crowd_last(&waiting->alive, leaf, CROWD_B);
    crowd_network_release(&waiting->networks, leaf);
    return index;
}

struct query *
waiting_on_connection(struct waiting *waiting, const struct query_client *client,
                      const struct query *younger)
{
    uint32_t index =
        younger == NULL
            ? youngest_of(waiting, client)
            : crowd_before(&waiting->alive, inflight_query_index(&waiting->queries, younger));
    for (; index != CROWD_NONE; index = crowd_before(&waiting->alive, index)) {
        struct query *query = inflight_query_at(&waiting->queries, index);
        if (query->client.transport == QUERY_TCP &&
            query->client.connection == client->connection &&
            query->client.connection_generation == client->connection_generation)
            return query;
    }
    return NULL;
}

/* --- questions --- */

static enum fairqueue_line
line_of(const struct query *query)
{
    return query->client.is_proven ? FAIRQUEUE_PROVEN : FAIRQUEUE_UNPROVEN;
}

static struct fairqueue *
queue_of(struct waiting *waiting, const struct inflight_question *question)
{
    return &waiting->queues[question->group];
}

/* In the tree of a queue. @return a leaf for one crowd_network_release() */
static uint32_t
leaf_of(struct waiting *waiting, const struct query *query, uint32_t top)
{
    struct addr_keys keys = query->keys;
    /* a draft, or a query of our own, is in no table */
    if (top != NETWORKS_ROOT || query->generation % 2 == 0)
        return rate_network(waiting->rate, &waiting->networks, top, &query->client, &keys);
    uint32_t leaf = crowd_leaf(&waiting->alive, inflight_query_index(&waiting->queries, query));
    crowd_network_hold(&waiting->networks, leaf);
    return leaf;
}

/* A new question stands in line. */
static void
push(struct waiting *waiting, struct inflight_question *question, const struct query *query)
{
    question->group = waiting->routes->count > 0
                          ? (uint8_t)routes_group(waiting->routes, &question->question)
                          : ROUTES_REST;
    assert(question->group < waiting->queues_count);
    struct fairqueue *queue = queue_of(waiting, question);
    uint32_t leaf = leaf_of(waiting, query, queue->top);
    fairqueue_push(queue, inflight_slot(&waiting->inflight, question), leaf, line_of(query));
    crowd_network_release(&waiting->networks, leaf);
}

/* A query joined a question: if its own turn comes sooner, it is the question's. */
static void
promote(struct waiting *waiting, const struct inflight_question *question,
        const struct query *query)
{
    if (question->state != INFLIGHT_QUEUED)
        return;
    struct fairqueue *queue = queue_of(waiting, question);
    uint32_t leaf = leaf_of(waiting, query, queue->top);
    (void)fairqueue_promote(queue, inflight_slot(&waiting->inflight, question), leaf,
                            line_of(query));
    crowd_network_release(&waiting->networks, leaf);
}

enum inflight_result
waiting_join(struct waiting *waiting, struct query *query, const struct clock_time *now,
             struct inflight_question **question)
{
    enum inflight_result result = inflight_join(&waiting->inflight, &waiting->queries, query,
                                                now->now_ms, waiting->life_ms, question);
    if (result == INFLIGHT_STARTED) {
        (*question)->since_us = now->now_us;
        push(waiting, *question, query);
    }
    if (result == INFLIGHT_JOINED)
        promote(waiting, *question, query);
    return result;
}

enum inflight_result
waiting_ask(struct waiting *waiting, const struct query *query, const struct clock_time *now)
{
    struct inflight_question *question;
    enum inflight_result result =
        inflight_start(&waiting->inflight, &query->dns, now->now_ms, waiting->life_ms, &question);
    if (result == INFLIGHT_STARTED) {
        question->since_us = now->now_us;
        push(waiting, question, query);
    }
    return result;
}

struct query *
waiting_pop(struct waiting *waiting, struct inflight_question *question)
{
    return inflight_pop_waiting(&waiting->inflight, &waiting->queries, question);
}

void
waiting_end(struct waiting *waiting, struct inflight_question *question)
{
    uint32_t slot = inflight_slot(&waiting->inflight, question);
    if (question->state == INFLIGHT_FREE)
        return;
    if (waiting->stuck == slot)
        waiting->stuck = 0;
    /* it may have lost its place with a worker */
    (void)fairqueue_remove(queue_of(waiting, question), slot);
    inflight_end(&waiting->inflight, question);
}

/* Queues take turns, for a question each. */
static uint32_t
pop(struct waiting *waiting)
{
    uint32_t slot = FAIRQUEUE_NONE;
    if (waiting->queues_count == 1) /* no routes */
        return fairqueue_pop(&waiting->queues[0]);
    for (unsigned i = 0; i < waiting->queues_count && slot == FAIRQUEUE_NONE; i++) {
        waiting->turn = waiting->turn + 1 < waiting->queues_count ? waiting->turn + 1 : 0;
        slot = fairqueue_pop(&waiting->queues[waiting->turn]);
    }
    return slot;
}

struct inflight_question *
waiting_next(struct waiting *waiting)
{
    uint32_t slot = waiting->stuck;
    waiting->stuck = 0;
    if (slot == 0)
        slot = pop(waiting);
    return slot != FAIRQUEUE_NONE ? inflight_at(&waiting->inflight, slot) : NULL;
}

uint8_t
waiting_rank(const struct waiting *waiting, const struct inflight_question *question)
{
    uint32_t slot = inflight_slot(&waiting->inflight, question);
    switch (fairqueue_rank_at_worker(&waiting->queues[question->group], slot)) {
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
waiting_put_back(struct waiting *waiting, const struct inflight_question *question)
{
    waiting->stuck = inflight_slot(&waiting->inflight, question);
}

void
waiting_refill(struct waiting *waiting, uint32_t ring, bool is_death)
{
    struct inflight *inflight = &waiting->inflight;
    struct inflight_question *question, *next;
    for (question = inflight_oldest(inflight); question != NULL; question = next) {
        uint32_t slot = inflight_slot(inflight, question);
        next = inflight_younger(inflight, question);
        if (!inflight_is_in_ring(question, ring))
            continue;
        if (question->waiting_count == 0) /* no query waits: not worth asking again */
            waiting_end(waiting, question);
        else if (inflight_ask_again(inflight, question, is_death))
            fairqueue_return(queue_of(waiting, question), slot);
        else /* asked often enough: it waits for its deadline */
            (void)fairqueue_remove(queue_of(waiting, question), slot);
    }
}
