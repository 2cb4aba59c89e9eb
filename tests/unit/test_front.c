/* test_front.c - random events against the stages of the front, with both its neighbours played
 * SPDX-License-Identifier: ISC
 * here
 *
 * The transports and the worker are this file's. Whatever they do, in any order: what was received
 * is the sum of the counted ends and the queries alive, every client has at most one answer, and it
 * is the answer to what he asked.
 */
#include "front/admit.h"
#include "front/front.h"
#include "front/tcp_table.h"
#include "os/evloop.h"
#include "os/memory.h"

#include "prng.h"

#include <criterion/criterion.h>

#define QUERIES    32
#define CLIENTS    9216
#define RING_BYTES 4096
#define NAMES      12

struct asked { /* by client, who asks once */
    uint16_t id;
    uint16_t type;
    bool is_sent, is_answered, is_sound, is_gone;
    struct dns_name name; /* as spelled */
};

static struct front front;
static struct config config;
static struct stats_page stats;
static struct asked clients[CLIENTS];
static unsigned clients_count, received;
static uint8_t room[DNS_MESSAGE_MAX + 256];
static struct prng prng;

/* The worker's ends, and what it holds back. */
static struct ring_consumer from_front;
static struct ring_producer to_front;
static struct handoff_query held[CLIENTS];
static unsigned held_count;
static uint8_t *worker_memory;
static uint32_t ring_number;

static uint32_t
hash_of(const struct dns_question *question)
{
    uint32_t hash = question->type;
    for (size_t i = 0; i < question->name.size; i++)
        hash = hash * 33 + (question->name.wire[i] | 0x20U);
    return hash;
}

/* What the front hands to a client. */
static void
look_at_answer(const struct query_client *client, const uint8_t *message, size_t size)
{
    struct asked *asked = &clients[client->addr.port];
    struct bytes_reader r = bytes_reader(message, size);
    cr_assert(asked->is_sent && !asked->is_answered, "one answer for each");
    asked->is_answered = true;
    cr_assert_eq(bytes_get_u16(&r), asked->id);
    uint16_t flags = bytes_get_u16(&r);
    cr_assert(flags & DNS_QR);
    if (flags & DNS_TC) { /* over a limit: nothing follows the question */
        cr_assert_leq(size, DNS_HEADER_SIZE + asked->name.size + 4 + DNS_EDNS_PUT_MAX);
        return;
    }
    if (!asked->is_sound)
        cr_assert_neq(flags & DNS_RCODE, DNS_NOERROR);
    if ((flags & DNS_RCODE) != DNS_NOERROR)
        return;
    struct dns_question question;
    bytes_seek(&r, DNS_HEADER_SIZE);
    cr_assert(dns_name_get(&r, &question.name));
    question.type = bytes_get_u16(&r);
    cr_assert_eq(question.type, asked->type);
    cr_assert_eq(question.name.size, asked->name.size);
    cr_assert_arr_eq(question.name.wire, asked->name.wire, asked->name.size, "spelled as asked");
    bytes_skip(&r, 2 + 2 + 2 + 2 + 4 + 2);
    cr_assert_eq(bytes_get_u32(&r), hash_of(&question), "the answer to another question");
    cr_assert_not(r.failed);
}

/* In place of udp.c, tcp.c and tcp_table.c. */

static struct events_memory events_memory;
static struct events_reader events;
static uint8_t batch_why[UDP_BATCH];
static uint32_t batch_count;

uint8_t *
udp_room(struct udp *udp, uint32_t listener)
{
    (void)udp;
    (void)listener;
    return room;
}

bool
udp_is_full(const struct udp *udp, uint32_t listener)
{
    (void)udp;
    (void)listener;
    return batch_count == UDP_BATCH;
}

void
udp_send(struct udp *udp, const struct query_client *client, size_t size, enum why why)
{
    (void)udp;
    bool is_lost = prng_below(&prng, 8) == 0;
    if (!is_lost)
        look_at_answer(client, room, size);
    batch_why[batch_count++] = (uint8_t)(is_lost ? WHY_SEND_FAILED : why);
}

uint32_t
udp_waiting(const struct udp *udp, uint32_t listener)
{
    (void)udp;
    (void)listener;
    return batch_count;
}

uint32_t
udp_flush(struct udp *udp, uint32_t listener, uint8_t why[UDP_BATCH])
{
    (void)udp;
    (void)listener;
    uint32_t count = batch_count;
    memcpy(why, batch_why, count);
    batch_count = 0;
    return count;
}

