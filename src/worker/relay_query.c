/* relay_query.c - see relay_query.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/relay_query.h"

#include "dns/dns_answer.h"
#include "dns/dns_edns.h"

#include <string.h>

/* --- the table ------------------------------------------------------------------------------- */

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
        return &table->waiting[q->group][q->handoff.rank];
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
relay_query_table(struct relay_table *table, struct relay_query *queries, void *deadlines,
                  uint32_t count, uint32_t waiting_of[ROUTES_GROUPS_MAX])
{
    *table = (struct relay_table){.queries = queries, .count = count, .waiting_of = waiting_of};
    deadlines_init(&table->deadlines, deadlines, count + 1);
}

uint32_t
relay_query_number(const struct relay_table *table, const struct relay_query *q)
{
    return (uint32_t)(q - table->queries);
}

struct relay_query *
relay_query_alive(const struct relay_table *table, uint32_t number)
{
    struct relay_query *q = &table->queries[number];
    return q->state != RELAY_FREE ? q : NULL;
}

bool
relay_query_is_full(const struct relay_table *table)
{
    return table->alive == table->count;
}

struct relay_query *
relay_query_take(struct relay_table *table)
{
    uint32_t number = list_pop(&table->free, links_of(table));
    struct relay_query *q = &table->queries[number != LIST_NONE ? number : ++table->used];
    table->alive++;
    memset(q->ways, 0, sizeof q->ways);
    q->asks = q->moves = q->unheard = q->ways_count = q->rcode = q->group = 0;
    q->asked = q->again = 0;
    q->upstream = CONFIG_UPSTREAMS_MAX;
    return q;
}

void
relay_query_move(struct relay_table *table, struct relay_query *q, enum relay_state state)
{
    uint32_t number = relay_query_number(table, q);
    struct list *from = list_of(table, q, q->state), *to = list_of(table, q, state);
    uint32_t more = state == RELAY_WAITING ? 1 : 0, less = q->state == RELAY_WAITING ? 1 : 0;
    table->waiting_count += more - less;
    table->waiting_of[q->group] += more - less;
    if (from != NULL)
        list_remove(from, links_of(table), number);
    if (to != NULL)
        list_push(to, links_of(table), number);
    if (state == RELAY_FREE || state == RELAY_FAILED) /* it ends, and waits for nothing but room */
        deadlines_clear(&table->deadlines, number);
    q->state = (uint8_t)state;
}

void
relay_query_give(struct relay_table *table, struct relay_query *q)
{
    relay_query_move(table, q, RELAY_FREE);
    explicit_bzero(&q->handoff, sizeof q->handoff);
    list_push_first(&table->free, links_of(table), relay_query_number(table, q));
    table->alive--;
}

struct relay_query *
relay_query_due(const struct relay_table *table, uint64_t now_us)
{
    return table->deadlines.first_at <= now_us ? &table->queries[table->deadlines.first] : NULL;
}

struct relay_query *
relay_query_first(const struct relay_table *table, const struct list *list)
{
    uint32_t number = list_first(list);
    return number != LIST_NONE ? &table->queries[number] : NULL;
}

/* --- answers to the front -------------------------------------------------------------------- */

/* Is there room for an answer of `size` octets? If not, the front rings later. */
static bool
has_room(struct relay *relay, size_t size)
{
    if (ring_fits(&relay->link.to_peer, size))
        return true;
    if (!relay->link.to_peer.broken && !ring_await_room(&relay->link.to_peer, size) &&
        ring_fits(&relay->link.to_peer, size))
        return true; /* made room just now */
    if (!relay->is_full)
        stats_add(relay->stats, STAT_RING_FULL, 1);
    relay->is_full = true;
    relay->full_bytes = size;
    return false;
}

/* Put an answer for which there is room. */
static void
put(struct relay *relay, const struct handoff_answer *answer)
{
    uint8_t head[HANDOFF_ANSWER_HEAD];
    handoff_answer_write(answer, head);
    if (ring_put(&relay->link.to_peer, head, sizeof head, answer->message, answer->message_size) !=
        STATUS_OK)
        relay->link.to_peer.broken = true; /* has_room() said yes: the front lied */
}

