/* deliver.c - see deliver.h
 * SPDX-License-Identifier: ISC
 */
#include "front/deliver.h"

#include "answers/own_answer.h"
#include "dns/dns_trim.h"
#include "dns/dns_tsig.h"
#include "front/local.h"
#include "front/tcp_table.h"

#define OWN_ROOM  1024 /* octets; what we write ourselves never needs more */
#define RCODE_MAX 15   /* without EDNS */

void
deliver_init(struct deliver *deliver, const struct deliver_parts *parts)
{
    deliver->parts = *parts;
}

void
deliver_change(struct deliver *deliver, const struct config *config)
{
    deliver->server_id = config->local_server_id;
}

/* --- how it leaves --------------------------------------------------------------------------- */

/* The one place that counts an end. */
static void
count(struct deliver *deliver, enum why why)
{
    stats_why(deliver->parts.stats, why);
}

static void
flush(struct deliver *deliver, uint32_t listener)
{
    uint8_t why[UDP_BATCH];
    uint32_t sent = udp_flush(deliver->parts.udp, listener, why);
    for (uint32_t i = 0; i < sent; i++) {
        count(deliver, (enum why)why[i]);
        if (why[i] == WHY_SEND_FAILED && recording_is_on(deliver->parts.recording))
            recording_amend(deliver->parts.recording, deliver->events[listener][i],
                            WHY_SEND_FAILED);
    }
}

void
deliver_flush(struct deliver *deliver)
{
    for (uint32_t i = 0; i < deliver->parts.udp->count; i++)
        flush(deliver, i);
    recording_publish(deliver->parts.recording);
}

static uint8_t *
udp_room_for(struct deliver *deliver, const struct query_client *client)
{
    if (udp_is_full(deliver->parts.udp, client->listener))
        flush(deliver, client->listener);
    return udp_room(deliver->parts.udp, client->listener);
}

/* Room for one answer of at most `size` octets (over UDP: UDP_ROOM). NULL: the client is gone. */
static uint8_t *
room_for(struct deliver *deliver, const struct query_client *client, size_t size)
{
    return client->transport == QUERY_UDP ? udp_room_for(deliver, client)
                                          : tcp_room(deliver->parts.tcp, client, size);
}

/* Where the number of the next answer's event stands, until its batch leaves. */
static uint64_t *
event_place(struct deliver *deliver, const struct query_client *client)
{
    return &deliver->events[client->listener][udp_waiting(deliver->parts.udp, client->listener)];
}

/* What is left of an answer: no larger than the query, and it says to ask over TCP. */
static size_t
shorten(const struct query *query, uint8_t *room)
{
    struct dns_edns_put opt = {
        .udp_size = DNS_EDNS_UDP_MAX, .dnssec_ok = query->dns.edns.dnssec_ok, .ede = DNS_EDE_NONE};
    return dns_query_reply(&query->dns, DNS_NOERROR, true, &opt, room, UDP_ROOM);
}

/* It leaves with its batch. It is counted when the kernel has taken it. */
static void
send_udp(struct deliver *deliver, const struct query *query, const struct recording_end *end,
         const struct clock_time *now)
{
    const struct query_client *client = &query->client;
    if (recording_is_on(deliver->parts.recording))
        *event_place(deliver, client) = recording_note(deliver->parts.recording, query, end, now);
    udp_send(deliver->parts.udp, client, end->size, end->why);
}

/* A large one may come too early for its network. */
static void
pace(struct deliver *deliver, const struct query *query, uint8_t *room, struct recording_end *end,
     const struct clock_time *now)
{
    struct pacing *pacing = deliver->parts.pacing;
    switch (pacing_judge(pacing, &query->client, room, end->size, end->why, now->now_ms)) {
    case PACING_SEND:
        send_udp(deliver, query, end, now);
        break;
    case PACING_SHORT:
        end->size = shorten(query, room);
        end->rcode = DNS_NOERROR;
        end->why = WHY_PACE_SLIPPED;
        send_udp(deliver, query, end, now);
        break;
    case PACING_HOLD:
        stats_add(deliver->parts.stats, STAT_PACED, 1);
        recording_hold(deliver->parts.recording, pacing_newest(pacing)->message, query, end, now);
        break;
    }
}

static void
send_tcp(struct deliver *deliver, const struct query *query, const struct recording_end *end,
         const struct clock_time *now)
{
    if (end->message != NULL)
        tcp_send(deliver->parts.tcp, &query->client, end->size);
    if (recording_is_on(deliver->parts.recording))
        (void)recording_note(deliver->parts.recording, query, end, now);
    count(deliver, end->why);
    tcp_done(deliver->parts.tcp, &query->client);
}

