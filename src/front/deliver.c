/* deliver.c - see deliver.h
 * SPDX-License-Identifier: ISC
 */
#include "front/deliver.h"

#include "answers/minimal.h"
#include "answers/negative.h"
#include "dns/dns_answer.h"
#include "dns/dns_reply.h"
#include "dns/dns_traits.h"
#include "dns/dns_trim.h"
#include "dns/dns_tsig.h"
#include "front/front.h"

#define REPLY_ROOM   512 /* octets; dns_reply_write() never needs more */
#define MINIMAL_ROOM 768 /* octets; minimal_write_…() never need more */
#define SPECIAL_ROOM                                                                               \
    1024             /* octets; special_write(), negative_write(), dns_tsig_refuse() likewise */
#define RCODE_MAX 15 /* without EDNS */

void
deliver_count(struct front *front, enum why why)
{
    stats_why(front->stats, why);
}

/* Room for one answer of at most `size` octets (over UDP: UDP_ROOM). NULL: the client is gone. */
static uint8_t *
room_for(struct front *front, const struct query_client *client, size_t size)
{
    return client->transport == QUERY_UDP ? udp_room(front, client) : tcp_room(front, client, size);
}

/* The end of one message: what was composed in the room goes out, the reason is counted. */
static void
finish(struct front *front, const struct query *query, uint8_t *room, size_t size, enum why why)
{
    const struct query_client *client = &query->client;
    if (room != NULL && size > 2 && (room[2] & DNS_TC >> 8) != 0)
        stats_add(front->stats, STAT_TRUNCATED, 1);
    if (client->transport == QUERY_UDP) {
        pace_send(front, query, room, size, why); /* counts when the kernel has taken it */
        return;
    }
    if (room != NULL)
        tcp_send(front, client, size);
    deliver_count(front, room != NULL ? why : WHY_CLIENT_GONE);
    tcp_done(front, client);
}

void
deliver_drop(struct front *front, const struct query *query, enum why why)
{
    deliver_count(front, why);
    if (query->client.transport == QUERY_TCP)
        tcp_done(front, &query->client);
}

/* Octets of an answer to this client at most. */
static size_t
limit_for(const struct query *query)
{
    bool udp = query->client.transport == QUERY_UDP;
    return udp ? dns_reply_udp_limit(&query->dns.edns) : DNS_MESSAGE_MAX;
}

/* What our OPT says to this client; dns_* leave it out where he sent none. */
static struct dns_edns_put
opt_for(const struct front *front, const struct query *query, uint16_t ede)
{
    bool keepalive = query->client.transport == QUERY_TCP && query->dns.edns.keepalive;
    struct dns_edns_put opt = {
        .udp_size = DNS_EDNS_UDP_MAX,
        .dnssec_ok = query->dns.edns.dnssec_ok, /* RFC 3225: repeated in the answer */
        .ede = ede,
        .keepalive = keepalive,
        .keepalive_100ms = (uint16_t)(tcp_idle_ms(front) / 100), /* at most 600 s */
        .message_max = (uint16_t)limit_for(query),
    };
    if (query->dns.edns.nsid) {
        opt.nsid = front->config->local_server_id;
        opt.nsid_size = (uint8_t)strnlen(opt.nsid, DNS_NSID_MAX);
    }
    limit_put_cookie(front, query, &opt);
    return opt;
}

static void
reply(struct front *front, const struct query *query, enum why why, uint16_t rcode,
      bool is_truncated, const struct dns_edns_put *opt)
{
    uint8_t *room = room_for(front, &query->client, REPLY_ROOM);
    size_t size = 0;
    if (room != NULL)
        size = dns_reply_write(&query->dns, rcode, is_truncated, opt, room, REPLY_ROOM);
    finish(front, query, room, size, why);
}

void
deliver_refuse(struct front *front, const struct query *query, enum why why, uint16_t rcode,
               uint16_t ede)
{
    struct dns_edns_put opt = opt_for(front, query, ede);
    reply(front, query, why, rcode, false, &opt);
}

void
deliver_signed(struct front *front, const struct query *query, const uint8_t *message,
               size_t message_size)
{
    struct dns_edns_put opt = opt_for(front, query, DNS_EDE_NONE);
    uint8_t *room = room_for(front, &query->client, SPECIAL_ROOM);
    size_t limit = limit_for(query), size = limit < SPECIAL_ROOM ? limit : SPECIAL_ROOM;
    if (room != NULL)
        size = dns_tsig_refuse(message, message_size, &query->dns, &opt, room, size);
    finish(front, query, room, size, WHY_SIGNED);
}