bool
relay_query_tell(struct relay *relay, struct relay_query *q)
{
    /* an upstream's own error says more than we could */
    uint8_t error[DNS_HEADER_SIZE] = {0, 0, DNS_QR >> 8, q->rcode};
    bool has_error = q->rcode != DNS_NOERROR;
    size_t size = has_error ? sizeof error : 0;
    enum handoff_outcome outcome = has_error                             ? HANDOFF_ANSWERED
                                   : pool_is_down(relay->pool, q->group) ? HANDOFF_DOWN
                                                                         : HANDOFF_FAILED;
    if (!has_room(relay, HANDOFF_ANSWER_HEAD + size))
        return false;
    put(relay, &(struct handoff_answer){
                   .slot = q->handoff.slot,
                   .generation = q->handoff.generation,
                   .outcome = (uint8_t)outcome,
                   .upstream = q->upstream,
                   .ede = has_error ? DNS_EDE_NONE : q->ede,
                   .message = has_error ? error : NULL,
                   .message_size = size,
               });
    relay_query_give(&relay->table, q);
    return true;
}

/* --- ends ----------------------------------------------------------------------------------- */

void
relay_query_abandon(struct relay_query *q)
{
    for (unsigned i = 0; i < q->ways_count; i++)
        conn_abandon(q->ways[i].conn, q->ways[i].id);
    q->ways_count = 0;
}

void
relay_query_fail(struct relay *relay, struct relay_query *q, uint16_t ede)
{
    relay_query_abandon(q);
    q->ede = ede;
    relay_query_move(&relay->table, q, RELAY_FAILED);
}

static uint64_t
now_ms(const struct relay *relay)
{
    return relay->loop->now_us / 1000;
}

static void
earn(struct leak *leak, uint32_t queries, uint32_t percent)
{
    uint64_t milli = (uint64_t)queries * percent * 10;
    leak_earn(leak, milli < UINT32_MAX ? (uint32_t)milli : UINT32_MAX);
}

/* Retries and hedges are shares of the traffic. It is looked at only when one is wanted. */
static void
settle_budgets(struct relay *relay)
{
    earn(&relay->retries, relay->unearned, relay->pool->policy.retry_percent);
    earn(&relay->hedges, relay->unearned, relay->pool->policy.hedge_percent);
    relay->unearned = 0;
}

/* May a query that lost its connection be asked again? */
static bool
may_ask_again(struct relay *relay, const struct relay_query *q, enum relay_loss loss)
{
    if (q->asks >= RELAY_ASKS_MAX || q->moves >= RELAY_MOVES_MAX)
        return false;
    struct leak *budget = loss == RELAY_SPOILT ? &relay->retries : &relay->failovers;
    settle_budgets(relay);
    if (leak_take(budget, 1, now_ms(relay)))
        return true;
    stats_add(relay->stats, STAT_RETRIES_REFUSED, 1);
    return false;
}

static void
drop_way(struct relay_query *q, const struct conn *conn)
{
    unsigned left = 0;
    for (unsigned i = 0; i < q->ways_count; i++)
        if (q->ways[i].conn != conn)
            q->ways[left++] = q->ways[i];
    q->ways_count = (uint8_t)left;
}

void
relay_query_lost(struct relay *relay, struct relay_query *q, const struct conn *conn,
                 enum relay_loss loss)
{
    if (loss == RELAY_LOST || loss == RELAY_SPOILT)
        q->asks++;
    if (loss == RELAY_UNHEARD)
        q->unheard++;
    drop_way(q, conn);
    if (q->ways_count > 0)
        return; /* it is under way elsewhere */
    if (!may_ask_again(relay, q, loss)) {
        relay_query_fail(relay, q, DNS_EDE_NETWORK_ERROR);
        return;
    }
    relay_query_move(&relay->table, q, RELAY_WAITING);
    relay->link.has_more = true;
}

/* --- responses ------------------------------------------------------------------------------- */

static const char *
text_of(enum dns_answer_verdict verdict)
{
    switch (verdict) {
    case DNS_ANSWER_SHORT:
        return "shorter than a header";
    case DNS_ANSWER_NOT:
        return "not a response to a query";
    case DNS_ANSWER_MALFORMED:
        return "a malformed record or name, or octets behind the last record";
    case DNS_ANSWER_OPT:
        return "a malformed OPT, or more than one";
    case DNS_ANSWER_OK:
    case DNS_ANSWER_QUESTION:
    case DNS_ANSWER_ERROR:
        break;
    }
    return "?";
}

/* It is of no use to its query: another server may do better. */
static void
answer_spoilt(struct relay *relay, struct conn *conn, const struct conn_response *response)
{
    struct relay_query *q = &relay->table.queries[response->query];
    conn_io_done(conn, response, false);
    relay_query_lost(relay, q, conn, RELAY_SPOILT);
}

