/* test_admit.c - the order of the stages, and what becomes of answers
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

static uint8_t message[4096];

static void
admit(enum query_transport transport, const uint8_t *octets, size_t size)
{
    struct query *draft = inflight_draft(&front.waiting.queries);
    draft->client =
        (struct query_client){.addr = scene_client("127.0.0.2"), .transport = (uint8_t)transport};
    admit_message(&front, draft, octets, size, &scene_now);
    deliver_flush(&front.deliver);
}

static void
ask(const char *name, uint16_t type)
{
    uint8_t octets[512];
    admit(QUERY_UDP, octets, scene_query(name, type, true, NULL, 0, octets));
}

/* The reply that was sent last. */
static unsigned
rcode(void)
{
    cr_assert_gt(scene_out_count, 0);
    return scene_flags(scene_out[(scene_out_count - 1) % SCENE_DATAGRAMS].octets) & DNS_RCODE;
}

Test(admit, each_odd_form_has_its_reason_and_its_reply, .init = scene_setup)
{
    static const struct {
        unsigned at, octet;
        enum why why;
        int rcode; /* -1: silence */
    } odd[] = {
        {2, 0x80, WHY_RESPONSE, -1},           {2, 0x28, WHY_OPCODE, DNS_NOTIMP},
        {5, 2, WHY_COUNTS, DNS_FORMERR},       {12, 0xff, WHY_NAME, DNS_FORMERR},
        {11, 2, WHY_COUNTS, DNS_FORMERR},      {25, 99, WHY_RECORD, DNS_FORMERR},
        {30, 1, WHY_VERSION, DNS_NOERROR},     {33, 9, WHY_OPT, DNS_FORMERR},
        {20 + 1, 0xfc, WHY_TYPE, DNS_REFUSED}, {23, 4, WHY_CLASS, DNS_REFUSED},
        {23, 3, WHY_CLASS, DNS_REFUSED},
    };
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        uint8_t octets[512];
        size_t size = scene_query("a.b.cd", DNS_TYPE_A, true, NULL, 0, octets);
        unsigned sent = scene_out_count;
        octets[odd[i].at] = (uint8_t)odd[i].octet;
        admit(QUERY_UDP, octets, size);
        cr_expect_eq(stats.why[odd[i].why] > 0, true, "row %zu", i);
        cr_expect_eq(scene_out_count, sent + (odd[i].rcode >= 0), "row %zu", i);
        if (odd[i].rcode >= 0)
            cr_expect_eq(rcode(), (unsigned)odd[i].rcode, "row %zu", i);
    }
    uint8_t octets[1300] = {0};
    admit(QUERY_UDP, octets, 5);
    cr_expect_eq(stats.why[WHY_SHORT], 1);
    size_t size = scene_query("a.b.cd", DNS_TYPE_A, true, NULL, 0, octets);
    admit(QUERY_UDP, octets, size + 1);
    cr_expect_eq(stats.why[WHY_TRAILING], 1);
    admit(QUERY_UDP, octets, UDP_MESSAGE_MAX + 1);
    cr_expect_eq(stats.why[WHY_CUT], 1);
    cr_expect_eq(front.waiting.queries.alive, 0);
}

Test(admit, a_cookie_without_a_question_is_answered_with_one, .init = scene_setup)
{
    uint8_t octets[512], cookie[24] = "abcdefgh";
    size_t size = scene_query(".", DNS_TYPE_A, true, cookie, 8, octets);
    memmove(octets + 12, octets + 17, size - 17); /* no question */
    octets[5] = 0;
    admit(QUERY_UDP, octets, size - 5);
    cr_expect_eq(stats.why[WHY_COOKIE], 1);
    cr_expect_eq(rcode(), DNS_NOERROR);
    size = scene_query(".", DNS_TYPE_A, true, cookie, 24, octets);
    memmove(octets + 12, octets + 17, size - 17);
    octets[5] = 0;
    admit(QUERY_UDP, octets, size - 5);
    cr_expect_eq(stats.why[WHY_COOKIE], 2, "a false one too, and is told");
}