uint8_t *
tcp_room(struct tcp *tcp, const struct query_client *client, size_t size)
{
    (void)tcp;
    cr_assert_leq(size, sizeof room);
    return clients[client->addr.port].is_gone ? NULL : room;
}

void
tcp_send(struct tcp *tcp, const struct query_client *client, size_t size)
{
    (void)tcp;
    look_at_answer(client, room, size);
}

static unsigned tcp_ends;

void
tcp_done(struct tcp *tcp, const struct query_client *client)
{
    (void)tcp;
    (void)client;
    tcp_ends++;
}

void
tcp_refused(struct tcp *tcp, const struct query_client *client)
{
    (void)tcp;
    (void)client;
}

uint32_t
tcp_table_idle_ms(const struct tcp *tcp)
{
    (void)tcp;
    return 1000;
}

void
tcp_distrust(struct tcp *tcp, const struct query_client *client)
{
    (void)tcp;
    (void)client;
}

/* The turn's part in the test's hands. */

static struct clock_time
now(void)
{
    return evloop_time(&front.loop);
}

static void
flush(void)
{
    front.udp.count = 1;
    deliver_flush(&front.deliver);
}

static void
take_answers(void)
{
    const struct clock_time at = now();
    struct handoff_answer answer;
    struct inflight_question *question;
    while ((question = uplink_next(&front.uplink, &answer)) != NULL)
        admit_answer(&front, question, &answer, &at);
}

/* Clients. */

static size_t
write_query(struct asked *asked, uint8_t to[512])
{
    char name[32];
    struct dns_question question = {.type = asked->type, .class = DNS_CLASS_IN};
    snprintf(name, sizeof name, "n%u.Example", prng_below(&prng, NAMES));
    cr_assert_eq(dns_name_parse(name, &question.name), STATUS_OK);
    size_t size = dns_query_write(&question, asked->id, DNS_RD, prng_below(&prng, 2), 0, to, 512);
    /* dns_query_write() folds case: spell it again by chance */
    for (size_t i = 1; i < question.name.size; i++) {
        uint8_t octet = to[DNS_HEADER_SIZE + i];
        if (octet >= 'a' && octet <= 'z' && prng_below(&prng, 2) == 0)
            to[DNS_HEADER_SIZE + i] = octet & 0xdf;
    }
    asked->name.size = question.name.size;
    memcpy(asked->name.wire, to + DNS_HEADER_SIZE, question.name.size);
    return size;
}

static unsigned tcp_received;

static void
client_asks(void)
{
    uint8_t message[512];
    if (clients_count == CLIENTS)
        return;
    struct asked *asked = &clients[clients_count];
    asked->id = (uint16_t)prng_next(&prng);
    asked->type = prng_below(&prng, 2) ? DNS_TYPE_A : DNS_TYPE_AAAA;
    asked->is_sent = asked->is_sound = true;
    size_t size = write_query(asked, message);
    if (prng_below(&prng, 4) == 0) { /* break it somewhere behind the id */
        asked->is_sound = false;
        size = prng_below(&prng, 3) == 0 ? prng_below(&prng, 12) : 12 + prng_below(&prng, 3);
        message[2] |= prng_below(&prng, 4) == 0 ? 0x80 : 0;
    }
    struct query *draft = inflight_draft(&front.waiting.queries);
    draft->client = (struct query_client){
        .addr = {.family = ADDR_IPV4,
                 .bytes = {127, 0, (uint8_t)prng_below(&prng, 4),
                           (uint8_t)(1 + prng_below(&prng, 3))}},
        .transport = prng_below(&prng, 3) == 0 ? QUERY_TCP : QUERY_UDP,
    };
    draft->client.addr.port = (uint16_t)clients_count++;
    const struct clock_time at = now();
    received++;
    tcp_received += draft->client.transport == QUERY_TCP;
    admit_message(&front, draft, message, size, &at);
}

/* The worker. */