static void
answer_bad(struct relay *relay, struct conn *conn, const struct conn_response *response,
           enum dns_answer_verdict verdict)
{
    stats_add(relay->stats, STAT_UPSTREAM_BAD, 1);
    log_write(LOG_WARNING, LOG_UPSTREAM_ANSWER, "upstream %s: a response is unusable: %s",
              conn->upstream->config->name, text_of(verdict));
    answer_spoilt(relay, conn, response);
}

/* It draws an answer to another query: the connection is not to be trusted. */
static void
answer_wrong(struct relay *relay, struct conn *conn, const struct conn_response *response)
{
    struct relay_query *q = &relay->table.queries[response->query];
    conn_io_distrust(conn, response);
    relay_query_lost(relay, q, conn, RELAY_SPOILT);
}

/* It is kept: the client gets it if no other upstream has an answer. */
static void
answer_error(struct relay *relay, struct conn *conn, const struct conn_response *response,
             uint16_t rcode)
{
    struct relay_query *q = &relay->table.queries[response->query];
    stats_add(relay->stats, STAT_UPSTREAM_ERRORS, 1);
    log_write(LOG_NOTICE, LOG_UPSTREAM_ANSWER,
              "upstream %s: a response has no question, only RCODE %u",
              conn->upstream->config->name, rcode);
    q->rcode = (uint8_t)rcode;
    upstream_said(conn->upstream, rcode, &q->handoff.question);
    if (relay->pool->routes->sets.of_group[q->group] == 1U << conn->upstream->index)
        q->asks = RELAY_ASKS_MAX; /* the same server would say the same */
    answer_spoilt(relay, conn, response);
}

/* Another place that the query is under way at may know the answer: it is waited for. */
static void
answer_refusal(struct relay *relay, struct conn *conn, const struct conn_response *response,
               uint16_t rcode)
{
    struct relay_query *q = &relay->table.queries[response->query];
    q->rcode = (uint8_t)rcode;
    upstream_said(conn->upstream, rcode, &q->handoff.question);
    conn_io_done(conn, response, true);
    relay_query_lost(relay, q, conn, RELAY_SPOILT);
}

/* The ring might never have so much room at once. */
static void
answer_too_large(struct relay *relay, struct conn *conn, const struct conn_response *response)
{
    struct relay_query *q = &relay->table.queries[response->query];
    conn_io_done(conn, response, true);
    drop_way(q, conn);
    relay_query_fail(relay, q, DNS_EDE_OTHER);
}

static void
answer_good(struct relay *relay, struct conn *conn, const struct conn_response *response,
            const struct dns_answer *answer)
{
    struct relay_query *q = &relay->table.queries[response->query];
    upstream_said(conn->upstream, answer->rcode, &q->handoff.question);
    if (answer->keepalive_timed)
        conn_keepalive(conn, answer->keepalive_100ms);
    put(relay, &(struct handoff_answer){.slot = q->handoff.slot,
                                        .generation = q->handoff.generation,
                                        .outcome = HANDOFF_ANSWERED,
                                        .upstream = (uint8_t)conn->upstream->index,
                                        .ede = DNS_EDE_NONE,
                                        .rtt_us = response->rtt_us,
                                        .message = response->message,
                                        .message_size = response->size});
    if (q->ways[0].conn != conn)
        stats_add(relay->stats, STAT_SECONDS_FIRST, 1);
    stats_latency(relay->stats, STATS_STAGE_UPSTREAM, response->rtt_us);
    conn_io_done(conn, response, true);
    drop_way(q, conn);
    relay_query_abandon(q);
    relay_query_give(&relay->table, q);
}

void
relay_query_answer(struct relay *relay, struct conn *conn, const struct conn_response *response)
{
    const struct relay_query *q = &relay->table.queries[response->query];
    size_t size = HANDOFF_ANSWER_HEAD + response->size;
    struct dns_answer answer;
    enum dns_answer_verdict verdict =
        dns_answer_parse(response->message, response->size, &q->handoff.question, &answer);
    if (verdict == DNS_ANSWER_ERROR)
        answer_error(relay, conn, response, answer.rcode);
    else if (verdict == DNS_ANSWER_QUESTION)
        answer_wrong(relay, conn, response);
    else if (verdict != DNS_ANSWER_OK)
        answer_bad(relay, conn, response, verdict);
    else if (upstream_is_error(answer.rcode) && q->ways_count > 1)
        answer_refusal(relay, conn, response, answer.rcode);
    else if (size > relay->link.to_peer.size / 2)
        answer_too_large(relay, conn, response);
    else if (has_room(relay, size))
        answer_good(relay, conn, response, &answer);
    else
        conn_io_pause(conn);
}

/* --- beginnings ----------------------------------------------------------------------------- */