static void
named(void)
{
    scene_config();
    strcpy(config.local_server_id, "edge-1");
    scene_open();
}

Test(admit, what_needs_no_upstream_is_answered_at_once, .init = named)
{
    uint8_t octets[512];
    ask("localhost", DNS_TYPE_A);
    cr_expect_eq(stats.why[WHY_LOCAL], 1);
    ask("a.example", DNS_TYPE_ANY);
    cr_expect_eq(stats.why[WHY_MINIMAL], 1);
    size_t size = scene_query("id.server", DNS_TYPE_TXT, false, NULL, 0, octets);
    octets[size - 1] = DNS_CLASS_CHAOS;
    admit(QUERY_UDP, octets, size);
    cr_expect_eq(stats.why[WHY_MINIMAL], 2);
    cr_expect_eq(front.waiting.queries.alive, 0);
}

/* The worker's word on the only question under way. */
static void
answer(enum handoff_outcome outcome, size_t size)
{
    struct inflight_question *question = inflight_oldest(&front.waiting.inflight);
    struct handoff_answer said = {.outcome = (uint8_t)outcome,
                                  .ede = DNS_EDE_NONE,
                                  .message = size > 0 ? message : NULL,
                                  .message_size = size};
    cr_assert_not_null(question);
    admit_answer(&front, question, &said, &scene_now);
    deliver_flush(&front.deliver);
}

static size_t
records(const char *name, unsigned code, uint16_t count, uint32_t ttl)
{
    struct dns_question question = question_of(name, DNS_TYPE_A);
    return scene_answer(&question, code, count, ttl, message, NULL);
}

Test(admit, an_answer_goes_to_all_who_wait_and_into_the_cache, .init = scene_setup)
{
    ask("a.example", DNS_TYPE_A);
    ask("A.eXample", DNS_TYPE_A);
    cr_expect_eq(front.waiting.queries.alive, 2);
    cr_expect_eq(scene_stat(STAT_COALESCED), 1);
    answer(HANDOFF_ANSWERED, records("a.example", DNS_NOERROR, 1, 60));
    cr_expect_eq(stats.why[WHY_ANSWERED], 2);
    cr_expect_eq(front.waiting.queries.alive, 0);
    cr_expect_eq(front.waiting.inflight.alive, 0);
    ask("a.example", DNS_TYPE_A);
    cr_expect_eq(stats.why[WHY_CACHE_HIT], 1);
}

Test(admit, an_upstreams_failure_is_told_or_a_stale_answer_stands_in, .init = scene_setup)
{
    ask("a.example", DNS_TYPE_A);
    answer(HANDOFF_FAILED, 0);
    cr_expect_eq(stats.why[WHY_UPSTREAM_FAILED], 1);
    cr_expect_eq(rcode(), DNS_SERVFAIL);
    ask("a.example", DNS_TYPE_A);
    answer(HANDOFF_ANSWERED, records("a.example", DNS_NOERROR, 1, 10));
    scene_pass(11000);
    ask("a.example", DNS_TYPE_A);
    answer(HANDOFF_ANSWERED, records("a.example", DNS_SERVFAIL, 0, 0));
    cr_expect_eq(stats.why[WHY_CACHE_STALE], 1);
    cr_expect_eq(rcode(), DNS_NOERROR);
    cr_expect_eq(front.waiting.inflight.alive, 0);
    ask("a.example", DNS_TYPE_A);
    cr_expect_eq(stats.why[WHY_CACHE_STALE], 2, "at once: others have waited in vain");
    cr_expect_eq(front.waiting.inflight.alive, 1, "and it is asked with nobody waiting");
    answer(HANDOFF_DOWN, 0);
    cr_expect_gt(front.recall.failing_until_us, scene_now.now_us);
}

Test(admit, what_a_worker_should_not_have_sent_is_a_failure, .init = scene_setup)
{
    ask("a.example", DNS_TYPE_A);
    answer(HANDOFF_ANSWERED, records("b.example", DNS_NOERROR, 1, 60));
    cr_expect_eq(stats.why[WHY_ANSWER_BAD], 1);
    cr_expect_eq(scene_stat(STAT_UPSTREAM_BAD), 1);
    cr_expect_eq(rcode(), DNS_SERVFAIL);
}

