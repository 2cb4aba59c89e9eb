/* test_deliver.c - each form of a reply, and that each query adds to exactly one row
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

#include "prng.h"

static uint8_t message[4096];
static struct dns_answer answer;

static uint64_t
ends(void)
{
    uint64_t sum = 0;
    for (int why = 0; why < WHY_COUNT; why++)
        sum += stats.why[why];
    return sum;
}

/* What the client got over UDP last. */
static const uint8_t *
sent(size_t *size)
{
    deliver_flush(&front.deliver);
    cr_assert_gt(scene_out_count, 0);
    const struct scene_datagram *d = &scene_out[(scene_out_count - 1) % SCENE_DATAGRAMS];
    *size = d->size;
    return d->octets;
}

static struct query *
draft_of(enum query_transport transport)
{
    return scene_draft("127.0.0.2", transport, "a.example", DNS_TYPE_A);
}

static struct verdict
answered(void)
{
    return (struct verdict){.end = VERDICT_ANSWER,
                            .why = WHY_ANSWERED,
                            .form = VERDICT_RECORDS,
                            .message = message,
                            .answer = &answer};
}

Test(deliver, a_refusal_repeats_the_question_and_says_why, .init = scene_setup)
{
    size_t size;
    struct query *draft = draft_of(QUERY_UDP);
    struct verdict verdict = verdict_refuse(WHY_CLASS, DNS_REFUSED, DNS_EDE_NOT_SUPPORTED);
    deliver_refuse(&front.deliver, draft, &verdict, &scene_now);
    cr_expect_eq(stats.why[WHY_CLASS], 0, "not before the kernel has it");
    const uint8_t *reply = sent(&size);
    cr_expect_eq(stats.why[WHY_CLASS], 1);
    cr_expect_eq(scene_flags(reply) & DNS_RCODE, DNS_REFUSED);
    cr_expect_eq(stats.rcodes[stats_rcode(DNS_REFUSED)], 1);
    cr_expect_eq(reply[0] << 8 | reply[1], 77, "its id");
    cr_expect_eq(reply[size - 1], DNS_EDE_NOT_SUPPORTED);
}

Test(deliver, a_truncated_reply_is_no_larger_than_the_query, .init = scene_setup)
{
    size_t size;
    uint8_t query[512], cookie[8] = "abcdefgh";
    struct query *draft = draft_of(QUERY_UDP);
    size_t length = scene_query("a.example", DNS_TYPE_A, true, cookie, 8, query);
    cr_assert_eq(dns_query_parse(query, length, &draft->dns), DNS_QUERY_OK);
    struct verdict verdict = verdict_truncate(WHY_RATE_SLIPPED);
    deliver_refuse(&front.deliver, draft, &verdict, &scene_now);
    const uint8_t *reply = sent(&size);
    cr_expect(scene_flags(reply) & DNS_TC);
    cr_expect_leq(size, length, "a first cookie would make it larger");
    cr_expect_eq(scene_stat(STAT_TRUNCATED), 1);
}

/* Deliver and look at RCODE and number of answers. */
static void
expect(const struct query *draft, const struct verdict *verdict, unsigned rcode, unsigned answers)
{
    size_t size;
    if (verdict->end == VERDICT_ANSWER)
        deliver_answer(&front.deliver, draft, verdict, &scene_now);
    else
        deliver_refuse(&front.deliver, draft, verdict, &scene_now);
    const uint8_t *reply = sent(&size);
    cr_expect_eq(scene_flags(reply) & DNS_RCODE, rcode, "form %u", verdict->form);
    cr_expect_eq((unsigned)reply[6] << 8 | reply[7], answers, "form %u", verdict->form);
    cr_expect_eq(stats.why[verdict->why], 1);
}

static void
with_name(void)
{
    scene_config();
    strcpy(config.local_server_id, "edge-1");
    scene_open();
}

Test(deliver, writes_what_is_answered_here, .init = with_name)
{
    struct verdict verdict = verdict_own(WHY_LOCAL, VERDICT_SPECIAL);
    verdict.action = SPECIAL_LOOPBACK4;
    expect(scene_draft("127.0.0.2", QUERY_UDP, "localhost", DNS_TYPE_A), &verdict, DNS_NOERROR, 1);
    verdict = verdict_own(WHY_MINIMAL, VERDICT_ANY);
    expect(scene_draft("127.0.0.2", QUERY_UDP, "a.example", DNS_TYPE_ANY), &verdict, DNS_NOERROR,
           1);
    verdict = (struct verdict){
        .end = VERDICT_REFUSE, .why = WHY_BLOCKED, .form = VERDICT_BLOCKED, .ede = DNS_EDE_BLOCKED};
    expect(draft_of(QUERY_UDP), &verdict, DNS_NXDOMAIN, 0);
    verdict = verdict_own(WHY_COOKIE, VERDICT_RCODE);
    verdict.rcode = DNS_NOERROR;
    expect(draft_of(QUERY_UDP), &verdict, DNS_NOERROR, 0);
    struct query *draft = scene_draft("127.0.0.2", QUERY_UDP, "id.server", DNS_TYPE_TXT);
    draft->dns.question.class = DNS_CLASS_CHAOS;
    stats.why[WHY_MINIMAL] = 0;
    verdict = verdict_own(WHY_MINIMAL, VERDICT_IDENTITY);
    expect(draft, &verdict, DNS_NOERROR, 1);
}

