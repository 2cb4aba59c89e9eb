/* test_rate.c - limits, prices, cookies and exempt clients
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

static void
setup(void)
{
    scene_config();
    config.rates_mode = CONFIG_RATES_ENFORCE;
    scene_open();
}

/* One query of this client. @param cookie  NULL: none */
static struct verdict
ask(const char *client, enum query_transport transport, const uint8_t *cookie, uint16_t size)
{
    uint8_t message[512];
    struct verdict verdict = {.end = VERDICT_ANSWER, .why = WHY_COUNT};
    struct query *draft = inflight_draft(&front.waiting.queries);
    draft->client =
        (struct query_client){.addr = scene_client(client), .transport = (uint8_t)transport};
    size_t length = scene_query("a.example", DNS_TYPE_A, true, cookie, size, message);
    bool passed = rate_pass(&front.rate, draft, message, length, &scene_now, &verdict);
    cr_assert_eq(passed, verdict.why == WHY_COUNT);
    return verdict;
}

/* Until the bucket is full. */
static struct verdict
flood(const char *client, enum query_transport transport)
{
    struct verdict verdict = {.why = WHY_COUNT};
    for (int i = 0; i < 1000 && verdict.why == WHY_COUNT; i++)
        verdict = ask(client, transport, NULL, 0);
    cr_assert_neq(verdict.why, WHY_COUNT, "never over its rate");
    return verdict;
}

Test(rate, an_unproven_client_is_dropped_or_told_to_ask_over_tcp, .init = setup)
{
    unsigned slipped = 0, dropped = 0;
    (void)flood("127.0.0.2", QUERY_UDP);
    for (int i = 0; i < 10; i++) {
        struct verdict verdict = ask("127.0.0.2", QUERY_UDP, NULL, 0);
        slipped += verdict.why == WHY_RATE_SLIPPED && verdict.form == VERDICT_TRUNCATED;
        dropped += verdict.why == WHY_RATE_DROPPED && verdict.end == VERDICT_DROP;
    }
    cr_expect_eq(slipped, 5, "one in rates.slip");
    cr_expect_eq(dropped, 5);
    cr_expect_eq(ask("127.0.1.2", QUERY_UDP, NULL, 0).why, WHY_COUNT, "others are not concerned");
}

Test(rate, a_proven_client_is_refused_with_a_reason, .init = setup)
{
    struct verdict verdict = flood("127.0.0.2", QUERY_TCP);
    cr_expect_eq(verdict.end, VERDICT_REFUSE);
    cr_expect_eq(verdict.why, WHY_RATE_REFUSED);
    cr_expect_eq(verdict.rcode, DNS_REFUSED);
    cr_expect_eq(verdict.ede, DNS_EDE_PROHIBITED);
    cr_expect_eq(ask("127.0.0.2", QUERY_UDP, NULL, 0).why, WHY_COUNT,
                 "what it asks over TCP does not count as unproven");
}

Test(rate, what_is_no_query_is_dropped_even_of_a_proven_client, .init = setup)
{
    uint8_t message[12] = {0};
    struct verdict verdict;
    (void)flood("127.0.0.2", QUERY_TCP);
    struct query *draft = inflight_draft(&front.waiting.queries);
    cr_assert_not(rate_pass(&front.rate, draft, message, sizeof message, &scene_now, &verdict));
    cr_expect_eq(verdict.why, WHY_RATE_DROPPED);
}

/* What the server sends to a client that has eight octets of its own. */
static void
make_cookie(const char *client, uint8_t cookie[COOKIE_BYTES])
{
    struct addr addr = scene_client(client);
    memcpy(cookie, "abcdefgh", 8);
    cookie_make(&front.rate.secrets, cookie, &addr, scene_now.wall_s, cookie + 8);
}

