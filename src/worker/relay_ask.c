/* relay_ask.c - where a question is asked, asked again, and answered; see relay.h */
#include "conf/config.h"
#include "dns/dns_answer.h"
#include "os/log.h"
#include "worker/relay_table.h"
#include "worker/worker.h"

static uint64_t
now_ms(const struct worker *worker)
{
    return worker->loop.now_us / 1000;
}

/* --- ends ----------------------------------------------------------------------------------- */

void
relay_recall(struct relay_question *q)
{
    for (unsigned i = 0; i < 2; i++)
        if (q->ways[i].conn != NULL)
            upstream_conn_forget(q->ways[i].conn, q->ways[i].id);
    q->ways[0] = q->ways[1] = (struct relay_way){0};
}

void
relay_fail(struct worker *worker, struct relay_question *q, uint16_t ede)
{
    relay_recall(q);
    q->ede = ede;
    relay_set_state(&worker->relay, q, RELAY_FAILED);
}

/* May a question that lost its connection be asked again? */
static bool
may_ask_again(struct worker *worker, const struct relay_question *q, enum relay_loss loss)
{
    struct relay *relay = &worker->relay;
    if (q->asks >= RELAY_ASKS_MAX || q->moves >= RELAY_MOVES_MAX)
        return false;
    struct tokens *budget = loss == RELAY_SPOILT ? &relay->retries : &relay->failovers;
    if (tokens_take(budget, 1, now_ms(worker)))
        return true;
    stats_add(worker->stats, STAT_RETRIES_REFUSED, 1);
    return false;
}

void
relay_orphan(struct worker *worker, uint32_t question, const struct upstream_conn *conn,
             enum relay_loss loss)
{
    struct relay_question *q = &worker->relay.questions[question];
    if (loss != RELAY_ENDED)
        q->asks++;
    if (q->ways[0].conn == conn)
        q->ways[0] = q->ways[1];
    q->ways[1] = (struct relay_way){0};
    if (q->ways[0].conn != NULL)
        return; /* it is under way elsewhere */
    if (!may_ask_again(worker, q, loss)) {
        relay_fail(worker, q, DNS_EDE_NETWORK_ERROR);
        return;
    }
    relay_set_state(&worker->relay, q, RELAY_WAITING);
    worker->relay.has_more = true;
}

static enum relay_verdict
judge_bad(struct worker *worker, struct upstream_conn *conn, uint32_t question,
          enum dns_answer_verdict verdict)
{
    if (verdict == DNS_ANSWER_QUESTION || verdict == DNS_ANSWER_NOT)
        return RELAY_WRONG;
    /* to our question, yet broken inside: another server may do better */
    stats_add(worker->stats, STAT_UPSTREAM_BAD, 1);
    log_write(LOG_WARNING, LOG_UPSTREAM_ANSWER, "upstream %s: a malformed answer",
              conn->upstream->config->name);
    relay_orphan(worker, question, conn, RELAY_SPOILT);
    return RELAY_TAKEN;
}

enum relay_verdict
relay_answer(struct worker *worker, struct upstream_conn *conn, uint32_t question,
             const uint8_t *message, size_t size, uint32_t rtt_us)
{
    struct relay *relay = &worker->relay;
    struct relay_question *q = &relay->questions[question];
    struct dns_answer answer;
    enum dns_answer_verdict verdict = dns_answer_parse(message, size, &q->query.question, &answer);
    if (verdict != DNS_ANSWER_OK)
        return judge_bad(worker, conn, question, verdict);
    if (HANDOFF_ANSWER_HEAD + size > relay->to_front.size / 2) {
        relay_fail(worker, q, DNS_EDE_OTHER); /* could wait for ever for so much room */
        return RELAY_TAKEN;
    }
    if (!relay_has_room(worker, HANDOFF_ANSWER_HEAD + size))
        return RELAY_HELD;
    if (answer.keepalive_timed)
        upstream_pool_keepalive(conn, answer.keepalive_100ms);
    relay_put(worker, &(struct handoff_answer){.slot = q->query.slot,
                                               .generation = q->query.generation,
                                               .outcome = HANDOFF_ANSWERED,
                                               .upstream = (uint8_t)conn->upstream->index,
                                               .ede = DNS_EDE_NONE,
                                               .rtt_us = rtt_us,
                                               .message = message,
                                               .message_size = size});
    if (q->ways[1].conn == conn)
        stats_add(worker->stats, STAT_SECONDS_FIRST, 1);
    histogram_add(&worker->stats->latency, rtt_us);
    relay_recall(q);
    relay_question_give(relay, q);
    return RELAY_TAKEN;
}

/* --- beginnings ----------------------------------------------------------------------------- */

static bool
ask_on(struct worker *worker, struct relay_question *q, struct upstream_conn *conn)
{
    struct relay_way way = {.conn = conn};
    if (upstream_conn_ask(conn, relay_index_of(&worker->relay, q), &q->query, &way.id) != STATUS_OK)
        return false;
    q->ways[q->ways[0].conn != NULL] = way;
    q->moves++;
    q->upstream = (uint8_t)conn->upstream->index;
    return true;
}

bool
relay_place(struct worker *worker, struct relay_question *q)
{
    struct upstream_conn *conn = upstream_pool_pick(worker, q->upstream);
    bool is_retry = q->moves > 0;
    if (conn == NULL || !ask_on(worker, q, conn))
        return false;
    if (is_retry)
        stats_add(worker->stats, STAT_UPSTREAM_RETRIES, 1);
    relay_set_state(&worker->relay, q, RELAY_ASKED);
    return true;
}

bool
relay_ask_second(struct worker *worker, uint32_t question, struct upstream_conn *conn,
                 enum relay_second why)
{
    struct relay *relay = &worker->relay;
    struct relay_question *q = &relay->questions[question];
    bool is_hedge = why == RELAY_HEDGE;
    if (q->ways[1].conn != NULL || q->moves >= RELAY_MOVES_MAX)
        return true;
    struct upstream_conn *other = upstream_pool_elsewhere(worker, conn);
    if (other == NULL)
        return false;
    if (!tokens_take(is_hedge ? &relay->hedges : &relay->failovers, 1, now_ms(worker))) {
        stats_add(worker->stats, is_hedge ? STAT_HEDGES_REFUSED : STAT_RETRIES_REFUSED, 1);
        return true;
    }
    if (!ask_on(worker, q, other))
        return false;
    stats_add(worker->stats, is_hedge ? STAT_HEDGES : STAT_FAILOVERS, 1);
    return true;
}