Test(deliver, a_signed_query_is_refused_with_a_tsig, .init = scene_setup)
{
    static const uint8_t key[] = {1, 'k', 0}, algorithm[] = {1, 'h', 0};
    uint8_t query[512];
    struct query *draft = draft_of(QUERY_UDP);
    size_t size = scene_query("a.example", DNS_TYPE_A, false, NULL, 0, query);
    query[11] = 1;
    struct bytes_writer w = bytes_writer(query + size, sizeof query - size);
    bytes_put_copy(&w, key, sizeof key);
    bytes_put_u16(&w, DNS_TYPE_TSIG);
    bytes_put_u16(&w, DNS_CLASS_ANY);
    bytes_put_u32(&w, 0);
    bytes_put_u16(&w, sizeof algorithm + 16);
    bytes_put_copy(&w, algorithm, sizeof algorithm);
    bytes_put_zeros(&w, 16); /* time, fudge, no MAC, id, error, nothing else */
    size += w.pos;
    cr_assert_eq(dns_query_parse(query, size, &draft->dns), DNS_QUERY_SIGNED);
    struct verdict verdict = verdict_refuse(WHY_SIGNED, DNS_NOTAUTH, DNS_EDE_NONE);
    verdict.form = VERDICT_SIGNED;
    verdict.message = query;
    verdict.message_size = (uint16_t)size;
    expect(draft, &verdict, DNS_NOTAUTH, 0);
    const uint8_t *reply = sent(&size);
    cr_expect_eq(reply[11], 1, "it has a TSIG too");
}

Test(deliver, records_are_the_clients_own_copy_and_leave_what_does_not_fit, .init = scene_setup)
{
    size_t size;
    struct query *draft = draft_of(QUERY_UDP);
    (void)scene_answer(&draft->dns.question, DNS_NOERROR, 3, 60, message, &answer);
    struct verdict verdict = answered();
    expect(draft, &verdict, DNS_NOERROR, 3);
    (void)scene_answer(&draft->dns.question, DNS_NOERROR, 200, 60, message, &answer);
    verdict.why = WHY_CACHE_HIT;
    deliver_answer(&front.deliver, draft, &verdict, &scene_now);
    const uint8_t *reply = sent(&size);
    cr_expect(scene_flags(reply) & DNS_TC);
    cr_expect_leq(size, 1232);
    cr_expect_eq(reply[0] << 8 | reply[1], 77);
}

static void
limited(void)
{
    scene_config();
    config.rates_mode = CONFIG_RATES_ENFORCE;
    scene_open();
}

/* May it ask, after it was given a large answer twice? */
static bool
passes_after_answers(const char *client, bool is_proven)
{
    uint8_t query[512];
    size_t size = scene_query("a.example", DNS_TYPE_A, true, NULL, 0, query);
    struct query *draft = scene_draft(client, QUERY_UDP, "a.example", DNS_TYPE_A);
    (void)scene_answer(&draft->dns.question, DNS_NOERROR, 60, 60, message, &answer);
    struct verdict verdict = answered();
    draft->client.payer = RATE_UNPROVEN;
    draft->client.is_proven = is_proven;
    for (int i = 0; i < 2; i++)
        deliver_answer(&front.deliver, draft, &verdict, &scene_now);
    return rate_pass(&front.rate, draft, query, size, &scene_now, &verdict);
}

Test(deliver, an_unproven_client_pays_for_the_size_of_its_answers, .init = limited)
{
    cr_expect_not(passes_after_answers("127.0.0.2", false));
    cr_expect(passes_after_answers("127.0.1.2", true));
}