static void
put_answer(const struct handoff_query *query, const struct dns_question *question)
{
    uint8_t head[HANDOFF_ANSWER_HEAD], message[512];
    struct bytes_writer w = bytes_writer(message, sizeof message);
    struct handoff_answer answer = {
        .slot = query->slot, .generation = query->generation, .ede = DNS_EDE_NONE};
    bool is_aaaa = question->type == DNS_TYPE_AAAA;
    uint32_t more = prng_below(&prng, 3) == 0 ? 20 : 0; /* large enough for a pace */
    bytes_put_u32(&w, DNS_QR | DNS_RA);
    bytes_put_u32(&w, 1U << 16 | 1);
    bytes_put_u32(&w, more);
    bytes_put_copy(&w, question->name.wire, question->name.size);
    bytes_put_u16(&w, question->type);
    bytes_put_u16(&w, question->class);
    bytes_put_u16(&w, 0xc00c);
    bytes_put_u16(&w, question->type);
    bytes_put_u16(&w, question->class);
    bytes_put_u32(&w, prng_below(&prng, 3) == 0); /* s */
    bytes_put_u16(&w, is_aaaa ? 16 : 4);
    bytes_put_u32(&w, hash_of(question));
    bytes_put_zeros(&w, is_aaaa ? 12 : 0);
    for (; more > 0; more--) {
        bytes_put_u16(&w, 0xc00c);
        bytes_put_u16(&w, DNS_TYPE_A);
        bytes_put_u16(&w, question->class);
        bytes_put_u32(&w, 60);
        bytes_put_u16(&w, 4);
        bytes_put_u32(&w, more);
    }
    answer.outcome = prng_below(&prng, 10) == 0 ? HANDOFF_FAILED : HANDOFF_ANSWERED;
    handoff_answer_write(&answer, head);
    size_t size = answer.outcome == HANDOFF_FAILED ? 0 : w.pos;
    enum status status = ring_put(&to_front, head, sizeof head, message, size);
    cr_assert(status == STATUS_OK || status == STATUS_FULL);
    (void)ring_publish(&to_front);
}

static void
worker_takes(void)
{
    uint8_t record[RING_BYTES];
    size_t size;
    while (held_count < CLIENTS &&
           ring_take(&from_front, record, sizeof record, &size) == STATUS_OK)
        cr_assert_eq(handoff_query_read(record, size, &held[held_count++]), STATUS_OK);
    (void)ring_release(&from_front);
}

static void
worker_answers(void)
{
    if (held_count == 0)
        return;
    unsigned at = prng_below(&prng, held_count);
    struct handoff_query query = held[at];
    switch (prng_below(&prng, 12)) {
    case 0: /* the answer to another question, for this one */
        put_answer(&query, &held[prng_below(&prng, held_count)].question);
        break;
    case 1: /* a name that is stale or invented */
        query.generation += prng_below(&prng, 3);
        query.slot += prng_below(&prng, 3);
        put_answer(&query, &query.question);
        break;
    case 2: /* answered twice */
        put_answer(&query, &query.question);
        put_answer(&query, &query.question);
        break;
    case 3: /* forgotten */
        break;
    default:
        put_answer(&query, &query.question);
    }
    held[at] = held[--held_count];
}

/* What front_control.c does; here the supervisor is this file. */
static unsigned rings_broken;

static void
report_rings(void)
{
    uint32_t number;
    while (uplink_pop_broken(&front.uplink, &number)) {
        cr_assert_eq(number, front.uplink.newest->number);
        rings_broken++;
    }
}

static void
give_ring(uint32_t number)
{
    size_t size = 2 * RING_MEMORY_BYTES(RING_BYTES), mapped;
    struct ipc_message ring = {.type = IPC_RING,
                               .epoch = number,
                               .ring_query_bytes = RING_BYTES,
                               .ring_answer_bytes = RING_BYTES};
    int fds[IPC_FDS_MAX];
    void *at;
    memory_unmap(worker_memory, size);
    cr_assert_eq(memory_share("ring", NULL, size, false, &fds[0]), STATUS_OK);
    cr_assert_eq(memory_map(fds[0], size, false, &at, &mapped), STATUS_OK);
    cr_assert_eq(evloop_open_bell(&fds[1]), STATUS_OK);
    cr_assert_eq(evloop_open_bell(&fds[2]), STATUS_OK);
    worker_memory = at;
    ring_consumer_init(&from_front, worker_memory, RING_BYTES);
    ring_producer_init(&to_front, worker_memory + RING_MEMORY_BYTES(RING_BYTES), RING_BYTES);
    cr_assert_eq(uplink_attach(&front.uplink, &ring, fds), STATUS_OK);
}

static void
worker_dies(void)
{
    const struct clock_time at = now();
    struct handoff_answer answer;
    struct inflight_question *question;
    held_count = 0;
    while ((question = uplink_next_of(&front.uplink, ring_number, &answer)) != NULL)
        admit_answer(&front, question, &answer, &at);
    uplink_detach(&front.uplink, ring_number, true);
    give_ring(++ring_number);
}