/* As its header says; an RCODE that has no room there is one of our own. */
static void
count_rcode(struct deliver *deliver, const struct verdict *verdict, const uint8_t *room)
{
    uint16_t rcode = verdict->form == VERDICT_RCODE ? verdict->rcode : room[3] & RCODE_MAX;
    (void)stats_grow(&deliver->parts.stats->rcodes[stats_rcode(rcode)], 1);
}

/* The end of one message: what was composed in the room goes out, the reason is counted.
 * @param room  NULL: the client is gone */
static void
finish(struct deliver *deliver, const struct query *query, const struct verdict *verdict,
       uint8_t *room, size_t size, const struct clock_time *now)
{
    bool is_records = verdict->form == VERDICT_RECORDS;
    struct recording_end end = {.why = room != NULL ? (enum why)verdict->why : WHY_CLIENT_GONE,
                                .rcode = is_records ? verdict->answer->rcode : verdict->rcode,
                                .upstream = verdict->upstream,
                                .is_parsed = true,
                                .message = room,
                                .size = size};
    if (room != NULL && size >= DNS_HEADER_SIZE) {
        count_rcode(deliver, verdict, room);
        if ((room[2] & DNS_TC >> 8) != 0)
            stats_add(deliver->parts.stats, STAT_TRUNCATED, 1);
    }
    if (query->client.transport == QUERY_TCP)
        send_tcp(deliver, query, &end, now);
    else if (size > PACING_FREE)
        pace(deliver, query, room, &end, now);
    else /* most of them: there is nothing to judge */
        send_udp(deliver, query, &end, now);
}

void
deliver_release(struct deliver *deliver, const struct clock_time *now)
{
    struct pacing *pacing = deliver->parts.pacing;
    const struct pacing_held *held;
    while ((held = pacing_next(pacing, now->now_ms)) != NULL) {
        memcpy(udp_room_for(deliver, &held->client), pacing_message(pacing, held), held->size);
        *event_place(deliver, &held->client) =
            recording_release(deliver->parts.recording, held->message, now);
        udp_send(deliver->parts.udp, &held->client, held->size, (enum why)held->why);
        pacing_give(pacing);
    }
}

/* --- what is written ------------------------------------------------------------------------- */

/* Octets of an answer to this client at most. */
static size_t
limit_for(const struct query *query)
{
    bool udp = query->client.transport == QUERY_UDP;
    return udp ? dns_edns_udp_limit(&query->dns.edns) : DNS_MESSAGE_MAX;
}

/* What our OPT says to this client; dns_* leave it out where the client sent none. */
static struct dns_edns_put
opt_for(const struct deliver *deliver, const struct query *query, uint16_t ede,
        const struct clock_time *now)
{
    const struct dns_edns *edns = &query->dns.edns;
    struct dns_edns_put opt = {
        .udp_size = DNS_EDNS_UDP_MAX,
        .dnssec_ok = edns->dnssec_ok, /* RFC 3225: repeated in the answer */
        .ede = ede,
        .keepalive = query->client.transport == QUERY_TCP && edns->keepalive,
        .message_max = (uint16_t)limit_for(query),
    };
    if (opt.keepalive) /* at most 600 s */
        opt.keepalive_100ms = (uint16_t)(tcp_table_idle_ms(deliver->parts.tcp) / 100);
    if (edns->nsid) {
        opt.nsid = deliver->server_id;
        opt.nsid_size = (uint8_t)strnlen(opt.nsid, DNS_NSID_MAX);
    }
    rate_put_cookie(deliver->parts.rate, query, now, &opt);
    return opt;
}

static void
strip(const struct query *query, struct dns_edns_put *opt)
{
    if (query->dns.edns.cookie_size < opt->cookie_size) /* a first cookie would make it larger */
        opt->cookie_size = 0;
    opt->nsid_size = 0;
}

