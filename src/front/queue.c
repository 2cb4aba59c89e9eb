/* queue.c - see queue.h */
#include "front/queue.h"

#include "front/deliver.h"
#include "front/front.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/random.h"

static struct hash_key
random_key(void)
{
    uint8_t bytes[16];
    random_fill(bytes, sizeof bytes);
    struct hash_key key = hash_key_from(bytes);
    explicit_bzero(bytes, sizeof bytes);
    return key;
}

static void
reserve_line(struct fairqueue *line, uint32_t count)
{
    struct fairqueue_config config = {
        .items = count + 2, /* slots of inflight are numbered from 1, and one is a draft */
        .limit = count,
        .prefix_limit = count,
        .quantum = 1,
        .ipv4_length = QUEUE_IPV4_LENGTH,
        .ipv6_length = QUEUE_IPV6_LENGTH,
    };
    void *memory = memory_reserve(fairqueue_memory_bytes(&config));
    if (memory == NULL || fairqueue_init(line, &config, memory, random_key()) != STATUS_OK)
        log_fatal("no memory for a queue of %u questions", count);
}

void
queue_reserve(struct front *front)
{
    struct queue *queue = &front->queue;
    uint32_t count = front->config->queries;
    void *memory = memory_reserve(tally_memory_bytes(count + 1)); /* and the draft */
    if (memory == NULL)
        log_fatal("no memory to count %u queries", count);
    tally_init(&queue->alive, memory, count + 1, QUEUE_IPV4_LENGTH, QUEUE_IPV6_LENGTH,
               random_key());
    for (unsigned line = 0; line < QUEUE_LINES; line++)
        reserve_line(&queue->lines[line], count);
    queue_change(front);
}

/* What upstreams take at once: more in the ring would be a queue where first come is first served.
 */
static uint32_t
asked_max(const struct config *config)
{
    uint32_t most =
        config->upstreams_count * config->upstream_connections * config->upstream_in_flight;
    most = most > QUEUE_ASKED_MIN ? most : QUEUE_ASKED_MIN;
    return most < config->queries ? most : config->queries;
}

void
queue_change(struct front *front)
{
    for (unsigned line = 0; line < QUEUE_LINES; line++)
        fairqueue_change(&front->queue.lines[line], front->config->queue_per_prefix);
    front->queue.asked_max = asked_max(front->config);
}

/* Let another client's question go in favour of this one's. */
static bool
make_room(struct front *front, const struct query *draft)
{
    unsigned last = draft->client.is_proven ? QUEUE_PROVEN : QUEUE_UNPROVEN;
    for (unsigned line = 0; line <= last; line++) {
        uint32_t slot = fairqueue_make_room(&front->queue.lines[line], &draft->client.addr,
                                            front_now_ms(front));
        if (slot != FAIRQUEUE_NONE) {
            deliver_shed(front, inflight_at(&front->inflight, slot), WHY_QUEUE_FULL);
            return true;
        }
    }
    return false;
}

bool
queue_keep(struct front *front, struct query *draft, enum why *why)
{
    struct tally *alive = &front->queue.alive;
    bool is_exempt = draft->client.payer == LIMIT_EXEMPT;
    uint32_t most = is_exempt ? front->queries.count + 1 : front->config->queue_per_prefix;
    uint32_t held = tally_take(alive, &draft->client.addr, most);
    if (held == TALLY_NONE) {
        *why = WHY_PREFIX_FULL;
        return false;
    }
    if (query_keep(&front->queries, draft) != STATUS_OK &&
        (!make_room(front, draft) || query_keep(&front->queries, draft) != STATUS_OK)) {
        tally_give(alive, held);
        *why = WHY_QUEUE_FULL;
        return false;
    }
    draft->held = held;
    return true;
}

void
queue_give(struct front *front, struct query *query)
{
    if (query->generation % 2 == 0)
        return;
    tally_give(&front->queue.alive, query->held);
    query_give(&front->queries, query);
}

static enum why
why_of_shed(enum fairqueue_shed shed)
{
    switch (shed) {
    case FAIRQUEUE_PATIENCE:
        return WHY_TIMEOUT;
    case FAIRQUEUE_PREFIX:
        return WHY_PREFIX_FULL;
    case FAIRQUEUE_FULL:
    case FAIRQUEUE_KEPT: /* not asked for */
        break;
    }
    return WHY_QUEUE_FULL;
}

