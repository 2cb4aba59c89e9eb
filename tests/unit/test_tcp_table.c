/* test_tcp_table.c - who gives way when there is no room, and how long a connection may be idle
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

static struct tcp *tcp = &front.tcp;
static struct query_client gone;

static void
setup(void)
{
    scene_config();
    config.tcp_clients = 8;
    config.tcp_per_prefix = 4;
    scene_open();
}

/* @return NULL: nobody gives way */
static struct tcp_connection *
connect_one(const char *address)
{
    struct query_client asker = {
        .addr = scene_client(address),
        .payer = rate_is_exempt(&front.rate, &(struct addr){0}) ? RATE_EXEMPT : RATE_PROVEN};
    struct addr_keys keys = {0};
    int ends[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    uint32_t leaf = rate_network(&front.rate, &tcp->networks, NETWORKS_ROOT, &asker, &keys);
    struct tcp_connection *c = tcp_table_open(tcp, ends[1], &asker.addr, leaf, &scene_now, &gone);
    crowd_network_release(&tcp->networks, leaf);
    return c;
}

/* It has a query under way. */
static struct tcp_connection *
busy(const char *address)
{
    struct tcp_connection *c = connect_one(address);
    cr_assert_not_null(c);
    c->waiting = 1;
    tcp_table_arm(tcp, c, TCP_TIMER_NONE, &scene_now);
    return c;
}

Test(tcp_table, a_name_that_is_gone_finds_nothing, .init = setup)
{
    struct tcp_connection *c = connect_one("127.0.0.2");
    struct query_client client = tcp_table_client(tcp, c);
    cr_expect_eq(tcp_table_find(tcp, &client), c);
    tcp_table_close(tcp, c);
    tcp_table_close(tcp, c); /* twice is once */
    cr_expect_null(tcp_table_find(tcp, &client));
    cr_expect_eq(connect_one("127.0.0.2"), c, "the slot is used again");
    cr_expect_null(tcp_table_find(tcp, &client));
}

Test(tcp_table, of_a_network_at_its_bound_the_longest_idle_gives_way, .init = setup)
{
    struct tcp_connection *first = connect_one("127.0.0.2");
    (void)busy("127.0.0.2");
    (void)busy("127.0.0.2");
    (void)busy("127.0.0.2");
    struct query_client client = tcp_table_client(tcp, first);
    cr_expect_null(connect_one("127.0.0.2"), "its own: only when it has been idle for a while");
    cr_assert_not_null(connect_one("127.0.0.3"), "its neighbour has none");
    cr_expect_null(tcp_table_find(tcp, &client));
    cr_expect_eq(gone.connection, 0, "no query waited on it");
    cr_expect_eq(scene_stat(STAT_TCP_EVICTED), 1);
}

Test(tcp_table, a_client_gives_way_to_itself_when_one_has_been_idle_a_while, .init = setup)
{
    struct tcp_connection *first = connect_one("127.0.0.2");
    struct query_client client = tcp_table_client(tcp, first);
    for (int i = 0; i < 3; i++)
        (void)busy("127.0.0.2");
    scene_pass(TCP_SETTLED_MS);
    cr_expect_not_null(connect_one("127.0.0.2"));
    cr_expect_null(tcp_table_find(tcp, &client));
}

Test(tcp_table, the_queries_of_one_that_gives_way_are_told, .init = setup)
{
    for (int i = 0; i < 3; i++)
        (void)busy("127.0.0.2");
    struct tcp_connection *youngest = busy("127.0.0.2");
    struct query_client client = tcp_table_client(tcp, youngest);
    cr_assert_not_null(connect_one("127.0.0.3"));
    cr_expect_eq(gone.connection, client.connection);
    cr_expect_eq(gone.connection_generation, client.connection_generation);
    cr_expect(addr_is_equal(&gone.addr, &client.addr));
    cr_expect_eq(gone.payer, RATE_PROVEN);
    cr_assert_not_null(connect_one("127.0.0.3"), "one more than it would have then");
    cr_assert_null(connect_one("127.0.0.3"), "as many");
}

Test(tcp_table, in_a_full_table_an_idle_one_of_a_larger_network_makes_room, .init = setup)
{
    static const char *const addresses[] = {"127.0.1.1", "127.0.1.1", "127.0.2.1", "127.0.2.1",
                                            "127.0.3.1", "127.0.3.1", "127.0.4.1", "127.0.4.1"};
    for (int i = 0; i < 8; i++)
        cr_assert_not_null(connect_one(addresses[i]));
    cr_expect_not_null(connect_one("127.0.5.1"));
    cr_expect_not_null(connect_one("127.0.5.1"), "it has one and they have two");
    cr_expect_eq(tcp->open, 8);
    scene_pass(TCP_SETTLED_MS);
    cr_expect_not_null(connect_one("127.0.5.1"), "one of those that are not in use");
}

Test(tcp_table, in_a_full_table_of_busy_ones_nobody_gives_way_to_an_equal, .init = setup)
{
    static const char *const addresses[] = {"127.0.1.1", "127.0.2.1", "127.0.3.1", "127.0.4.1",
                                            "127.0.5.1", "127.0.6.1", "127.0.7.1", "127.0.8.1"};
    for (int i = 0; i < 8; i++)
        (void)busy(addresses[i]);
    cr_expect_null(connect_one("127.0.9.1"));
    cr_expect_eq(tcp->open, 8);
}

Test(tcp_table, idle_times_shrink_as_the_table_fills, .init = setup)
{
    cr_expect_eq(tcp_table_idle_ms(tcp), 10000);
    for (int i = 0; i < 4; i++)
        cr_assert_not_null(connect_one("127.0.1.1"));
    cr_expect_eq(tcp_table_idle_ms(tcp), 10000, "half of it is free");
    for (int i = 0; i < 2; i++)
        cr_assert_not_null(connect_one("127.0.2.1"));
    cr_expect_eq(tcp_table_idle_ms(tcp), 5000);
    for (int i = 0; i < 2; i++)
        cr_assert_not_null(connect_one("127.0.3.1"));
    cr_expect_eq(tcp_table_idle_ms(tcp), 10000 / TCP_IDLE_SHARE);
}

Test(tcp_table, each_touched_connection_is_settled_once, .init = setup)
{
    struct tcp_connection *a = connect_one("127.0.1.1"), *b = connect_one("127.0.2.1");
    tcp_table_touch(tcp, a);
    tcp_table_touch(tcp, b);
    tcp_table_touch(tcp, a);
    cr_expect_eq(tcp_table_pop_touched(tcp), a);
    tcp_table_close(tcp, b);
    cr_expect_null(tcp_table_pop_touched(tcp), "a closed one is in no list");
}