void
deliver_slip(struct front *front, const struct query *query, enum why why)
{
    struct dns_edns_put opt = opt_for(front, query, DNS_EDE_NONE);
    if (query->dns.edns.cookie_size < opt.cookie_size) /* a first cookie would make it larger */
        opt.cookie_size = 0;
    opt.nsid_size = 0;
    reply(front, query, why, DNS_NOERROR, true, &opt);
}

void
deliver_blocked(struct front *front, const struct query *query, size_t zone_at)
{
    struct dns_edns_put opt = opt_for(front, query, DNS_EDE_BLOCKED);
    uint8_t *room = room_for(front, &query->client, SPECIAL_ROOM);
    size_t size = 0;
    if (room != NULL)
        size = negative_write(&query->dns, DNS_NXDOMAIN, zone_at, LOCAL_BLOCKED_TTL_S, &opt, room,
                              SPECIAL_ROOM);
    finish(front, query, room, size, WHY_BLOCKED);
}

void
deliver_withheld(struct front *front, const struct query *query, enum local_verdict verdict)
{
    if (verdict == LOCAL_BLOCKED)
        deliver_blocked(front, query, 0);
    else
        deliver_refuse(front, query, WHY_PRIVATE, DNS_SERVFAIL, DNS_EDE_BLOCKED);
}

void
deliver_minimal(struct front *front, const struct query *query)
{
    struct dns_edns_put opt = opt_for(front, query, DNS_EDE_NONE);
    uint8_t *room = room_for(front, &query->client, MINIMAL_ROOM);
    size_t size = 0;
    if (room != NULL && query->dns.question.class == DNS_CLASS_IN)
        size = minimal_write_any(&query->dns, &opt, room, MINIMAL_ROOM);
    else if (room != NULL)
        size = minimal_write_identity(&query->dns, front->config->local_server_id, &opt, room,
                                      MINIMAL_ROOM);
    finish(front, query, room, size, WHY_MINIMAL);
}

/* Is what the client is owed of an answer small enough? What it is not owed is left out of `part`
 * then, as far as it has to be. */
static bool
fits(const uint8_t *message, struct dns_answer *part, const struct query *query,
     const struct dns_edns_put *opt)
{
    size_t ours = query->dns.edns.present ? dns_edns_put_size(opt) : 0;
    size_t limit = limit_for(query) - ours, limit_with_name = limit - dns_edns_nsid_size(opt);
    return part->end <= limit_with_name || dns_trim(message, part, limit_with_name) ||
           part->end <= limit || dns_trim(message, part, limit);
}

/* One client's copy of a sound answer: his id, spelling, OPT and size. */
static void
answer_one(struct front *front, const struct query *query, const uint8_t *message,
           const struct dns_answer *answer, enum why why)
{
    struct dns_answer part = *answer;
    struct dns_edns_put opt = opt_for(front, query, answer->ede);
    if (!fits(message, &part, query, &opt)) { /* nothing of it is left: it is not copied */
        bool is_said = query->dns.edns.present || answer->rcode <= RCODE_MAX;
        reply(front, query, why, answer->rcode, is_said, &opt);
        return;
    }
    opt.ede_text = dns_answer_text(message, answer);
    opt.ede_text_size = answer->ede_text_size;
    size_t size = (size_t)part.end + DNS_EDNS_WHOLE_MAX;
    if (query->client.transport == QUERY_UDP && size > UDP_ROOM)
        size = UDP_ROOM; /* what is owed fits, and the rest is left out at our limit anyway */
    uint8_t *room = room_for(front, &query->client, size);
    if (room != NULL) {
        memcpy(room, message, part.end);
        size = dns_answer_deliver(room, size, &part, &query->dns, &opt, limit_for(query));
        if (!query->client.is_proven)
            limit_charge(front, query, limiter_price_of_size(size));
    }
    finish(front, query, room, size, why);
}

static void
answer_all(struct front *front, struct inflight_question *question, const uint8_t *message,
           const struct dns_answer *answer)
{
    struct query *query;
    inflight_unindex(&front->inflight, question);
    while ((query = inflight_pop_waiting(&front->inflight, &front->queries, question)) != NULL) {
        histogram_add(&front->stats->latency, front->loop.now_us - query->arrived_us);
        answer_one(front, query, message, answer, WHY_ANSWERED);
        queue_give(front, query);
    }
    queue_end(front, question);
}

/* The same for an answer that policy keeps from them. */
static void
withhold_all(struct front *front, struct inflight_question *question, enum local_verdict verdict)
{
    struct query *query;
    inflight_unindex(&front->inflight, question);
    while ((query = inflight_pop_waiting(&front->inflight, &front->queries, question)) != NULL) {
        deliver_withheld(front, query, verdict);
        queue_give(front, query);
    }
    queue_end(front, question);
}

/* No upstream had more than an error, told without the question: it claims nothing about the name,
 * so nothing is kept, and an RCODE that would is not passed on. */
