/* admit.c - see admit.h
 * SPDX-License-Identifier: ISC
 *
 * A stage returns true to pass a message on; else its verdict says how it ends. It reads what
 * stages before it wrote and nothing else.
 */
#include "front/admit.h"

#include "answers/own_answer.h"
#include "dns/dns_traits.h"
#include "front/front.h"

/* The one switch. */
static void
end(struct front *front, const struct query *query, const struct verdict *verdict,
    const struct clock_time *now)
{
    if (verdict->price > 0)
        rate_charge(&front->rate, query, verdict->price, now);
    ledger_note(&front->ledger, &front->rate.set, query, verdict, now);
    switch ((enum verdict_end)verdict->end) {
    case VERDICT_ANSWER:
        deliver_answer(&front->deliver, query, verdict, now);
        break;
    case VERDICT_REFUSE:
        deliver_refuse(&front->deliver, query, verdict, now);
        break;
    case VERDICT_DROP:
        deliver_drop(&front->deliver, query, (enum why)verdict->why, now);
        break;
    }
}

/* --- a client's message: its form ------------------------------------------------------------ */

static enum why
why_of_form(enum dns_query_verdict form)
{
    switch (form) {
    case DNS_QUERY_SHORT:
        return WHY_SHORT;
    case DNS_QUERY_RESPONSE:
        return WHY_RESPONSE;
    case DNS_QUERY_OPCODE:
        return WHY_OPCODE;
    case DNS_QUERY_COUNTS:
    case DNS_QUERY_COOKIE: /* where there are no cookies */
        return WHY_COUNTS;
    case DNS_QUERY_NAME:
        return WHY_NAME;
    case DNS_QUERY_RECORD:
        return WHY_RECORD;
    case DNS_QUERY_SIGNED:
        return WHY_SIGNED;
    case DNS_QUERY_OPT:
        return WHY_OPT;
    case DNS_QUERY_TRAILING:
        return WHY_TRAILING;
    case DNS_QUERY_VERSION:
        return WHY_VERSION;
    case DNS_QUERY_TYPE:
    case DNS_QUERY_OK: /* not asked for */
        break;
    }
    return WHY_TYPE;
}

/* Options that break the rules of their kind, where we make use of that kind. */
static bool
has_odd_option(const struct front *front, const struct query *draft)
{
    const struct dns_edns *edns = &draft->dns.edns;
    return (edns->keepalive_is_odd && draft->client.transport == QUERY_TCP) ||
           (edns->cookie_is_odd && front->rate.has_cookies);
}

/* No question, but a cookie (RFC 7873 5.4): the answer is a cookie, and how the client's was. */
static struct verdict
give_cookie(const struct query *draft)
{
    bool is_false =
        draft->cookie != COOKIE_CLIENT && !cookie_is_proof((enum cookie_verdict)draft->cookie);
    struct verdict verdict = verdict_own(WHY_COOKIE, VERDICT_RCODE);
    verdict.rcode = is_false ? DNS_BADCOOKIE : DNS_NOERROR;
    return verdict;
}

/* A message that is no query of ours to answer. @param is_cut  it was larger than we receive */
static struct verdict
refuse_form(const struct query *draft, enum dns_query_verdict form, bool is_cut,
            const uint8_t *message, size_t size)
{
    int rcode = form == DNS_QUERY_OK ? DNS_FORMERR : dns_query_verdict_rcode(form, &draft->dns);
    enum why why = is_cut && rcode == DNS_FORMERR ? WHY_CUT : why_of_form(form);
    if (rcode < 0)
        return verdict_drop(why);
    struct verdict verdict = verdict_refuse(why, (uint16_t)rcode, DNS_EDE_NONE);
    verdict.price = LIMITER_PRICE_ERROR;
    if (form == DNS_QUERY_SIGNED && !is_cut) {
        verdict.form = VERDICT_SIGNED;
        verdict.message = message;
        verdict.message_size = (uint16_t)size;
    }
    return verdict;
}

/* The form of the message, by the strict parser. */
static bool
pass_form(struct front *front, struct query *draft, const uint8_t *message, size_t size,
          const struct clock_time *now, struct verdict *verdict)
{
    enum dns_query_verdict form = dns_query_parse(message, size, &draft->dns);
    bool is_cut = draft->client.transport == QUERY_UDP && size > UDP_MESSAGE_MAX;
    if (form == DNS_QUERY_OK && has_odd_option(front, draft))
        form = DNS_QUERY_OPT;
    bool asks_cookie = form == DNS_QUERY_COOKIE && front->rate.has_cookies;
    if (form == DNS_QUERY_OPCODE && balancers_strays(&front->balancers, message, size, verdict))
        return false;
    if (is_cut || (form != DNS_QUERY_OK && !asks_cookie)) {
        *verdict = refuse_form(draft, form, is_cut, message, size);
        return false;
    }
    rate_check_cookie(&front->rate, draft, now);
    if (asks_cookie)
        *verdict = give_cookie(draft);
    return !asks_cookie;
}

/* --- its question ---------------------------------------------------------------------------- */

