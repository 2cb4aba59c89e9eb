/* test_tcp_greeting.c - connections of balancers, until they have said for whom they are
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

#include "front/tcp_greeting.h"

#define BALANCER "127.0.0.200"

static struct tcp *tcp = &front.tcp;
static uint8_t header[28];
static size_t header_size;

static void
setup(void)
{
    int pair[2]; /* in place of a socket on port 53, readable all the time */
    scene_config();
    scene_balancer();
    config.tcp_clients = 4;
    config.tcp_per_prefix = 2;
    scene_open();
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    cr_assert_eq(tcp_accept_listen(tcp, 0, pair[1]), STATUS_OK);
    cr_assert_eq(send(pair[0], "x", 1, 0), 1);
    header_size = scene_header("192.0.2.7:999", QUERY_TCP, header);
}

static void
turn(void)
{
    struct query_client gone;
    evloop_turn(&front.loop, 0);
    while (tcp_accept_next(tcp, &scene_now, &gone))
        ;
    tcp_greeting_expire(tcp, &scene_now);
    while (tcp_accept_next_parked(tcp, &scene_now, &gone))
        ;
}

/* A connection of the balancer comes. @return its end of it */
static int
arrive(void)
{
    scene_new[scene_new_count++] = scene_client(BALANCER);
    turn();
    return scene_clients[scene_new_at - 1];
}

static void
say(int balancer, const void *octets, size_t size)
{
    cr_assert_eq(send(balancer, octets, size, MSG_NOSIGNAL), (ssize_t)size);
    turn();
}

static bool
is_closed(int balancer)
{
    uint8_t octet;
    evloop_turn(&front.loop, 0);
    ssize_t got = recv(balancer, &octet, 1, MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN);
}

static bool
is_open_for(const char *client)
{
    struct addr wanted = scene_client(client);
    return tcp->open > 0 && addr_is_equal(&tcp->connections[tcp->open].addr, &wanted);
}

Test(tcp_greeting, the_client_that_is_named_has_the_connection, .init = setup)
{
    int balancer = arrive();
    cr_expect_eq(tcp->open, 0);
    cr_expect_eq(tcp->greetings.count, 1);
    cr_expect_eq(tcp_accept_deadline_us(tcp), scene_now.now_us + 2000000);
    say(balancer, header, header_size);
    cr_assert(is_open_for("192.0.2.7:999"));
    cr_expect_not(tcp->connections[1].is_datagram);
    cr_expect_eq(tcp->greetings.count, 0);
    cr_expect_eq(scene_stat(STAT_PROXY_CLIENTS), 1);
    cr_expect_eq(scene_stat(STAT_TCP_ACCEPTED), 1);
    cr_expect_eq(tcp_accept_deadline_us(tcp), UINT64_MAX);
}

Test(tcp_greeting, it_may_come_in_pieces_and_the_query_with_it, .init = setup)
{
    uint8_t last[1 + 22] = {[1 + 1] = 20};
    struct query_client asker;
    const uint8_t *message;
    size_t size;
    int balancer = arrive();
    for (size_t i = 0; i < header_size - 1; i++)
        say(balancer, header + i, 1);
    cr_expect_eq(tcp->greetings.count, 1);
    last[0] = header[header_size - 1];
    say(balancer, last, sizeof last);
    cr_assert(is_open_for("192.0.2.7:999"));
    evloop_turn(&front.loop, 0);
    cr_assert(tcp_next(tcp, &asker, &message, &size));
    cr_expect_eq(size, 20);
    cr_expect(addr_is_equal(&asker.addr, &tcp->connections[1].addr));
}

Test(tcp_greeting, a_health_check_is_the_balancers_own, .init = setup)
{
    header_size = scene_header(NULL, QUERY_TCP, header);
    say(arrive(), header, header_size);
    cr_expect(is_open_for(BALANCER));
    cr_expect_eq(scene_stat(STAT_PROXY_LOCAL), 1);
}

/* The balancer's own connection proves nothing about a client that asked it over UDP. */
Test(tcp_greeting, a_client_that_asked_over_udp_is_not_proven, .init = setup)
{
    struct query *draft = inflight_draft(&front.waiting.queries);
    struct verdict verdict;
    header_size = scene_header("192.0.2.7:999", QUERY_UDP, header);
    say(arrive(), header, header_size);
    cr_assert(is_open_for("192.0.2.7:999"));
    draft->client = tcp_table_client(tcp, &tcp->connections[1]);
    cr_assert(rate_pass(&front.rate, draft, header, header_size, &scene_now, &verdict));
    cr_expect_not(draft->client.is_proven);
    tcp->connections[1].is_datagram = false;
    draft->client = tcp_table_client(tcp, &tcp->connections[1]);
    cr_assert(rate_pass(&front.rate, draft, header, header_size, &scene_now, &verdict));
    cr_expect(draft->client.is_proven);
}

Test(tcp_greeting, the_access_list_is_for_the_client, .init = setup)
{
    header_size = scene_header("198.51.100.1", QUERY_TCP, header);
    int balancer = arrive();
    say(balancer, header, header_size);
    cr_expect(is_closed(balancer));
    cr_expect_eq(tcp->open, 0);
    cr_expect_eq(scene_stat(STAT_TCP_REFUSED), 1);
}