/* Time. */

static void
time_passes(unsigned ms)
{
    front.loop.now_us += (uint64_t)ms * 1000;
    const struct clock_time at = now();
    deliver_release(&front.deliver, &at);
    admit_stale(&front, &at);
    struct inflight_question *due;
    while ((due = inflight_first_due(&front.waiting.inflight)) != NULL &&
           due->deadline_ms <= at.now_ms)
        admit_timeout(&front, due, &at);
}

static unsigned
ends_counted(void)
{
    unsigned sum = 0;
    for (int why = 0; why < WHY_COUNT; why++)
        sum += (unsigned)stats.why[why];
    return sum;
}

/* Tight enough that each limit is met now and then. */
static void
set_limits(void)
{
    config.query_ms = 1000;
    config.queries = QUERIES;
    config.queue_per_prefix = QUERIES * 2 / 5;
    config.upstreams_count = config.upstream_connections = config.upstream_in_flight = 1;
    config.listen_count = 1;
    config.rates_mode = CONFIG_RATES_ENFORCE;
    config.rates_ipv4_count = 2;
    config.rates_proven_ipv4_count = 1;
    config.rates_ipv4[0] = (struct config_rate){.length = 32, .rate_per_s = 1, .burst = 2};
    config.rates_ipv4[1] = (struct config_rate){.length = 24, .rate_per_s = 1000, .burst = 2000};
    config.rates_proven_ipv4[0] = (struct config_rate){.length = 32, .rate_per_s = 1, .burst = 2};
    config.rates_slip = 2;
    config.rates_entries = 64;
    config.cookies_enabled = 1;
    config.pacing = 1;
    config.pacing_rate = 1000;
    config.pacing_burst = 2000;
    config.pacing_wait_ms = 100;
}

static void
setup(void)
{
    struct addr_prefix allow, deny;
    cr_assert_eq(addr_prefix_parse("127.0.0.0/8", &allow), STATUS_OK);
    cr_assert_eq(addr_prefix_parse("127.0.3.3", &deny), STATUS_OK);
    struct acl acl;
    cr_assert_eq(acl_init(&acl, &allow, 1, &deny, 1), STATUS_OK);
    set_limits();
    front.self.config = &config;
    front.self.stats = &stats;
    cr_assert_eq(evloop_open(&front.loop), STATUS_OK);
    front.loop.now_us = 1000000;
    const struct clock_time at = now();
    rate_reserve(&front.rate, &config, &stats);
    source_change(&front.source, &config, &acl, &front.rate.set);
    local_change(&front.local, &config);
    waiting_reserve(&front.waiting, &config, &front.rate, &front.local.routing.now);
    recall_reserve(&front.recall, &config,
                   &(struct recall_parts){&stats, &front.local, &front.waiting}, &at);
    pacing_reserve(&front.pacing, &config);
    recording_init(&front.recording, &stats);
    events_writer_init(&front.recording.writer, &events_memory);
    events_reader_init(&events, &events_memory, true);
    deliver_init(&front.deliver, &(struct deliver_parts){&stats, &front.rate, &front.pacing,
                                                         &front.udp, &front.tcp, &front.recording});
    deliver_change(&front.deliver, &config);
    uplink_reserve(&front.uplink, &(struct uplink_parts){&front.loop, &stats, &front.waiting, 0});
    front.waiting.queues[0].places = 6; /* so that questions stand in line */
    worker_dies();
}

/* Each end that was counted has one event, which says why. */
static void
look_at_events(void)
{
    static uint64_t seen[WHY_COUNT];
    struct event event;
    while (events_read(&events, evloop_time(&front.loop).now_us, &event))
        seen[event.why]++;
    cr_assert_eq(events.lost + events.bad, 0);
    for (int why = 0; why < WHY_COUNT; why++)
        cr_assert_eq(seen[why], stats.why[why], "%s", why_name((enum why)why));
}

