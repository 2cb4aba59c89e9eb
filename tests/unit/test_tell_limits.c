/* test_tell_limits.c - what a front knows of one client
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

#include "front/tell_limits.h"

static struct limits_report report;

static void
tell(const char *address)
{
    const struct tell_limits_parts parts = {&front.rate, &front.source, &front.waiting, &front.tcp,
                                            &front.ledger.refusals};
    struct addr client;
    cr_assert_eq(addr_parse(address, 0, &client), STATUS_OK);
    tell_limits(&parts, &client, &scene_now, &report);
}

static void
setup(void)
{
    scene_config();
    config.rates_mode = CONFIG_RATES_ENFORCE;
    scene_open();
}

static void
ask(const char *client, enum query_transport transport)
{
    struct query *draft = scene_draft(client, transport, "a.example", DNS_TYPE_A);
    struct clock_time now = scene_now;
    struct verdict verdict;
    (void)!rate_pass(&front.rate, draft, (const uint8_t *)"", 0, &now, &verdict);
}

Test(tell_limits, a_stranger_has_empty_buckets_at_each_length, .init = setup)
{
    tell("127.0.0.9");
    cr_assert_eq(report.source, LIMITS_ALLOWED);
    cr_assert_eq(report.mode, LIMITS_ENFORCED);
    cr_assert_eq(report.buckets_count, 3);
    cr_assert_eq(report.buckets[0].length, 24);
    cr_assert_eq(report.buckets[0].rate_per_s, 10);
    cr_assert_eq(report.buckets[0].burst, 20);
    cr_assert_eq(report.buckets[1].length, 32);
    cr_assert_eq(report.buckets[1].rate_per_s, 1);
    cr_assert(report.buckets[2].is_proven && report.buckets[2].length == 32);
    for (unsigned i = 0; i < 3; i++)
        cr_assert(report.buckets[i].level_milli == 0 && !report.buckets[i].is_kept);
    cr_assert_eq(report.refused_s, 0);
}

Test(tell_limits, what_it_asked_is_in_its_buckets_and_those_around_it, .init = setup)
{
    for (unsigned i = 0; i < 4; i++)
        ask("127.0.0.9", QUERY_UDP);
    tell("127.0.0.9");
    cr_assert_eq(report.buckets[1].level_milli, 1000, "an admission is a quarter of a query");
    cr_assert(report.buckets[0].is_kept && report.buckets[1].is_kept);
    cr_assert_not(report.buckets[2].is_kept);
    tell("127.0.0.10");
    cr_assert_not(report.buckets[1].is_kept);
    cr_assert(report.buckets[0].is_kept, "its network is known");
    ask("127.0.0.9", QUERY_TCP);
    tell("127.0.0.9");
    cr_assert(report.buckets[2].is_kept);
}

Test(tell_limits, queries_that_wait_and_the_last_refusal, .init = setup)
{
    enum why why;
    struct addr client;
    struct addr_keys keys = {0};
    struct query *draft = scene_draft("127.0.0.9", QUERY_TCP, "a.example", DNS_TYPE_A);
    draft->client.is_proven = true;
    cr_assert_null(waiting_keep(&front.waiting, draft, &why));
    draft = scene_draft("127.0.0.9", QUERY_UDP, "b.example", DNS_TYPE_A);
    draft->client.is_proven = false;
    cr_assert_null(waiting_keep(&front.waiting, draft, &why));
    cr_assert_eq(addr_parse("127.0.0.9", 0, &client), STATUS_OK);
    refusals_note(&front.ledger.refusals, addr_keys_at(&keys, &front.rate.set, &client, 1),
                  WHY_PREFIX_FULL, scene_now.now_s);
    scene_pass(3000);
    tell("127.0.0.9");
    cr_assert_eq(report.waiting, 2);
    cr_assert_eq(report.proven, 1);
    cr_assert_eq(report.refused_why, WHY_PREFIX_FULL);
    cr_assert_eq(report.refused_s, 4);
    tell("127.0.0.10");
    cr_assert_eq(report.waiting, 0);
    cr_assert_eq(report.refused_s, 0);
}

Test(tell_limits, who_is_denied_exempt_or_nobody, .init = setup)
{
    struct addr_prefix prefix;
    cr_assert_eq(addr_prefix_parse("127.0.0.9", &prefix), STATUS_OK);
    cr_assert_eq(acl_init(&front.rate.exempt, &prefix, 1, NULL, 0), STATUS_OK);
    config.rates_exempt_count = 1;
    tell("127.0.0.9");
    cr_assert_eq(report.mode, LIMITS_EXEMPT);
    tell("203.0.113.1");
    cr_assert_eq(report.source, LIMITS_NOT_ALLOWED);
    tell("224.0.0.1");
    cr_assert_eq(report.source, LIMITS_MARTIAN);
    config.rates_mode = CONFIG_RATES_OFF;
    tell("127.0.0.9");
    cr_assert_eq(report.mode, LIMITS_OFF);
}