Test(deliver, a_full_batch_goes_to_the_kernel_and_what_it_does_not_take_is_counted,
     .init = scene_setup)
{
    struct query *draft = draft_of(QUERY_UDP);
    struct verdict verdict = verdict_refuse(WHY_TIMEOUT, DNS_SERVFAIL, DNS_EDE_NONE);
    for (int i = 0; i < UDP_BATCH + 3; i++)
        deliver_refuse(&front.deliver, draft, &verdict, &scene_now);
    cr_expect_eq(scene_out_count, UDP_BATCH);
    cr_expect_eq(ends(), UDP_BATCH);
    scene_send_errno = EPERM; /* of one message */
    deliver_flush(&front.deliver);
    cr_expect_eq(stats.why[WHY_SEND_FAILED], 1);
    cr_expect_eq(stats.why[WHY_TIMEOUT], UDP_BATCH + 2);
    for (int i = 0; i < 5; i++)
        deliver_refuse(&front.deliver, draft, &verdict, &scene_now);
    scene_send_errno = EAGAIN; /* no room for any */
    deliver_flush(&front.deliver);
    cr_expect_eq(stats.why[WHY_SEND_FAILED], 6);
    cr_expect_eq(ends(), UDP_BATCH + 3 + 5);
}

static void
paced(void)
{
    scene_config();
    config.pacing = 1;
    scene_open();
}

Test(deliver, what_pacing_holds_is_counted_when_it_leaves, .init = paced)
{
    struct query *draft = draft_of(QUERY_UDP);
    (void)scene_answer(&draft->dns.question, DNS_NOERROR, 30, 60, message, &answer);
    struct verdict verdict = answered();
    unsigned asked = 0;
    for (; front.pacing.count == 0 && asked < 100; asked++) {
        deliver_answer(&front.deliver, draft, &verdict, &scene_now);
        scene_pass(20);
    }
    deliver_flush(&front.deliver);
    cr_assert_eq(front.pacing.count, 1);
    cr_expect_eq(scene_stat(STAT_PACED), 1);
    cr_expect_eq(ends(), asked - 1);
    cr_expect_gt(stats.why[WHY_PACE_SLIPPED], 0, "before that, some would have waited too long");
    scene_pass(200);
    deliver_release(&front.deliver, &scene_now);
    deliver_flush(&front.deliver);
    cr_expect_eq(ends(), asked);
}

/* A connection with one query under way. @return the client's end */
static int
connect_one(struct query *draft)
{
    struct addr_keys keys = {0};
    struct query_client gone;
    int client[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, client), 0);
    uint32_t leaf =
        rate_network(&front.rate, &front.tcp.networks, NETWORKS_ROOT, &draft->client, &keys);
    struct tcp_connection *c =
        tcp_table_open(&front.tcp, client[1], &draft->client.addr, leaf, &scene_now, &gone);
    cr_assert_not_null(c);
    c->waiting = 1;
    draft->client.connection = tcp_table_index(&front.tcp, c);
    draft->client.connection_generation = c->generation;
    return client[0];
}

Test(deliver, over_tcp_an_answer_is_framed_and_its_connection_told, .init = scene_setup)
{
    uint8_t got[4096];
    struct query *draft = draft_of(QUERY_TCP);
    int client = connect_one(draft);
    draft->dns.edns.keepalive = true;
    (void)scene_answer(&draft->dns.question, DNS_NOERROR, 100, 60, message, &answer);
    struct verdict verdict = answered();
    deliver_answer(&front.deliver, draft, &verdict, &scene_now);
    cr_expect_eq(stats.why[WHY_ANSWERED], 1);
    cr_expect_eq(front.tcp.connections[draft->client.connection].waiting, 0);
    tcp_settle(&front.tcp, &scene_now);
    ssize_t size = recv(client, got, sizeof got, 0);
    cr_assert_gt(size, 2);
    cr_expect_eq(got[0] << 8 | got[1], size - 2);
    cr_expect_eq(got[2 + 6] << 8 | got[2 + 7], 100, "all of it");
    deliver_drop(&front.deliver, draft, WHY_ACL, &scene_now);
    cr_expect_eq(stats.why[WHY_ACL], 1);
}

Test(deliver, an_answer_to_a_connection_that_is_gone_is_counted_so, .init = scene_setup)
{
    struct query *draft = draft_of(QUERY_TCP);
    int client = connect_one(draft);
    struct verdict verdict = verdict_refuse(WHY_TIMEOUT, DNS_SERVFAIL, DNS_EDE_NONE);
    tcp_table_close(&front.tcp, &front.tcp.connections[draft->client.connection]);
    deliver_refuse(&front.deliver, draft, &verdict, &scene_now);
    (void)scene_answer(&draft->dns.question, DNS_NOERROR, 1, 60, message, &answer);
    verdict = answered();
    deliver_answer(&front.deliver, draft, &verdict, &scene_now);
    cr_expect_eq(stats.why[WHY_CLIENT_GONE], 2);
    cr_expect_eq(ends(), 2);
    close(client);
}