/* 40,000 of them. @param has_cache  then questions are asked that nobody waits for */
static void
run_events(bool has_cache)
{
    prng = prng_begin("front");
    for (int step = 0; step < 40000; step++) {
        if (step % 4000 == 0) /* now without rates, so that the tables fill up */
            config.rates_mode = step % 8000 == 0 ? CONFIG_RATES_ENFORCE : CONFIG_RATES_OFF;
        switch (prng_below(&prng, 9)) {
        case 0:
        case 1:
            client_asks();
            break;
        case 2:
            uplink_submit(&front.uplink);
            break;
        case 3:
            worker_takes();
            break;
        case 4:
        case 5:
            worker_answers();
            break;
        case 6:
            take_answers();
            break;
        case 7:
            time_passes(prng_below(&prng, 30));
            break;
        case 8:
            if (prng_below(&prng, 40) == 0)
                worker_dies();
            else if (clients_count > 0)
                clients[prng_below(&prng, clients_count)].is_gone = prng_below(&prng, 9) == 0;
            break;
        }
        if (prng_below(&prng, 4) == 0) {
            flush();
            look_at_events();
        }
        report_rings();
        cr_assert_eq(received, ends_counted() + front.waiting.queries.alive + front.pacing.count +
                                   batch_count);
        cr_assert(has_cache || front.waiting.inflight.queued <= front.waiting.queries.alive);
        cr_assert_leq(front.waiting.queues[0].nodes[NETWORKS_ROOT].at_worker, 6);
        cr_assert_eq(crowd_held(&front.waiting.alive, NETWORKS_ROOT), front.waiting.queries.alive);
        cr_assert_eq(rings_broken, 0);
    }
    time_passes(2000);
    if (has_cache)
        time_passes(2000); /* the query of our own, which was asked in the last moment */
    flush();
    look_at_events();
    cr_assert_eq(front.waiting.queries.alive, 0);
    cr_assert_eq(front.waiting.inflight.alive, 0);
    cr_assert_eq(received, ends_counted());
    for (uint32_t i = 1; i <= front.waiting.networks.touched; i++)
        cr_assert_eq(front.waiting.networks.nodes[i].refs, 0, "nothing holds a network");
    cr_assert_eq(tcp_ends, tcp_received, "each connection was told of each end");
}

static void
expect_seen(const enum why whys[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        cr_assert_gt(stats.why[whys[i]], 0, "%s never happened", why_name(whys[i]));
}

Test(front, every_message_has_one_end_and_every_answer_its_asker, .init = setup)
{
    run_events(false);
    static const enum why all_seen[] = {
        WHY_ANSWERED,     WHY_ACL,         WHY_SHORT,        WHY_RESPONSE,
        WHY_NAME,         WHY_TIMEOUT,     WHY_MARTIAN,      WHY_UPSTREAM_FAILED,
        WHY_ANSWER_BAD,   WHY_SEND_FAILED, WHY_RATE_DROPPED, WHY_RATE_SLIPPED,
        WHY_RATE_REFUSED, WHY_PREFIX_FULL, WHY_QUEUE_FULL,   WHY_PACE_SLIPPED};
    expect_seen(all_seen, sizeof all_seen / sizeof all_seen[0]);
}

static void
setup_with_cache(void)
{
    config.cache_bytes = 256 * 1024;
    config.cache_ttl_max_ms = 60000;
    config.cache_negative_max_ms = 60000;
    config.cache_failure_ms = 1000;
    config.cache_stale_ms = 60000;
    config.cache_stale_after_ms = 300;
    config.cache_prefetch = 1;
    setup();
}

Test(front, the_same_holds_with_a_cache, .init = setup_with_cache)
{
    static const enum why all_seen[] = {WHY_ANSWERED, WHY_CACHE_HIT,       WHY_CACHE_STALE,
                                        WHY_TIMEOUT,  WHY_UPSTREAM_FAILED, WHY_RATE_SLIPPED};
    run_events(true);
    expect_seen(all_seen, sizeof all_seen / sizeof all_seen[0]);
    cr_expect_gt(stats.counts[STAT_PROBES], 0);
}

Test(front, a_worker_that_lies_about_its_ring_is_read_no_more, .init = setup)
{
    prng = prng_begin("front");
    while (front.waiting.queries.alive == 0)
        client_asks();
    atomic_store(&to_front.shared->tail, 1);
    take_answers();
    report_rings();
    cr_assert_eq(rings_broken, 1);
    take_answers();
    uplink_submit(&front.uplink);
    report_rings();
    cr_assert_eq(rings_broken, 1, "said once");
    cr_assert(uplink_sleep(&front.uplink), "no spinning on a broken ring");
    worker_dies();
    uplink_submit(&front.uplink);
    worker_takes();
    cr_assert_eq(held_count, front.waiting.inflight.alive, "what was unfinished is asked again");
}