static void
error_all(struct front *front, struct inflight_question *question, uint16_t rcode)
{
    struct query *query;
    bool may_pass = rcode == DNS_FORMERR || rcode == DNS_NOTIMP || rcode == DNS_REFUSED;
    (void)store_stand_in(front, question);
    inflight_unindex(&front->inflight, question);
    while ((query = inflight_pop_waiting(&front->inflight, &front->queries, question)) != NULL) {
        deliver_refuse(front, query, WHY_UPSTREAM_ERROR, may_pass ? rcode : DNS_SERVFAIL,
                       DNS_EDE_NONE);
        queue_give(front, query);
    }
    queue_end(front, question);
}

void
deliver_answer(struct front *front, struct inflight_question *question,
               const struct handoff_answer *from_worker)
{
    struct dns_answer answer;
    if (from_worker->outcome != HANDOFF_ANSWERED) {
        if (from_worker->outcome == HANDOFF_DOWN)
            store_note_down(front);
        deliver_failure(front, question, WHY_UPSTREAM_FAILED, from_worker->ede);
        return;
    }
    enum dns_answer_verdict verdict = dns_answer_parse(
        from_worker->message, from_worker->message_size, &question->question, &answer);
    if (verdict == DNS_ANSWER_ERROR) {
        error_all(front, question, answer.rcode);
        return;
    }
    if (verdict != DNS_ANSWER_OK) { /* the worker judged it already; it is not trusted to */
        stats_add(front->stats, STAT_UPSTREAM_BAD, 1);
        deliver_failure(front, question, WHY_ANSWER_BAD, DNS_EDE_NETWORK_ERROR);
        return;
    }
    if (answer.rcode == DNS_BADVERS || answer.rcode == DNS_BADCOOKIE)
        answer.rcode = DNS_SERVFAIL; /* it is about our OPT, of which the client knows nothing */
    store_note_word(front, question, &answer);
    answer.traits = dns_traits_of(from_worker->message, &answer);
    enum local_verdict policy =
        local_judge(front, &question->question.name, from_worker->message, &answer);
    store_keep(front, question, from_worker->message, &answer, policy != LOCAL_FINE);
    if (policy != LOCAL_FINE) {
        withhold_all(front, question, policy);
        return;
    }
    if (freshness_is_failure(&answer) && store_stand_in(front, question)) {
        queue_end(front, question);
        return;
    }
    answer_all(front, question, from_worker->message, &answer);
}

void
deliver_kept(struct front *front, const struct query *query, const uint8_t *message,
             const struct dns_answer *answer, enum why why)
{
    answer_one(front, query, message, answer, why);
}

void
deliver_stand_in(struct front *front, struct inflight_question *question, const uint8_t *message,
                 const struct dns_answer *answer)
{
    struct query *query;
    while ((query = inflight_pop_waiting(&front->inflight, &front->queries, question)) != NULL) {
        histogram_add(&front->stats->latency, front->loop.now_us - query->arrived_us);
        answer_one(front, query, message, answer, WHY_CACHE_STALE);
        queue_give(front, query);
    }
}

void
deliver_special(struct front *front, const struct query *query, enum special_action action)
{
    struct dns_edns_put opt = opt_for(front, query, DNS_EDE_NONE);
    uint8_t *room = room_for(front, &query->client, SPECIAL_ROOM);
    size_t size = 0;
    if (room != NULL)
        size = special_write(&query->dns, action, &opt, room, SPECIAL_ROOM);
    finish(front, query, room, size, WHY_LOCAL);
}

void
deliver_failure(struct front *front, struct inflight_question *question, enum why why, uint16_t ede)
{
    struct query *query;
    (void)store_stand_in(front, question);
    inflight_unindex(&front->inflight, question);
    while ((query = inflight_pop_waiting(&front->inflight, &front->queries, question)) != NULL) {
        deliver_refuse(front, query, why, DNS_SERVFAIL, ede);
        queue_give(front, query);
    }
    queue_end(front, question);
}

/* A query that does not wait any longer; whoever else waits for the same is not concerned. */
static void
leave(struct front *front, struct query *query)
{
    struct inflight_question *question = inflight_leave(&front->inflight, &front->queries, query);
    queue_give(front, query);
    if (question->waiting_count == 0 && question->state == INFLIGHT_QUEUED)
        queue_end(front, question);
}

void
deliver_give_way(struct front *front, struct query *query, enum why why)
{
    if (query->client.is_proven)
        deliver_refuse(front, query, why, DNS_SERVFAIL, DNS_EDE_NOT_READY);
    else
        deliver_slip(front, query, why);
    leave(front, query);
}

void
deliver_abandon(struct front *front, struct query *query)
{
    deliver_drop(front, query, WHY_CONNECTION_TAKEN);
    leave(front, query);
}
