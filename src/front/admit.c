/* admit.c - see admit.h
 * SPDX-License-Identifier: ISC
 *
 * A stage returns true to pass the message on. It reads what stages before it wrote and nothing
 * else; it never reaches back.
 */
#include "front/admit.h"

#include "answers/minimal.h"
#include "front/deliver.h"
#include "front/front.h"

/* The address alone: who may not ask does not cost us a look at his bytes. */
static bool
pass_source(struct front *front, const struct query *draft)
{
    if (limit_is_martian(front, &draft->client)) {
        deliver_drop(front, draft, WHY_MARTIAN);
        return false;
    }
    if (!acl_allows(&front->acl, &draft->client.addr)) {
        limit_tell_denied(front, &draft->client.addr, "query");
        deliver_drop(front, draft, WHY_ACL);
        return false;
    }
    return true;
}

static enum why
why_of_verdict(enum dns_query_verdict verdict)
{
    switch (verdict) {
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
           (edns->cookie_is_odd && front->limit.has_cookies);
}

/* No question, but a cookie (RFC 7873 5.4): the answer is a cookie, and how the client's was. */
static void
answer_cookie(struct front *front, struct query *draft)
{
    limit_look_at_cookie(front, draft);
    bool is_false =
        draft->cookie != COOKIE_CLIENT && !cookie_is_proof((enum cookie_verdict)draft->cookie);
    deliver_refuse(front, draft, WHY_COOKIE, is_false ? DNS_BADCOOKIE : DNS_NOERROR, DNS_EDE_NONE);
}

/* The form of the message, by the strict parser. */
static bool
pass_parse(struct front *front, struct query *draft, const uint8_t *message, size_t size)
{
    enum dns_query_verdict verdict = dns_query_parse(message, size, &draft->dns);
    bool is_cut = draft->client.transport == QUERY_UDP && size > UDP_MESSAGE_MAX;
    if (verdict == DNS_QUERY_OK && has_odd_option(front, draft))
        verdict = DNS_QUERY_OPT;
    if (verdict == DNS_QUERY_OK && !is_cut) {
        limit_look_at_cookie(front, draft);
        return true;
    }
    if (verdict == DNS_QUERY_COOKIE && front->limit.has_cookies && !is_cut) {
        answer_cookie(front, draft);
        return false;
    }
    int rcode =
        verdict == DNS_QUERY_OK ? DNS_FORMERR : dns_query_verdict_rcode(verdict, &draft->dns);
    enum why why = is_cut && rcode == DNS_FORMERR ? WHY_CUT : why_of_verdict(verdict);
    if (rcode < 0) {
        deliver_drop(front, draft, why);
        tcp_distrust(front, &draft->client);
    } else {
        limit_charge(front, draft, LIMITER_PRICE_ERROR);
        if (verdict == DNS_QUERY_SIGNED && !is_cut)
            deliver_signed(front, draft, message, size);
        else
            deliver_refuse(front, draft, why, (uint16_t)rcode, DNS_EDE_NONE);
    }
    return false;
}

/* Classes other than IN get nothing but our name. */
static bool
pass_class(struct front *front, const struct query *draft)
{
    const struct dns_question *question = &draft->dns.question;
    const struct config *config = front->config;
    if (config->local_server_id[0] != '\0' && minimal_is_identity(question)) {
        deliver_minimal(front, draft);
        return false;
    }
    if (question->class == DNS_CLASS_IN)
        return true;
    limit_charge(front, draft, LIMITER_PRICE_ERROR);
    deliver_refuse(front, draft, WHY_CLASS, DNS_REFUSED, DNS_EDE_NOT_SUPPORTED);
    return false;
}

/* What needs no upstream: policy first; then everything there is, which gets one record; then the
 * cache. */
static bool
pass_known(struct front *front, struct query *draft)
{
    store_look(front, draft);
    if (local_answer(front, draft))
        return false;
    if (draft->dns.question.type == DNS_TYPE_ANY && !front->config->local_forward_any) {
        deliver_minimal(front, draft);
        return false;
    }
    return !store_answer(front, draft);
}

/* Keep the draft and let it wait for its question, new or already under way. */
static void
wait_for_question(struct front *front, struct query *draft)
{
    struct inflight_question *question;
    enum why why;
    limit_charge(front, draft, LIMITER_PRICE_MISS);
    if (!queue_keep(front, draft, &why)) {
        deliver_refuse(front, draft, why, DNS_SERVFAIL, DNS_EDE_NOT_READY);
        return;
    }
    switch (inflight_join(&front->inflight, &front->queries, draft, front_now_ms(front),
                          front_life_ms(front), &question)) {
    case INFLIGHT_STARTED:
        store_watch(front, question);
        queue_push(front, question, draft);
        break;
    case INFLIGHT_JOINED:
        stats_add(front->stats, STAT_COALESCED, 1);
        queue_promote(front, question, draft);
        break;
    case INFLIGHT_TOO_MANY:
        deliver_refuse(front, draft, WHY_QUEUE_FULL, DNS_SERVFAIL, DNS_EDE_NOT_READY);
        queue_give(front, draft);
        break;
    }
}

void
admit_message(struct front *front, struct query *draft, const uint8_t *message, size_t size)
{
    if (pass_source(front, draft) && limit_pass(front, draft, message, size) &&
        pass_parse(front, draft, message, size) && pass_class(front, draft) &&
        pass_known(front, draft))
        wait_for_question(front, draft);
}
