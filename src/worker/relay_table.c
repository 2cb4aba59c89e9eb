/* relay_table.c - see relay_table.h */
#include "worker/relay_table.h"

#include "conf/config.h"
#include "os/log.h"
#include "os/memory.h"
#include "worker/worker.h"

#include <string.h>

#define SORT_STEPS 32 /* places that a question may be put before later ones, by its deadline */

uint32_t
relay_index_of(const struct relay *relay, const struct relay_question *q)
{
    return (uint32_t)(q - relay->questions);
}

/* The list that a state's questions are in; NULL: none. */
static struct relay_list *
list_of(struct relay *relay, enum relay_state state)
{
    switch (state) {
    case RELAY_WAITING:
        return &relay->waiting;
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
    struct relay_list *from = list_of(relay, q->state), *to = list_of(relay, state);
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
            relay->questions[to->last].after = relay_index_of(relay, q);
        else
            to->first = relay_index_of(relay, q);
        to->last = relay_index_of(relay, q);
    }
    q->state = (uint8_t)state;
}

/* By deadline, nearly always at the end: the front gives every query the same time. */
void
relay_add_to_ages(struct relay *relay, struct relay_question *q)
{
    uint32_t older = relay->ages.last;
    for (int i = 0; i < SORT_STEPS && older != RELAY_NONE &&
                    relay->questions[older].deadline_us > q->deadline_us;
         i++)
        older = relay->questions[older].older;
    q->older = older;
    q->newer = older != RELAY_NONE ? relay->questions[older].newer : relay->ages.first;
    if (q->older != RELAY_NONE)
        relay->questions[q->older].newer = relay_index_of(relay, q);
    else
        relay->ages.first = relay_index_of(relay, q);
    if (q->newer != RELAY_NONE)
        relay->questions[q->newer].older = relay_index_of(relay, q);
    else
        relay->ages.last = relay_index_of(relay, q);
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
        relay->free = q->newer;
    } else {
        q = &relay->questions[relay->fresh++];
    }
    relay->alive++;
    q->before = q->after = RELAY_NONE;
    q->ways[0] = q->ways[1] = (struct relay_way){0};
    q->asks = q->moves = 0;
    q->upstream = CONFIG_UPSTREAMS_MAX;
    return q;
}

void
relay_question_give(struct relay *relay, struct relay_question *q)
{
    relay_set_state(relay, q, RELAY_FREE);
    if (q->older != RELAY_NONE)
        relay->questions[q->older].newer = q->newer;
    else
        relay->ages.first = q->newer;
    if (q->newer != RELAY_NONE)
        relay->questions[q->newer].older = q->older;
    else
        relay->ages.last = q->older;
    explicit_bzero(&q->query, sizeof q->query);
    q->newer = relay->free;
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
                            .ages = {RELAY_NONE, RELAY_NONE},
                            .waiting = {RELAY_NONE, RELAY_NONE},
                            .failed = {RELAY_NONE, RELAY_NONE}};
    relay->questions = memory_reserve(count * sizeof *relay->questions);
    if (relay->questions == NULL)
        log_fatal("no memory for %u questions", count);
    relay->retries = tokens_make(RELAY_RETRY_FLOOR, RELAY_RETRY_BURST, 0);
    relay->failovers = tokens_make(count / RELAY_FAILOVER_PARTS, count, 0);
    relay->hedges = tokens_make(0, RELAY_HEDGE_BURST, 0);
    tokens_spend(&relay->hedges, RELAY_HEDGE_BURST, 0); /* a share of traffic from the start */
}