/* The third connection of one network waits, whichever balancer brought it; another's comes in. */
Test(tcp_greeting, bounds_are_the_clients, .init = setup)
{
    for (unsigned i = 0; i < 3; i++)
        say(arrive(), header, header_size);
    cr_expect_eq(tcp->open, 2);
    cr_expect_eq(tcp->park.count, 1);
    header_size = scene_header("127.0.0.2", QUERY_TCP, header);
    say(arrive(), header, header_size);
    cr_expect(is_open_for("127.0.0.2"));
}

Test(tcp_greeting, what_is_no_header_ends_it, .init = setup)
{
    static const struct {
        const char *octets;
        size_t size;
        enum stats_counter counter;
    } cases[] = {
        {"\0\24", 2, STAT_PROXY_MISSING},
        {"PROXY TCP4 192.0.2.7", 20, STAT_PROXY_VERSION},
        {"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff", 16, STAT_PROXY_MALFORMED},
        {"\r\n\r\n\0\r\nQUIT\n\x21\x31\0\0", 16, STAT_PROXY_ADDRESS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int balancer = arrive();
        say(balancer, cases[i].octets, cases[i].size);
        cr_expect(is_closed(balancer), "case %zu", i);
        cr_expect_eq(scene_stat(cases[i].counter), 1, "case %zu", i);
    }
    cr_expect_eq(scene_stat(STAT_TCP_REFUSED), 4);
    cr_expect_eq(tcp->greetings.count, 0);
}

Test(tcp_greeting, half_a_header_and_an_end_is_malformed_but_nothing_is_nothing, .init = setup)
{
    int balancer = arrive();
    cr_assert_eq(shutdown(balancer, SHUT_WR), 0);
    turn();
    cr_expect_eq(tcp->greetings.count, 0);
    cr_expect_eq(scene_stat(STAT_PROXY_MALFORMED), 0);
    balancer = arrive();
    say(balancer, header, 20);
    cr_assert_eq(shutdown(balancer, SHUT_WR), 0);
    turn();
    cr_expect_eq(tcp->greetings.count, 0);
    cr_expect_eq(scene_stat(STAT_PROXY_MALFORMED), 1);
}

Test(tcp_greeting, has_so_much_time_and_no_more, .init = setup)
{
    int balancer = arrive();
    scene_pass(1999);
    say(balancer, header, 20);
    cr_expect_eq(tcp->greetings.count, 1);
    scene_pass(1);
    turn();
    cr_expect_eq(tcp->greetings.count, 0);
    cr_expect_eq(scene_stat(STAT_TCP_SLOW), 1);
    cr_expect(is_closed(balancer));
}

Test(tcp_greeting, a_full_table_loses_the_one_that_is_silent_longest, .init = setup)
{
    int first = arrive(), last = first;
    for (unsigned i = 0; i < TCP_GREETINGS; i++)
        last = arrive();
    cr_expect_eq(tcp->greetings.count, TCP_GREETINGS);
    cr_expect(is_closed(first));
    say(last, header, header_size);
    cr_expect(is_open_for("192.0.2.7:999"));
    cr_expect_eq(tcp->greetings.count, TCP_GREETINGS - 1);
}

Test(tcp_greeting, a_stop_ends_them, .init = setup)
{
    int balancer = arrive();
    tcp_stop(tcp);
    cr_expect_eq(tcp->greetings.count, 0);
    cr_expect(is_closed(balancer));
}

/* A reload that takes a balancer away, because it fell to somebody, is in force for what is open, too. */
Test(tcp_greeting, who_is_listed_no_more_is_believed_no_more, .init = setup)
{
    static const uint8_t query[22] = {[1] = 20};
    struct query_client asker;
    const uint8_t *message;
    size_t size;
    int balancer = arrive(), late = arrive();
    say(balancer, header, header_size);
    say(balancer, query, sizeof query);
    cr_assert(is_open_for("192.0.2.7:999"));
    cr_expect(tcp_next(tcp, &asker, &message, &size));
    config.proxy[0].addr = scene_client("127.0.0.201");
    balancers_change(&front.balancers, &config, &stats);
    say(balancer, query, sizeof query);
    say(late, header, header_size);
    say(late, query, sizeof query);
    cr_expect_not(tcp_next(tcp, &asker, &message, &size));
    tcp_settle(tcp, &scene_now);
    cr_expect(is_closed(late));
}

/* Of who is not listed it is no message; it must not be waited for as the beginning of one. */
Test(tcp_greeting, a_strangers_header_ends_the_connection, .init = setup)
{
    struct query_client asker;
    const uint8_t *message;
    size_t size;
    scene_new[scene_new_count++] = scene_client("127.0.0.2");
    turn();
    cr_assert_eq(tcp->open, 1);
    say(scene_clients[0], header, header_size);
    evloop_turn(&front.loop, 0);
    cr_expect_not(tcp_next(tcp, &asker, &message, &size));
    tcp_settle(tcp, &scene_now);
    cr_expect_eq(tcp->open, 0);
    cr_expect_eq(scene_stat(STAT_PROXY_STRAY), 1);
}