Test(rate, a_valid_cookie_gives_an_unproven_client_its_own_rate, .init = setup)
{
    uint8_t cookie[COOKIE_BYTES];
    make_cookie("127.0.0.2", cookie);
    (void)flood("127.0.0.2", QUERY_UDP);
    cr_expect_eq(ask("127.0.0.2", QUERY_UDP, cookie, COOKIE_BYTES).why, WHY_COUNT);
    cr_expect(inflight_draft(&front.waiting.queries)->client.is_proven);
    cr_expect_eq(inflight_draft(&front.waiting.queries)->client.payer, RATE_PROVEN);
    cr_expect_eq(scene_stat(STAT_COOKIES_VALID), 1);
    cookie[20] ^= 1;
    cr_expect_neq(ask("127.0.0.2", QUERY_UDP, cookie, COOKIE_BYTES).why, WHY_COUNT);
    cr_expect_eq(scene_stat(STAT_COOKIES_FALSE), 1);
    cr_expect_neq(ask("127.0.0.2", QUERY_UDP, cookie, 8).why, WHY_COUNT, "its own half only");
    cr_expect_eq(scene_stat(STAT_COOKIES_FALSE), 1, "which is not false");
}

Test(rate, a_cookie_is_looked_at_once_and_a_fresh_one_is_repeated, .init = setup)
{
    uint8_t cookie[COOKIE_BYTES], message[512];
    struct dns_edns_put opt = {0};
    struct query *draft = scene_draft("127.0.0.2", QUERY_UDP, "a.example", DNS_TYPE_A);
    make_cookie("127.0.0.2", cookie);
    size_t size = scene_query("a.example", DNS_TYPE_A, true, cookie, COOKIE_BYTES, message);
    cr_assert_eq(dns_query_parse(message, size, &draft->dns), DNS_QUERY_OK);
    rate_check_cookie(&front.rate, draft, &scene_now);
    rate_check_cookie(&front.rate, draft, &scene_now);
    cr_expect_eq(scene_stat(STAT_COOKIES_VALID), 1);
    rate_put_cookie(&front.rate, draft, &scene_now, &opt);
    cr_assert_eq(opt.cookie_size, COOKIE_BYTES);
    cr_expect_arr_eq(opt.cookie, cookie, COOKIE_BYTES);
    draft->cookie = COOKIE_RENEW;
    scene_pass(5000);
    rate_put_cookie(&front.rate, draft, &scene_now, &opt);
    cr_expect_arr_neq(opt.cookie, cookie, COOKIE_BYTES, "an aging one is not");
    cr_expect_eq(cookie_check(&front.rate.secrets, opt.cookie, COOKIE_BYTES, &draft->client.addr,
                              scene_now.wall_s),
                 COOKIE_VALID, "the one in its place is of now");
}

Test(rate, what_a_query_costs_later_is_poured_too, .init = setup)
{
    cr_assert_eq(ask("127.0.0.2", QUERY_UDP, NULL, 0).why, WHY_COUNT);
    rate_charge(&front.rate, inflight_draft(&front.waiting.queries), LIMITER_PRICE_MAX, &scene_now);
    cr_expect_neq(ask("127.0.0.2", QUERY_UDP, NULL, 0).why, WHY_COUNT);
    rate_charge(&front.rate, inflight_draft(&front.waiting.queries), 0, &scene_now);
}

Test(rate, what_a_query_of_a_proven_client_costs_later_is_poured_too, .init = setup)
{
    cr_assert_eq(ask("127.0.0.2", QUERY_TCP, NULL, 0).why, WHY_COUNT);
    rate_charge(&front.rate, inflight_draft(&front.waiting.queries), LIMITER_PRICE_MAX, &scene_now);
    cr_expect_neq(ask("127.0.0.2", QUERY_TCP, NULL, 0).why, WHY_COUNT);
    cr_expect_eq(ask("127.0.0.2", QUERY_UDP, NULL, 0).why, WHY_COUNT, "it has another rate");
}

static void
special_clients(void)
{
    scene_config();
    config.rates_mode = CONFIG_RATES_ENFORCE;
    config.rates_exempt_count = 1;
    cr_assert_eq(addr_prefix_parse("192.0.2.0/24", &config.rates_exempt[0]), STATUS_OK);
    config.rates_listeners_count = 1;
    config.rates_listeners[0] = (struct config_share){.listen = config.listen[0], .percent = 50};
    scene_open();
}