Test(admit, an_error_without_the_question_passes_where_it_claims_nothing, .init = scene_setup)
{
    static const unsigned codes[][2] = {
        {DNS_REFUSED, DNS_REFUSED}, {DNS_NXDOMAIN, DNS_SERVFAIL}, {DNS_NOTIMP, DNS_NOTIMP}};
    for (unsigned i = 0; i < 3; i++) {
        struct bytes_writer w = bytes_writer(message, sizeof message);
        build_header(&w, 0, DNS_QR | codes[i][0], 0, 0, 0, 0);
        ask("a.example", DNS_TYPE_A);
        answer(HANDOFF_ANSWERED, w.pos);
        cr_expect_eq(stats.why[WHY_UPSTREAM_ERROR], i + 1);
        cr_expect_eq(rcode(), codes[i][1]);
    }
}

Test(admit, a_query_without_an_answer_times_out_and_a_stale_one_comes_before, .init = scene_setup)
{
    ask("a.example", DNS_TYPE_A);
    admit_timeout(&front, inflight_oldest(&front.waiting.inflight), &scene_now);
    deliver_flush(&front.deliver);
    cr_expect_eq(stats.why[WHY_TIMEOUT], 1);
    ask("a.example", DNS_TYPE_A);
    answer(HANDOFF_ANSWERED, records("a.example", DNS_NOERROR, 1, 10));
    scene_pass(11000);
    ask("a.example", DNS_TYPE_A);
    scene_pass(500);
    admit_stale(&front, &scene_now);
    scene_pass(500);
    admit_stale(&front, &scene_now);
    deliver_flush(&front.deliver);
    cr_expect_eq(stats.why[WHY_CACHE_STALE], 1);
    cr_expect_gt(front.waiting.inflight.alive, 0, "it stays under way");
    cr_expect_eq(front.waiting.queries.alive, 0);
}

static void
refusing(void)
{
    scene_config();
    config.local_refuse_private = 1;
    scene_open();
}

Test(admit, an_answer_that_policy_keeps_back_is_judged_for_each_client, .init = refusing)
{
    struct dns_question question = question_of("a.example", DNS_TYPE_A);
    ask("a.example", DNS_TYPE_A);
    size_t size = scene_answer(&question, DNS_NOERROR, 1, 60, message, NULL);
    memcpy(message + size - 4, "\12\0\0\1", 4); /* 10.0.0.1 */
    answer(HANDOFF_ANSWERED, size);
    cr_expect_eq(stats.why[WHY_PRIVATE], 1);
    ask("a.example", DNS_TYPE_A);
    cr_expect_eq(stats.why[WHY_PRIVATE], 2, "out of the cache");
}

static void
narrow(void)
{
    scene_config();
    config.queue_per_prefix = 1;
    scene_open();
}

Test(admit, who_is_shed_for_another_is_told_by_what_is_known_of_it, .init = narrow)
{
    uint8_t octets[512];
    ask("a.example", DNS_TYPE_A);
    ask("b.example", DNS_TYPE_A);
    cr_expect_eq(stats.why[WHY_PREFIX_FULL], 1);
    cr_expect_eq(rcode(), DNS_SERVFAIL, "a newcomer without a place");
    size_t size = scene_query("c.example", DNS_TYPE_A, true, NULL, 0, octets);
    admit(QUERY_TCP, octets, size);
    cr_expect_eq(stats.why[WHY_PREFIX_FULL], 2);
    cr_expect(scene_flags(scene_out[(scene_out_count - 1) % SCENE_DATAGRAMS].octets) & DNS_TC,
              "an unproven one may come back over TCP");
    cr_expect_eq(front.waiting.queries.alive, 1);
}

