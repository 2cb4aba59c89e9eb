/* relay_ask.c - where a question is asked, asked again, and answered; see relay.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config.h"
#include "dns/dns_answer.h"
#include "os/log.h"
#include "worker/relay_table.h"
#include "worker/worker.h"

_Static_assert(CONFIG_UPSTREAMS_MAX <= 16, "a question's sets of upstreams have 16 bits");

static uint64_t
now_ms(const struct worker *worker)
{
    return worker->loop.now_us / 1000;
}

/* --- ends ----------------------------------------------------------------------------------- */

void
relay_recall(struct relay_question *q)
{
    for (unsigned i = 0; i < q->ways_count; i++)
        upstream_conn_forget(q->ways[i].conn, q->ways[i].id);
    q->ways_count = 0;
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
    struct leak *budget = loss == RELAY_SPOILT ? &relay->retries : &relay->failovers;
    if (leak_take(budget, 1, now_ms(worker)))
        return true;
    stats_add(worker->stats, STAT_RETRIES_REFUSED, 1);
    return false;
}

void
relay_orphan(struct worker *worker, uint32_t question, const struct upstream_conn *conn,
             enum relay_loss loss)
{
    struct relay_question *q = &worker->relay.questions[question];
    if (loss == RELAY_LOST || loss == RELAY_SPOILT)
        q->asks++;
    if (loss == RELAY_UNHEARD)
        q->unheard++;
    unsigned left = 0;
    for (unsigned i = 0; i < q->ways_count; i++)
        if (q->ways[i].conn != conn)
            q->ways[left++] = q->ways[i];
    q->ways_count = (uint8_t)left;
    if (left > 0)
        return; /* it is under way elsewhere */
    if (!may_ask_again(worker, q, loss)) {
        relay_fail(worker, q, DNS_EDE_NETWORK_ERROR);
        return;
    }
    relay_set_state(&worker->relay, q, RELAY_WAITING);
    worker->relay.has_more = true;
}

static const char *
text_of(enum dns_answer_verdict verdict)
{
    switch (verdict) {
    case DNS_ANSWER_SHORT:
        return "shorter than a header";
    case DNS_ANSWER_NOT:
        return "not a response to a query";
    case DNS_ANSWER_MALFORMED:
        return "a record or a name is broken, or octets follow its end";
    case DNS_ANSWER_OPT:
        return "a broken OPT, or two";
    case DNS_ANSWER_OK:
    case DNS_ANSWER_QUESTION:
    case DNS_ANSWER_ERROR:
        break;
    }
    return "?";
}

/* An answer to our question, and of no use to it: another server may do better. */
static enum relay_verdict
judge_bad(struct worker *worker, struct upstream_conn *conn, uint32_t question,
          enum dns_answer_verdict verdict)
{
    if (verdict == DNS_ANSWER_QUESTION)
        return RELAY_WRONG;
    stats_add(worker->stats, STAT_UPSTREAM_BAD, 1);
    log_write(LOG_WARNING, LOG_UPSTREAM_ANSWER, "upstream %s: an answer that is of no use: %s",
              conn->upstream->config->name, text_of(verdict));
    relay_orphan(worker, question, conn, RELAY_SPOILT);
    return RELAY_USELESS;
}

/* It is kept: where nobody else has more to say, it is what the client gets. */
static enum relay_verdict
judge_error(struct worker *worker, struct upstream_conn *conn, uint32_t question, uint16_t rcode)
{
    struct relay_question *q = &worker->relay.questions[question];
    stats_add(worker->stats, STAT_UPSTREAM_ERRORS, 1);
    log_write(LOG_NOTICE, LOG_UPSTREAM_ANSWER,
              "upstream %s: an error without the question, RCODE %u", conn->upstream->config->name,
              rcode);
    q->rcode = (uint8_t)rcode;
    if (worker->pool.count == 1)
        q->asks = RELAY_ASKS_MAX; /* the same server would say the same */
    relay_orphan(worker, question, conn, RELAY_SPOILT);
    return RELAY_USELESS;
}

/* Does it say that this server cannot, rather than something about the name? */
static bool
is_refusal(const struct dns_answer *answer)
{
    return answer->rcode == DNS_SERVFAIL || answer->rcode == DNS_REFUSED ||
           answer->rcode == DNS_NOTIMP || answer->rcode == DNS_FORMERR;
}

