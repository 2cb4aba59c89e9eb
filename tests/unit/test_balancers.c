/* test_balancers.c - datagrams of balancers, and what their headers are refused for
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

static struct query_client client;
static struct verdict verdict;
static const uint8_t *message;
static size_t size;
static uint8_t octets[64];

static void
setup(void)
{
    scene_config();
    scene_balancer();
    scene_open();
}

/* A datagram of this sender: a header, or none (0 octets), and a message of 5. */
static bool
passes(const char *from, const uint8_t *header, size_t header_size)
{
    memcpy(octets, header, header_size);
    memcpy(octets + header_size, "query", 5);
    client = (struct query_client){.addr = scene_client(from), .transport = QUERY_UDP};
    message = octets;
    size = header_size + 5;
    verdict = (struct verdict){.why = WHY_COUNT};
    bool passed = balancers_pass(&front.balancers, &client, &message, &size, &scene_now, &verdict);
    cr_assert(passed || (verdict.end == VERDICT_DROP && verdict.why == WHY_PROXY));
    return passed;
}

static void
must_be_behind(size_t header_size)
{
    cr_expect_eq(size, 5);
    cr_expect_eq(message, octets + header_size);
}

Test(balancers, a_listed_one_names_its_client, .init = setup)
{
    uint8_t header[28];
    struct addr balancer = scene_client("127.0.0.200"), named = scene_client("192.0.2.7:999");
    size_t header_size = scene_header("192.0.2.7:999", QUERY_UDP, header);
    cr_assert(passes("127.0.0.200", header, header_size));
    must_be_behind(28);
    cr_expect(addr_is_equal(&client.addr, &named));
    cr_expect(addr_is_equal(&client.balancer, &balancer), "where the answer goes");
    cr_expect_eq(scene_stat(STAT_PROXY_CLIENTS), 1);
}

Test(balancers, a_health_check_is_its_own, .init = setup)
{
    uint8_t header[28];
    struct addr balancer = scene_client("127.0.0.200");
    size_t header_size = scene_header(NULL, QUERY_UDP, header);
    cr_assert(passes("127.0.0.200", header, header_size));
    must_be_behind(16);
    cr_expect(addr_is_equal(&client.addr, &balancer));
    cr_expect_eq(client.balancer.family, ADDR_NONE);
    cr_expect_eq(scene_stat(STAT_PROXY_LOCAL), 1);
}