/* Classes other than IN get nothing but our name. */
static bool
pass_class(const struct front *front, const struct query *draft, struct verdict *verdict)
{
    const struct dns_question *question = &draft->dns.question;
    if (front->self.config->local_server_id[0] != '\0' && own_answer_is_identity(question)) {
        *verdict = verdict_own(WHY_MINIMAL, VERDICT_IDENTITY);
        return false;
    }
    if (question->class == DNS_CLASS_IN)
        return true;
    *verdict = verdict_refuse(WHY_CLASS, DNS_REFUSED, DNS_EDE_NOT_SUPPORTED);
    verdict->price = LIMITER_PRICE_ERROR;
    return false;
}

/* What needs no upstream: policy first; then everything there is, which gets one record; then the
 * cache. */
static bool
pass_known(struct front *front, struct query *draft, const struct clock_time *now,
           struct verdict *verdict)
{
    const struct dns_question *asked = &draft->dns.question;
    if (!local_pass(&front->local, asked, verdict))
        return false;
    if (asked->type == DNS_TYPE_ANY && !front->self.config->local_forward_any) {
        *verdict = verdict_own(WHY_MINIMAL, VERDICT_ANY);
        return false;
    }
    draft->hash = inflight_hash(&front->waiting.inflight.key, &draft->dns);
    return recall_pass(&front->recall, draft, now, verdict);
}

/* --- it waits -------------------------------------------------------------------------------- */

/* A query loses its place to another: an unproven client may come back over TCP. */
static void
shed(struct front *front, const struct query *query, enum why why, const struct clock_time *now)
{
    struct verdict verdict = query->client.is_proven
                                 ? verdict_refuse(why, DNS_SERVFAIL, DNS_EDE_NOT_READY)
                                 : verdict_truncate(why);
    end(front, query, &verdict, now);
}

static void
refuse_place(struct front *front, const struct query *query, enum why why,
             const struct clock_time *now)
{
    struct verdict verdict = verdict_refuse(why, DNS_SERVFAIL, DNS_EDE_NOT_READY);
    end(front, query, &verdict, now);
}

/* @return false: there is no place for it, and it has ended */
static bool
keep(struct front *front, struct query *draft, const struct clock_time *now)
{
    enum why why;
    struct query *giving_way = waiting_keep(&front->waiting, draft, &why);
    if (giving_way == draft) {
        refuse_place(front, draft, why, now);
        return false;
    }
    if (giving_way != NULL) {
        shed(front, giving_way, why, now);
        waiting_replace(&front->waiting, giving_way, draft);
    }
    return true;
}

/* Keep the draft and let it wait for its question, new or already under way. */
static void
wait_for_question(struct front *front, struct query *draft, const struct clock_time *now)
{
    struct inflight_question *question;
    rate_charge(&front->rate, draft, LIMITER_PRICE_MISS, now);
    if (!keep(front, draft, now))
        return;
    switch (waiting_join(&front->waiting, draft, now, &question)) {
    case INFLIGHT_STARTED:
        recall_watch(&front->recall, question, draft, now);
        break;
    case INFLIGHT_JOINED:
        stats_add(front->self.stats, STAT_COALESCED, 1);
        break;
    case INFLIGHT_TOO_MANY:
        refuse_place(front, draft, WHY_QUEUE_FULL, now);
        waiting_give(&front->waiting, draft);
        break;
    }
}

/* What a message says of the TCP connection that it came on. */
static void
judge_connection(struct front *front, const struct query_client *client, enum why why)
{
    if (client->transport != QUERY_TCP)
        return;
    if (why == WHY_RATE_REFUSED || why == WHY_RATE_DROPPED)
        tcp_refused(&front->tcp, client);
    if (why == WHY_SHORT || why == WHY_RESPONSE)
        tcp_distrust(&front->tcp, client);
}

void
admit_message(struct front *front, struct query *draft, const uint8_t *message, size_t size,
              const struct clock_time *now)
{
    struct verdict verdict;
    draft->arrived_us = now->now_us;
    if (source_pass(&front->source, &draft->client, "query", now, &verdict) &&
        rate_pass(&front->rate, draft, message, size, now, &verdict) &&
        pass_form(front, draft, message, size, now, &verdict) &&
        pass_class(front, draft, &verdict) && pass_known(front, draft, now, &verdict)) {
        wait_for_question(front, draft, now);
        return;
    }
    end(front, draft, &verdict, now);
    judge_connection(front, &draft->client, (enum why)verdict.why);
}

void
admit_not(struct front *front, const struct query *draft, const struct verdict *verdict,
          const struct clock_time *now)
{
    end(front, draft, verdict, now);
}

void
admit_gone(struct front *front, const struct query_client *client, const struct clock_time *now)
{
    struct verdict verdict = verdict_drop(WHY_CONNECTION_TAKEN);
    struct query *query = waiting_on_connection(&front->waiting, client, NULL), *older;
    for (; query != NULL; query = older) {
        older = waiting_on_connection(&front->waiting, client, query);
        end(front, query, &verdict, now);
        waiting_leave(&front->waiting, query);
    }
}

/* --- the worker's answer --------------------------------------------------------------------- */