static bool
ask_on(struct relay *relay, struct relay_query *q, struct conn *conn)
{
    struct relay_way way = {.conn = conn};
    uint32_t number = relay_query_number(&relay->table, q);
    if (conn_io_write(conn, number, &q->handoff, &way.id) != STATUS_OK)
        return false;
    if (q->moves == 0)
        stats_latency(relay->stats, STATS_STAGE_PLACE, relay->loop->now_us - q->since_us);
    q->ways[q->ways_count++] = way;
    q->moves++;
    q->upstream = (uint8_t)conn->upstream->index;
    q->asked |= (uint16_t)(1U << conn->upstream->index);
    return true;
}

bool
relay_query_place(struct relay *relay, struct relay_query *q)
{
    struct pool *pool = relay->pool;
    /* connections that stand unused may all be lost: one that was heard since it came is not */
    uint64_t heard_us = q->unheard >= RELAY_UNHEARD_MAX ? q->since_us : 0;
    struct conn *conn = pool_pick(pool, q->group, q->upstream, q->handoff.rank, heard_us);
    bool is_spoilt = q->asks > 0 && conn != NULL && conn->upstream->index == q->upstream;
    if ((conn == NULL && heard_us > 0 && pool_is_opening(pool, q->group, pool->count)) ||
        (is_spoilt && pool_is_opening(pool, q->group, q->upstream))) {
        relay_query_move(&relay->table, q, RELAY_PICKY);
        return true;
    }
    if (conn == NULL && heard_us > 0)
        conn = pool_pick(pool, q->group, q->upstream, q->handoff.rank, 0);
    bool is_retry = q->moves > 0;
    if (conn == NULL || !ask_on(relay, q, conn))
        return false;
    if (is_retry)
        stats_add(relay->stats, STAT_UPSTREAM_RETRIES, 1);
    relay_query_move(&relay->table, q, RELAY_ASKED);
    return true;
}

/* Does one more place make sense, and is there room to remember it? */
static bool
may_ask_more(const struct relay_query *q, enum conn_late why)
{
    if (q->ways_count >= RELAY_WAYS_MAX || q->moves >= RELAY_MOVES_MAX)
        return false;
    if (why == CONN_LATE_HEDGE || why == CONN_LATE_SLOW)
        return q->ways_count == 1;
    for (unsigned i = 0; i < q->ways_count; i++)
        if (q->ways[i].conn->watch.doubt != WATCH_LEFT)
            return false;
    return true;
}

static struct leak *
budget_of(struct relay *relay, enum conn_late why)
{
    switch (why) {
    case CONN_LATE_HEDGE:
        return &relay->hedges;
    case CONN_LATE_SLOW:
        return &relay->retries;
    case CONN_LATE_FAILOVER:
    case CONN_LATE_STUCK:
        break;
    }
    return &relay->failovers;
}

/* A name that is slow may yet be answered: half of the retries stay for those that failed. */
static bool
take_budget(struct relay *relay, enum conn_late why)
{
    settle_budgets(relay);
    if (why == CONN_LATE_SLOW && leak_free(&relay->retries, now_ms(relay)) <= RELAY_SLOW_LEAVES)
        return false;
    return leak_take(budget_of(relay, why), 1, now_ms(relay));
}

bool
relay_query_ask_elsewhere(struct relay *relay, struct relay_query *q, const struct conn *conn,
                          enum conn_late why)
{
    if (!may_ask_more(q, why))
        return true;
    struct pool_elsewhere place = {.conn = conn,
                                   .group = q->group,
                                   .rank = q->handoff.rank,
                                   .since_us = q->since_us,
                                   .asked = q->asked,
                                   .again = why == CONN_LATE_STUCK ? 0 : q->again,
                                   .is_silent =
                                       why == CONN_LATE_FAILOVER || why == CONN_LATE_STUCK};
    struct conn *other = pool_pick_elsewhere(relay->pool, &place);
    if (other == NULL)
        return false;
    bool is_hedge = why == CONN_LATE_HEDGE;
    if (!take_budget(relay, why)) {
        stats_add(relay->stats, is_hedge ? STAT_HEDGES_REFUSED : STAT_RETRIES_REFUSED, 1);
        return true;
    }
    if (!ask_on(relay, q, other))
        return false;
    if (other->watch.heard_us > q->since_us)
        q->again |= (uint16_t)(1U << other->upstream->index);
    stats_add(relay->stats,
              place.is_silent ? STAT_FAILOVERS
              : is_hedge      ? STAT_HEDGES
                              : STAT_UPSTREAM_RETRIES,
              1);
    return true;
}
