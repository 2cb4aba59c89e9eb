/* test_source.c - martians and the access list
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

static bool
passes(struct query_client client, enum why *why)
{
    struct verdict verdict = {.why = WHY_COUNT};
    bool passed = source_pass(&front.source, &client, "query", &scene_now, &verdict);
    *why = (enum why)verdict.why;
    cr_assert(passed || verdict.end == VERDICT_DROP);
    return passed;
}

static struct query_client
over(enum query_transport transport, const char *address, uint16_t port)
{
    struct query_client client = {.addr = scene_client(address), .transport = (uint8_t)transport};
    client.addr.port = port;
    return client;
}

Test(source, who_is_not_on_the_access_list_is_dropped, .init = scene_setup)
{
    enum why why;
    cr_expect(passes(over(QUERY_UDP, "127.0.0.2", 4000), &why));
    cr_expect(passes(over(QUERY_TCP, "127.0.0.2", 4000), &why));
    cr_expect_not(passes(over(QUERY_UDP, "198.51.100.1", 4000), &why));
    cr_expect_eq(why, WHY_ACL);
    cr_expect_not(passes(over(QUERY_UDP, "127.0.9.9", 4000), &why), "deny is stronger");
    cr_expect_eq(why, WHY_ACL);
    cr_expect_eq(front.source.denied.skipped, 1, "one line for both");
}

Test(source, a_source_that_nobody_has_is_martian, .init = scene_setup)
{
    enum why why;
    cr_expect_not(passes(over(QUERY_UDP, "224.0.0.1", 4000), &why));
    cr_expect_eq(why, WHY_MARTIAN);
    cr_expect_not(passes(over(QUERY_UDP, "127.0.0.2", 0), &why));
    cr_expect_eq(why, WHY_MARTIAN);
    cr_expect_not(passes(over(QUERY_UDP, "127.0.0.1", 53), &why), "our own socket");
    cr_expect_eq(why, WHY_MARTIAN);
    cr_expect_not(passes((struct query_client){.transport = QUERY_UDP}, &why), "no address");
    cr_expect_eq(why, WHY_MARTIAN);
}

static void
reflectors(void)
{
    scene_config();
    config.filter_ports_count = 1;
    config.filter_ports[0] = 19;
    scene_open();
}

Test(source, a_reflectors_port_counts_over_udp_only, .init = reflectors)
{
    enum why why;
    cr_expect_not(passes(over(QUERY_UDP, "127.0.0.2", 19), &why));
    cr_expect_eq(why, WHY_MARTIAN);
    cr_expect(passes(over(QUERY_TCP, "127.0.0.2", 19), &why));
}

Test(source, another_configuration_takes_the_place_of_the_last, .init = reflectors)
{
    struct config other = config;
    struct acl all = front.source.acl;
    enum why why;
    other.filter_ports_count = 0;
    other.filter_martians = 0;
    source_change(&front.source, &other, &all, &front.rate.set);
    cr_expect(passes(over(QUERY_UDP, "127.0.0.2", 19), &why));
    cr_expect(passes(over(QUERY_UDP, "127.0.0.1", 53), &why));
    cr_expect_not(passes(over(QUERY_UDP, "127.0.0.2", 0), &why), "no answer could be sent there");
}