void
queue_push(struct front *front, struct inflight_question *question, const struct query *query)
{
    uint32_t shed_slot;
    question->line = query->client.is_proven ? QUEUE_PROVEN : QUEUE_UNPROVEN;
    enum fairqueue_shed shed = fairqueue_push(
        &front->queue.lines[question->line], inflight_slot(&front->inflight, question),
        &query->client.addr, 1, question->deadline_ms, front_now_ms(front), &shed_slot);
    if (shed != FAIRQUEUE_KEPT)
        deliver_shed(front, inflight_at(&front->inflight, shed_slot), why_of_shed(shed));
}

void
queue_promote(struct front *front, struct inflight_question *question, const struct query *query)
{
    if (question->state == INFLIGHT_QUEUED && question->line == QUEUE_UNPROVEN &&
        query->client.is_proven &&
        fairqueue_remove(&front->queue.lines[QUEUE_UNPROVEN],
                         inflight_slot(&front->inflight, question)))
        queue_push(front, question, query);
}

void
queue_remove(struct front *front, struct inflight_question *question)
{
    uint32_t slot = inflight_slot(&front->inflight, question);
    if (question->state != INFLIGHT_QUEUED)
        return;
    if (front->queue.stuck == slot)
        front->queue.stuck = 0;
    (void)fairqueue_remove(&front->queue.lines[question->line], slot); /* it may be shed just now */
}

static enum queue_line
line_in_turn(struct queue *queue)
{
    bool both = queue->lines[QUEUE_PROVEN].count > 0 && queue->lines[QUEUE_UNPROVEN].count > 0;
    if (!both)
        return queue->lines[QUEUE_PROVEN].count > 0 ? QUEUE_PROVEN : QUEUE_UNPROVEN;
    queue->turn = queue->turn < QUEUE_PROVEN_TURNS ? queue->turn + 1 : 0;
    return queue->turn > 0 ? QUEUE_PROVEN : QUEUE_UNPROVEN;
}

struct inflight_question *
queue_next(struct front *front)
{
    struct queue *queue = &front->queue;
    uint32_t slot = queue->stuck;
    if (front->inflight.alive - front->inflight.queued >= queue->asked_max)
        return NULL;
    queue->stuck = 0;
    if (slot == 0)
        slot = fairqueue_pop(&queue->lines[line_in_turn(queue)]);
    return slot != FAIRQUEUE_NONE ? inflight_at(&front->inflight, slot) : NULL;
}

void
queue_put_back(struct front *front, struct inflight_question *question)
{
    front->queue.stuck = inflight_slot(&front->inflight, question);
}

static bool
is_any_in_ring(const struct inflight *inflight, uint32_t ring)
{
    const struct inflight_question *question = inflight_oldest(inflight);
    while (question != NULL && !inflight_is_in_ring(question, ring))
        question = inflight_younger(inflight, question);
    return question != NULL;
}

void
queue_refill(struct front *front, uint32_t ring, bool is_death)
{
    struct inflight *inflight = &front->inflight;
    struct inflight_question *question, *next;
    if (!is_any_in_ring(inflight, ring))
        return;
    for (question = inflight_oldest(inflight); question != NULL;
         question = inflight_younger(inflight, question)) {
        queue_remove(front, question);
        if (inflight_is_in_ring(question, ring))
            (void)inflight_ask_again(inflight, question, is_death); /* false: often enough */
    }
    /* who is shed for another stands in line already, so he is never the next */
    for (question = inflight_oldest(inflight); question != NULL; question = next) {
        next = inflight_younger(inflight, question);
        bool is_elsewhere =
            question->state == INFLIGHT_ASKED && !inflight_is_in_ring(question, ring);
        if (is_elsewhere)
            continue;
        if (question->waiting_count == 0) /* nobody waits: not worth another upstream query */
            inflight_end(inflight, question);
        else if (question->state == INFLIGHT_QUEUED)
            queue_push(front, question, inflight_first_waiting(&front->queries, question));
    }
}