Test(admit, the_queries_of_a_connection_that_gave_way_end_in_silence, .init = scene_setup)
{
    uint8_t octets[512];
    admit(QUERY_TCP, octets, scene_query("a.example", DNS_TYPE_A, true, NULL, 0, octets));
    admit(QUERY_TCP, octets, scene_query("b.example", DNS_TYPE_A, true, NULL, 0, octets));
    struct query_client client = inflight_query_at(&front.waiting.queries, 1)->client;
    cr_assert_eq(front.waiting.queries.alive, 2);
    admit_gone(&front, &client, &scene_now);
    cr_expect_eq(stats.why[WHY_CONNECTION_TAKEN], 2);
    cr_expect_eq(front.waiting.queries.alive, 0);
    cr_expect_eq(front.waiting.inflight.alive, 0);
}

static void
limited(void)
{
    scene_config();
    config.rates_mode = CONFIG_RATES_ENFORCE;
    scene_open();
}

Test(admit, a_connection_over_its_rate_is_counted_and_one_that_sends_no_query_is_distrusted,
     .init = limited)
{
    uint8_t octets[512];
    struct query_client asker = {.addr = scene_client("127.0.0.2"), .payer = RATE_PROVEN}, gone;
    struct addr_keys keys = {0};
    int ends[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    uint32_t leaf = rate_network(&front.rate, &front.tcp.networks, NETWORKS_ROOT, &asker, &keys);
    struct tcp_connection *c =
        tcp_table_open(&front.tcp, ends[1], &asker.addr, leaf, &scene_now, &gone);
    size_t size = scene_query("a.example", DNS_TYPE_A, true, NULL, 0, octets);
    for (int i = 0; i < 20; i++) {
        struct query *draft = inflight_draft(&front.waiting.queries);
        draft->client = tcp_table_client(&front.tcp, c);
        c->waiting++;
        admit_message(&front, draft, octets, size, &scene_now);
    }
    cr_expect_gt(c->refused, 0);
    cr_expect_eq(c->refused, stats.why[WHY_RATE_REFUSED]);
    scene_pass(60000);
    struct query *draft = inflight_draft(&front.waiting.queries);
    draft->client = tcp_table_client(&front.tcp, c);
    c->waiting++;
    octets[2] |= 0x80;
    admit_message(&front, draft, octets, size, &scene_now);
    cr_expect(c->is_over);
}

/* How many of these pass before their sender is over its rate; `changing`: the octet that makes
 * each another one, 0: they are all alike. */
static unsigned
passes(uint8_t *octets, size_t size, unsigned changing)
{
    unsigned count = 0;
    scene_pass(600000); /* its buckets are empty */
    uint64_t over = stats.why[WHY_RATE_DROPPED] + stats.why[WHY_RATE_SLIPPED];
    for (;; count++) {
        octets[changing] = (uint8_t)(octets[changing] + (changing != 0));
        admit(QUERY_UDP, octets, size);
        if (stats.why[WHY_RATE_DROPPED] + stats.why[WHY_RATE_SLIPPED] > over)
            return count;
    }
}

static void
priced(void)
{
    scene_config();
    config.rates_mode = CONFIG_RATES_ENFORCE;
    config.rates_ipv4[0].burst = 20;
    config.rates_ipv4[1].burst = 200;
    scene_open();
}

Test(admit, a_hit_is_cheap_an_error_costs_more_and_a_miss_most, .init = priced)
{
    const unsigned burst = 20 * LIMITER_QUERY;
    uint8_t octets[512];
    size_t size = scene_query("a.example", DNS_TYPE_A, true, NULL, 0, octets);
    ask("a.example", DNS_TYPE_A);
    answer(HANDOFF_ANSWERED, records("a.example", DNS_NOERROR, 1, 86400));
    cr_expect_eq(passes(octets, size, 0), burst / LIMITER_PRICE_ADMIT);
    cr_expect_eq(passes(octets, size + 1, 0), burst / (LIMITER_PRICE_ADMIT + LIMITER_PRICE_ERROR));
    cr_expect_eq(passes(octets, size, 13), burst / (LIMITER_PRICE_ADMIT + LIMITER_PRICE_MISS));
    cr_expect_eq(front.waiting.queries.alive, burst / LIMITER_QUERY);
}