/* Another place that the question is under way at may know the answer: it is waited for. */
static enum relay_verdict
keep_refusal(struct worker *worker, struct upstream_conn *conn, uint32_t question, uint16_t rcode)
{
    worker->relay.questions[question].rcode = (uint8_t)rcode;
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
    if (verdict == DNS_ANSWER_ERROR)
        return judge_error(worker, conn, question, answer.rcode);
    if (verdict != DNS_ANSWER_OK)
        return judge_bad(worker, conn, question, verdict);
    if (is_refusal(&answer) && q->ways_count > 1)
        return keep_refusal(worker, conn, question, answer.rcode);
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
    if (q->ways[0].conn != conn)
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
    q->ways[q->ways_count++] = way;
    q->moves++;
    q->upstream = (uint8_t)conn->upstream->index;
    q->asked |= (uint16_t)(1U << conn->upstream->index);
    return true;
}

bool
relay_place(struct worker *worker, struct relay_question *q)
{
    /* connections that stand unused may all be lost: one that was heard since it came is not */
    uint64_t heard_us = q->unheard >= RELAY_UNHEARD_MAX ? q->since_us : 0;
    struct upstream_conn *conn = upstream_pool_pick(worker, q->upstream, q->query.rank, heard_us);
    bool is_spoilt = q->asks > 0 && conn != NULL && conn->upstream->index == q->upstream;
    if ((conn == NULL && heard_us > 0 && upstream_pool_is_opening(worker, worker->pool.count)) ||
        (is_spoilt && upstream_pool_is_opening(worker, q->upstream))) {
        relay_set_state(&worker->relay, q, RELAY_PICKY);
        return true;
    }
    if (conn == NULL && heard_us > 0)
        conn = upstream_pool_pick(worker, q->upstream, q->query.rank, 0);
    bool is_retry = q->moves > 0;
    if (conn == NULL || !ask_on(worker, q, conn))
        return false;
    if (is_retry)
        stats_add(worker->stats, STAT_UPSTREAM_RETRIES, 1);
    relay_set_state(&worker->relay, q, RELAY_ASKED);
    return true;
}

/* Does one more place make sense, and is there room to remember it? */
static bool
may_ask_more(const struct relay_question *q, enum relay_second why)
{
    if (q->ways_count >= RELAY_WAYS_MAX || q->moves >= RELAY_MOVES_MAX)
        return false;
    if (why == RELAY_HEDGE || why == RELAY_SLOW)
        return q->ways_count == 1;
    for (unsigned i = 0; i < q->ways_count; i++)
        if (q->ways[i].conn->watch.doubt != WATCH_LEFT)
            return false;
    return true;
}

static struct leak *
budget_of(struct relay *relay, enum relay_second why)
{
    switch (why) {
    case RELAY_HEDGE:
        return &relay->hedges;
    case RELAY_SLOW:
        return &relay->retries;
    case RELAY_FAILOVER:
    case RELAY_STUCK:
        break;
    }
    return &relay->failovers;
}

/* A name that is slow may yet be answered: half of the retries stay for those that failed. */
static bool
take_budget(struct worker *worker, enum relay_second why)
{
    struct relay *relay = &worker->relay;
    if (why == RELAY_SLOW && leak_free(&relay->retries, now_ms(worker)) <= RELAY_SLOW_LEAVES)
        return false;
    return leak_take(budget_of(relay, why), 1, now_ms(worker));
}

bool
relay_ask_second(struct worker *worker, uint32_t question, struct upstream_conn *conn,
                 enum relay_second why)
{
    struct relay *relay = &worker->relay;
    struct relay_question *q = &relay->questions[question];
    if (!may_ask_more(q, why))
        return true;
    struct upstream_elsewhere place = {.conn = conn,
                                       .rank = q->query.rank,
                                       .since_us = q->since_us,
                                       .asked = q->asked,
                                       .again = why == RELAY_STUCK ? 0 : q->again,
                                       .is_silent = why == RELAY_FAILOVER || why == RELAY_STUCK};
    struct upstream_conn *other = upstream_pool_elsewhere(worker, &place);
    if (other == NULL)
        return false;
    bool is_hedge = why == RELAY_HEDGE;
    if (!take_budget(worker, why)) {
        stats_add(worker->stats, is_hedge ? STAT_HEDGES_REFUSED : STAT_RETRIES_REFUSED, 1);
        return true;
    }
    if (!ask_on(worker, q, other))
        return false;
    if (other->watch.heard_us > q->since_us)
        q->again |= (uint16_t)(1U << other->upstream->index);
    stats_add(worker->stats,
              place.is_silent ? STAT_FAILOVERS
              : is_hedge      ? STAT_HEDGES
                              : STAT_UPSTREAM_RETRIES,
              1);
    return true;
}