Test(balancers, each_refusal_has_a_counter_and_few_have_a_line, .init = setup)
{
    static const struct {
        const char *header;
        size_t size;
        enum stats_counter counter;
    } cases[] = {
        {"", 0, STAT_PROXY_MISSING},
        {"\r\n\r\n\0\r\nQUIT\n\x21\x12\0\14", 16, STAT_PROXY_MALFORMED}, /* cut off */
        {"\r\n\r\n\0\r\nQUIT\n\x2f\x12\0\0", 16, STAT_PROXY_MALFORMED},
        {"\r\n\r\n\0\r\nQUIT\n\x11\x12\0\0", 16, STAT_PROXY_VERSION},
        {"PROXY TCP4 ", 11, STAT_PROXY_VERSION},
        {"\r\n\r\n\0\r\nQUIT\n\x21\0\0\0", 16, STAT_PROXY_ADDRESS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t before = scene_stat(cases[i].counter);
        cr_expect_not(passes("127.0.0.200", (const uint8_t *)cases[i].header, cases[i].size));
        cr_expect_eq(scene_stat(cases[i].counter), before + 1, "case %zu", i);
    }
    cr_expect_eq(front.balancers.refused.skipped, 5, "one line");
    cr_expect_eq(scene_stat(STAT_PROXY_CLIENTS) + scene_stat(STAT_PROXY_LOCAL), 0);
}

Test(balancers, who_is_not_listed_speaks_for_himself, .init = setup)
{
    uint8_t header[28];
    struct addr other = scene_client("127.0.0.201");
    size_t header_size = scene_header("192.0.2.7", QUERY_UDP, header);
    cr_assert(passes("127.0.0.201", header, header_size),
              "for the parser, to which it is no query");
    cr_expect_eq(size, 28 + 5);
    cr_expect(addr_is_equal(&client.addr, &other));
    cr_assert(passes("127.0.0.201", header, 0));
}

/* A connection's client was asked for when it opened. */
Test(balancers, messages_of_connections_have_no_header, .init = setup)
{
    cr_expect(
        balancers_has(&front.balancers, &(struct addr){ADDR_IPV4, .bytes = {127, 0, 0, 200}}));
    client = (struct query_client){.addr = scene_client("127.0.0.200"), .transport = QUERY_TCP};
    message = octets;
    size = 5;
    cr_expect(balancers_pass(&front.balancers, &client, &message, &size, &scene_now, &verdict));
    cr_expect_eq(size, 5);
}

Test(balancers, without_a_list_nobody_is_one, .init = scene_setup)
{
    uint8_t header[28];
    size_t header_size = scene_header("192.0.2.7", QUERY_UDP, header);
    cr_expect(passes("127.0.0.200", header, header_size));
    cr_expect_eq(size, 28 + 5);
    cr_expect_not(balancers_has(&front.balancers, &client.addr));
}

/* --- through all stages ---------------------------------------------------------------------- */

/* Admit what this sender sends: `header` and a query for a name that is answered here.
 * @return the reason counted */
static enum why
admit(const char *from, const uint8_t *header, size_t header_size)
{
    uint8_t datagram[28 + 512];
    uint64_t before[WHY_COUNT];
    for (int why = 0; why < WHY_COUNT; why++)
        before[why] = atomic_load(&stats.why[why]);
    memcpy(datagram, header, header_size);
    size_t query_size =
        scene_query("localhost", DNS_TYPE_A, false, NULL, 0, datagram + header_size);
    struct query *draft = inflight_draft(&front.waiting.queries);
    draft->client = (struct query_client){.addr = scene_client(from), .transport = QUERY_UDP};
    message = datagram;
    size = header_size + query_size;
    if (balancers_pass(&front.balancers, &draft->client, &message, &size, &scene_now, &verdict))
        admit_message(&front, draft, message, size, &scene_now);
    else
        admit_not(&front, draft, &verdict, &scene_now);
    deliver_flush(&front.deliver);
    for (int why = 0; why < WHY_COUNT; why++)
        if (atomic_load(&stats.why[why]) != before[why])
            return (enum why)why;
    return WHY_COUNT;
}

Test(balancers, the_client_is_judged_and_the_balancer_is_answered, .init = setup)
{
    uint8_t header[28];
    size_t header_size = scene_header("192.0.2.7:999", QUERY_UDP, header);
    cr_expect_eq(admit("127.0.0.200", header, header_size), WHY_LOCAL);
    cr_assert_eq(scene_out_count, 1);
    struct addr balancer = scene_client("127.0.0.200");
    cr_expect(addr_is_equal(&scene_out[0].from, &balancer), "the answer has no header");
    cr_expect_eq(scene_flags(scene_out[0].octets) & DNS_QR, DNS_QR);
    header_size = scene_header("198.51.100.1", QUERY_UDP, header);
    cr_expect_eq(admit("127.0.0.200", header, header_size), WHY_ACL, "it is not on the list");
    header_size = scene_header(NULL, QUERY_UDP, header);
    cr_expect_eq(admit("127.0.0.200", header, header_size), WHY_LOCAL, "a health check");
    cr_expect_eq(admit("127.0.0.200", header, 0), WHY_PROXY, "it must say for whom");
}

Test(balancers, a_strangers_header_is_no_query, .init = setup)
{
    uint8_t header[28];
    size_t header_size = scene_header("192.0.2.7", QUERY_UDP, header);
    cr_expect_eq(admit("127.0.0.2", header, header_size), WHY_PROXY);
    cr_expect_eq(scene_stat(STAT_PROXY_STRAY), 1);
    cr_expect_eq(scene_out_count, 0);
}

static void
setup_rates(void)
{
    scene_config();
    scene_balancer();
    config.rates_mode = CONFIG_RATES_ENFORCE;
    config.rates_slip = 0;
    scene_open();
}

/* Each client has a rate, and the balancer that they share has none. */
Test(balancers, limits_are_the_clients, .init = setup_rates)
{
    uint8_t header[28];
    size_t header_size = scene_header("192.0.2.7", QUERY_UDP, header);
    unsigned dropped = 0;
    for (unsigned i = 0; i < 20; i++)
        dropped += admit("127.0.0.200", header, header_size) == WHY_RATE_DROPPED;
    cr_expect_gt(dropped, 5);
    header_size = scene_header("192.0.2.8", QUERY_UDP, header);
    cr_expect_eq(admit("127.0.0.200", header, header_size), WHY_LOCAL);
}