Test(rate, an_exempt_client_is_not_limited_and_is_a_network_of_its_own, .init = special_clients)
{
    struct addr_keys keys = {0}, others = {0};
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(ask("192.0.2.7", QUERY_UDP, NULL, 0).why, WHY_COUNT);
    struct query_client exempt = inflight_draft(&front.waiting.queries)->client;
    cr_expect_eq(exempt.payer, RATE_EXEMPT);
    struct query_client other = {.addr = scene_client("192.0.2.8"), .payer = RATE_NOBODY};
    uint32_t a = rate_network(&front.rate, &front.waiting.networks, NETWORKS_ROOT, &exempt, &keys);
    uint32_t b = rate_network(&front.rate, &front.waiting.networks, NETWORKS_ROOT, &other, &others);
    cr_expect_eq(NETWORKS_PARENT(&front.waiting.networks, a), NETWORKS_ROOT);
    cr_expect_neq(NETWORKS_PARENT(&front.waiting.networks, b), NETWORKS_ROOT);
}

static unsigned
passed_of(const char *client)
{
    unsigned passed = 0;
    while (ask(client, QUERY_UDP, NULL, 0).why == WHY_COUNT)
        passed++;
    return passed;
}

Test(rate, half_a_share_is_half_the_limits, .init = special_clients)
{
    struct config whole = config;
    unsigned half = passed_of("127.0.0.2");
    whole.rates_listeners_count = 0;
    rate_change(&front.rate, &whole, &scene_now);
    cr_expect_eq(passed_of("127.0.1.2"), 2 * half);
}

Test(rate, a_share_of_nothing_and_dry_run_let_everything_pass, .init = special_clients)
{
    struct config other = config;
    other.rates_listeners[0].percent = 0;
    rate_change(&front.rate, &other, &scene_now);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(ask("127.0.0.2", QUERY_UDP, NULL, 0).why, WHY_COUNT);
    other.rates_listeners_count = 0;
    other.rates_mode = CONFIG_RATES_DRY_RUN;
    rate_change(&front.rate, &other, &scene_now);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(ask("127.0.0.2", QUERY_UDP, NULL, 0).why, WHY_COUNT);
    cr_expect_gt(scene_stat(STAT_RATE_DRY_RUN), 0);
}

Test(rate, shorter_prefixes_may_hold_as_many_times_more_as_their_rate_is, .init = setup)
{
    struct config other = config;
    uint32_t bounds[NETWORKS_KINDS];
    other.rates_ipv4_count = 3;
    other.rates_ipv4[2] = (struct config_rate){.length = 20, .rate_per_s = 50, .burst = 100};
    rate_change(&front.rate, &other, &scene_now);
    rate_bounds(&front.rate, 10, bounds);
    cr_expect_eq(bounds[2], 10, "a client");
    cr_expect_eq(bounds[1], 10, "the network around it");
    cr_expect_eq(bounds[0], 50, "five times its rate");
    cr_expect_eq(bounds[NETWORKS_EXEMPT], UINT32_MAX);
}

static void
rolling(void)
{
    scene_config();
    config.cookies_previous_secret = (struct config_secret){.bytes = {9}, .is_set = 1};
    config.cookies_staged_secret = (struct config_secret){.bytes = {8}, .is_set = 1};
    scene_open();
}

Test(rate, a_cookie_of_the_previous_or_the_next_secret_is_valid, .init = rolling)
{
    struct cookie_secrets old;
    struct addr addr = scene_client("127.0.0.2");
    uint8_t cookie[COOKIE_BYTES] = "abcdefgh";
    for (int i = 0; i < 2; i++) {
        cookie_secrets_init(
            &old,
            (i == 0 ? &config.cookies_previous_secret : &config.cookies_staged_secret)->bytes);
        cookie_make(&old, cookie, &addr, scene_now.wall_s, cookie + 8);
        cr_expect_eq(
            cookie_check(&front.rate.secrets, cookie, sizeof cookie, &addr, scene_now.wall_s),
            COOKIE_RENEW);
    }
}
