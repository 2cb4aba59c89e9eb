/* relay_table.c - see relay_table.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/relay_table.h"

#include "conf/config.h"
#include "os/log.h"
#include "os/memory.h"
#include "worker/worker.h"

#include <string.h>

uint32_t
relay_index_of(const struct relay *relay, const struct relay_question *q)
{
    return (uint32_t)(q - relay->questions);
}

/* The list that a state's questions are in; NULL: none. */
static struct relay_list *
list_of(struct relay *relay, const struct relay_question *q, enum relay_state state)
{
    switch (state) {
    case RELAY_WAITING:
        return &relay->waiting[q->query.rank];
    case RELAY_PICKY:
        return &relay->picky;
    case RELAY_FAILED:
        return &relay->failed;
    case RELAY_FREE:
    case RELAY_ASKED:
        break;
    }
    return NULL;
}

/* The only place that writes q->state. */
void
relay_set_state(struct relay *relay, struct relay_question *q, enum relay_state state)
{
    uint32_t index = relay_index_of(relay, q);
    struct relay_list *from = list_of(relay, q, q->state), *to = list_of(relay, q, state);
    relay->waiting_count += state == RELAY_WAITING ? 1 : 0;
    relay->waiting_count -= q->state == RELAY_WAITING ? 1 : 0;
    if (from != NULL) {
        if (q->before != RELAY_NONE)
            relay->questions[q->before].after = q->after;
        else
            from->first = q->after;
        if (q->after != RELAY_NONE)
            relay->questions[q->after].before = q->before;
        else
            from->last = q->before;
    }
    q->before = q->after = RELAY_NONE;
    if (to != NULL) {
        q->before = to->last;
        if (to->last != RELAY_NONE)
            relay->questions[to->last].after = index;
        else
            to->first = index;
        to->last = index;
    }
    if (state == RELAY_FREE || state == RELAY_FAILED) /* it ends, and waits for nothing but room */
        deadlines_clear(&relay->deadlines, index);
    q->state = (uint8_t)state;
}

bool
relay_is_full(const struct relay *relay)
{
    return relay->alive == relay->count;
}

/* Only where relay_is_full() says no. */
struct relay_question *
relay_question_take(struct relay *relay)
{
    struct relay_question *q;
    if (relay->free != RELAY_NONE) {
        q = &relay->questions[relay->free];
        relay->free = q->next_free;
    } else {
        q = &relay->questions[relay->fresh++];
    }
    relay->alive++;
    q->before = q->after = RELAY_NONE;
    memset(q->ways, 0, sizeof q->ways);
    q->asks = q->moves = q->unheard = q->ways_count = q->rcode = 0;
    q->asked = q->again = 0;
    q->upstream = CONFIG_UPSTREAMS_MAX;
    return q;
}

void
relay_question_give(struct relay *relay, struct relay_question *q)
{
    relay_set_state(relay, q, RELAY_FREE);
    explicit_bzero(&q->query, sizeof q->query);
    q->next_free = relay->free;
    relay->free = relay_index_of(relay, q);
    relay->alive--;
}

void
relay_reserve(struct worker *worker)
{
    struct relay *relay = &worker->relay;
    uint32_t count = worker->config->queries;
    *relay = (struct relay){.count = count,
                            .bell.fd = -1,
                            .front_bell = -1,
                            .free = RELAY_NONE,
                            .picky = {RELAY_NONE, RELAY_NONE},
                            .failed = {RELAY_NONE, RELAY_NONE}};
    for (unsigned rank = 0; rank < HANDOFF_RANKS; rank++)
        relay->waiting[rank] = (struct relay_list){RELAY_NONE, RELAY_NONE};
    relay->questions = memory_reserve(count * sizeof *relay->questions);
    void *deadlines = memory_reserve(deadlines_bytes(count));
    if (relay->questions == NULL || deadlines == NULL)
        log_fatal("no memory for %u questions", count);
    deadlines_init(&relay->deadlines, deadlines, count);
    relay->retries = leak_make(RELAY_RETRY_FLOOR, RELAY_RETRY_BURST, 0);
    relay->failovers = leak_make(count / RELAY_FAILOVER_PARTS, count, 0);
    relay->hedges = leak_make(0, RELAY_HEDGE_BURST, 0);
    leak_spend(&relay->hedges, RELAY_HEDGE_BURST, 0); /* a share of traffic from the start */
}