/* @param room  OWN_ROOM octets @return octets written */
static size_t
write_own(const struct deliver *deliver, const struct query *query, const struct verdict *verdict,
          struct dns_edns_put *opt, uint8_t *room)
{
    const struct dns_query *dns = &query->dns;
    size_t limit = limit_for(query), size = limit < OWN_ROOM ? limit : OWN_ROOM;
    switch ((enum verdict_form)verdict->form) {
    case VERDICT_TRUNCATED:
        strip(query, opt);
        return dns_query_reply(dns, DNS_NOERROR, true, opt, room, OWN_ROOM);
    case VERDICT_SIGNED:
        return dns_tsig_refuse(verdict->message, verdict->message_size, room,
                               dns_query_reply(dns, DNS_NOTAUTH, false, opt, room, size), size);
    case VERDICT_BLOCKED:
        return own_answer_negative(dns, DNS_NXDOMAIN, verdict->zone_at, LOCAL_BLOCKED_TTL_S, opt,
                                   room, OWN_ROOM);
    case VERDICT_SPECIAL:
        return special_write(dns, (enum special_action)verdict->action, opt, room, OWN_ROOM);
    case VERDICT_ANY:
        return own_answer_any(dns, opt, room, OWN_ROOM);
    case VERDICT_IDENTITY:
        return own_answer_identity(dns, deliver->server_id, opt, room, OWN_ROOM);
    case VERDICT_RCODE:
    case VERDICT_RECORDS: /* not by us */
        break;
    }
    return dns_query_reply(dns, verdict->rcode, false, opt, room, OWN_ROOM);
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

/* Nothing of the answer fits: only its RCODE is told, and that there is more. */
static void
answer_truncated(struct deliver *deliver, const struct query *query, const struct verdict *verdict,
                 const struct dns_edns_put *opt, const struct clock_time *now)
{
    uint16_t rcode = verdict->answer->rcode;
    bool is_said = query->dns.edns.present || rcode <= RCODE_MAX;
    uint8_t *room = room_for(deliver, &query->client, OWN_ROOM);
    size_t size =
        room != NULL ? dns_query_reply(&query->dns, rcode, is_said, opt, room, OWN_ROOM) : 0;
    finish(deliver, query, verdict, room, size, now);
}

/* One client's copy of an upstream's answer: its id, spelling, OPT and size. */
static void
answer_records(struct deliver *deliver, const struct query *query, const struct verdict *verdict,
               const struct clock_time *now)
{
    const uint8_t *message = verdict->message;
    struct dns_answer part = *verdict->answer;
    struct dns_edns_put opt = opt_for(deliver, query, part.ede, now);
    if (!fits(message, &part, query, &opt)) {
        answer_truncated(deliver, query, verdict, &opt, now);
        return;
    }
    opt.ede_text = dns_answer_text(message, verdict->answer);
    opt.ede_text_size = part.ede_text_size;
    size_t size = (size_t)part.end + DNS_EDNS_WHOLE_MAX;
    if (query->client.transport == QUERY_UDP && size > UDP_ROOM)
        size = UDP_ROOM; /* what is owed fits, and the rest is left out at our limit anyway */
    uint8_t *room = room_for(deliver, &query->client, size);
    if (room != NULL) {
        memcpy(room, message, part.end);
        size = dns_answer_deliver(room, size, &part, &query->dns, &opt, limit_for(query));
        if (!query->client.is_proven)
            rate_charge(deliver->parts.rate, query, limiter_price_of_size(size), now);
    }
    finish(deliver, query, verdict, room, size, now);
}

static void
reply(struct deliver *deliver, const struct query *query, const struct verdict *verdict,
      uint16_t ede, const struct clock_time *now)
{
    struct dns_edns_put opt = opt_for(deliver, query, ede, now);
    uint8_t *room = room_for(deliver, &query->client, OWN_ROOM);
    size_t size = room != NULL ? write_own(deliver, query, verdict, &opt, room) : 0;
    finish(deliver, query, verdict, room, size, now);
}

/* --- the three ends -------------------------------------------------------------------------- */

void
deliver_answer(struct deliver *deliver, const struct query *query, const struct verdict *verdict,
               const struct clock_time *now)
{
    if (verdict->form == VERDICT_RECORDS)
        answer_records(deliver, query, verdict, now);
    else
        reply(deliver, query, verdict, DNS_EDE_NONE, now);
}

void
deliver_refuse(struct deliver *deliver, const struct query *query, const struct verdict *verdict,
               const struct clock_time *now)
{
    reply(deliver, query, verdict, verdict->ede, now);
}

void
deliver_drop(struct deliver *deliver, const struct query *query, enum why why,
             const struct clock_time *now)
{
    /* what is dropped sooner was not parsed: there is another one's question in it */
    const struct recording_end end = {.why = why, .is_parsed = why == WHY_CONNECTION_TAKEN};
    if (recording_is_on(deliver->parts.recording))
        (void)recording_note(deliver->parts.recording, query, &end, now);
    count(deliver, why);
    if (query->client.transport == QUERY_TCP)
        tcp_done(deliver->parts.tcp, &query->client);
}