/* Answer the queries that wait for a question. It stays under way. */
static void
end_waiting(struct front *front, struct inflight_question *question, const struct verdict *verdict,
            const struct clock_time *now)
{
    struct query *query;
    while ((query = waiting_pop(&front->waiting, question)) != NULL) {
        if (verdict->form == VERDICT_RECORDS)
            stats_latency(front->self.stats, STATS_STAGE_ANSWER, now->now_us - query->arrived_us);
        end(front, query, verdict, now);
        waiting_give(&front->waiting, query);
    }
}

static void
end_question(struct front *front, struct inflight_question *question, const struct verdict *verdict,
             const struct clock_time *now)
{
    inflight_unindex(&front->waiting.inflight, question);
    end_waiting(front, question, verdict, now);
    waiting_end(&front->waiting, question);
}

static bool
stand_in(struct front *front, struct inflight_question *question, const struct clock_time *now)
{
    struct verdict stale;
    if (!recall_stand_in(&front->recall, question, now, &stale))
        return false;
    end_waiting(front, question, &stale, now);
    return true;
}

/* No answer comes: the queries that wait get a stale one if there is one, else this refusal. */
static void
fail(struct front *front, struct inflight_question *question, const struct verdict *verdict,
     const struct clock_time *now)
{
    (void)stand_in(front, question, now);
    end_question(front, question, verdict, now);
}

/* No upstream had more than an error, told without the question: it claims nothing about the name,
 * so nothing is kept, and an RCODE that would is not passed on. */
static struct verdict
refuse_error(uint16_t rcode)
{
    bool may_pass = rcode == DNS_FORMERR || rcode == DNS_NOTIMP || rcode == DNS_REFUSED;
    return verdict_refuse(WHY_UPSTREAM_ERROR, may_pass ? rcode : DNS_SERVFAIL, DNS_EDE_NONE);
}

static uint8_t
upstream_of(const struct handoff_answer *from_worker)
{
    return from_worker->upstream < CONFIG_UPSTREAMS_MAX ? (uint8_t)(from_worker->upstream + 1) : 0;
}

/* It belongs to the question and is sound: keep it, and answer the queries that wait. */
static void
take_answer(struct front *front, struct inflight_question *question,
            const struct handoff_answer *from_worker, struct dns_answer *answer,
            const struct clock_time *now)
{
    const uint8_t *message = from_worker->message;
    struct verdict verdict = {.end = VERDICT_ANSWER,
                              .why = WHY_ANSWERED,
                              .form = VERDICT_RECORDS,
                              .message = message,
                              .answer = answer};
    struct recall *recall = &front->recall;
    if (answer->rcode == DNS_BADVERS || answer->rcode == DNS_BADCOOKIE)
        answer->rcode = DNS_SERVFAIL; /* it is about our OPT, of which the client knows nothing */
    recall_note_word(recall, question, answer, now);
    answer->traits = dns_traits_of(message, answer);
    bool is_allowed =
        local_allows(&front->local, &question->question.name, message, answer, &verdict);
    recall_keep(recall, question, message, answer, !is_allowed, now);
    if (is_allowed && cache_is_failure(answer))
        (void)stand_in(front, question, now);
    verdict.upstream = upstream_of(from_worker);
    end_question(front, question, &verdict, now);
}

void
admit_answer(struct front *front, struct inflight_question *question,
             const struct handoff_answer *from_worker, const struct clock_time *now)
{
    struct dns_answer answer;
    struct verdict verdict;
    if (from_worker->outcome != HANDOFF_ANSWERED) {
        if (from_worker->outcome == HANDOFF_DOWN)
            recall_note_down(&front->recall, question, now);
        verdict = verdict_refuse(WHY_UPSTREAM_FAILED, DNS_SERVFAIL, from_worker->ede);
        fail(front, question, &verdict, now);
        return;
    }
    enum dns_answer_verdict form = dns_answer_parse(from_worker->message, from_worker->message_size,
                                                    &question->question, &answer);
    if (form == DNS_ANSWER_OK) {
        take_answer(front, question, from_worker, &answer, now);
        return;
    }
    if (form == DNS_ANSWER_ERROR) {
        verdict = refuse_error(answer.rcode);
    } else { /* the worker judged it already; it is not trusted to */
        stats_add(front->self.stats, STAT_UPSTREAM_BAD, 1);
        verdict = verdict_refuse(WHY_ANSWER_BAD, DNS_SERVFAIL, DNS_EDE_NETWORK_ERROR);
    }
    verdict.upstream = upstream_of(from_worker);
    fail(front, question, &verdict, now);
}

void
admit_timeout(struct front *front, struct inflight_question *question, const struct clock_time *now)
{
    struct verdict verdict =
        verdict_refuse(WHY_TIMEOUT, DNS_SERVFAIL, DNS_EDE_NO_REACHABLE_AUTHORITY);
    fail(front, question, &verdict, now);
}

void
admit_stale(struct front *front, const struct clock_time *now)
{
    struct inflight_question *question;
    struct verdict verdict;
    while ((question = recall_next_due(&front->recall, now, &verdict)) != NULL)
        end_waiting(front, question, &verdict, now);
}
