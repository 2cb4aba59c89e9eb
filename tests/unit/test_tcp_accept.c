/* test_tcp_accept.c - who comes in, who is parked, who is refused
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

static struct tcp *tcp = &front.tcp;

static void
listen_on_it(void)
{
    int pair[2]; /* in place of a socket on port 53, readable all the time */
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    cr_assert_eq(tcp_accept_listen(tcp, 0, pair[1]), STATUS_OK);
    cr_assert_eq(send(pair[0], "x", 1, 0), 1);
}

static void
setup(void)
{
    scene_config();
    config.tcp_clients = 4;
    config.tcp_per_prefix = 4;
    config.tcp_new_per_s = 1;
    scene_open();
    listen_on_it();
}

static void
arrive(const char *address, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        scene_new[scene_new_count++] = scene_client(address);
}

/* One turn of it. */
static void
turn(void)
{
    struct query_client gone;
    evloop_turn(&front.loop, 0);
    while (tcp_accept_next(tcp, &scene_now, &gone))
        ;
    while (tcp_accept_next_parked(tcp, &scene_now, &gone))
        ;
    tcp_accept_resume(tcp, &scene_now);
}

Test(tcp_accept, lets_in_who_may_ask_and_refuses_who_may_not, .init = setup)
{
    arrive("127.0.0.2", 1);
    arrive("198.51.100.1", 1);
    arrive("224.0.0.1", 1);
    turn();
    cr_expect_eq(tcp->open, 1);
    cr_expect_eq(scene_stat(STAT_TCP_ACCEPTED), 1);
    cr_expect_eq(scene_stat(STAT_TCP_REFUSED), 2);
    for (unsigned i = 1; i <= 2; i++) {
        uint8_t octet;
        cr_expect_eq(recv(scene_clients[i], &octet, 1, MSG_DONTWAIT), 0, "it is closed");
    }
}

Test(tcp_accept, who_comes_too_often_waits_unread_and_comes_in_later, .init = setup)
{
    arrive("127.0.0.2", TCP_NEW_BURST_S + 1);
    turn();
    cr_expect_eq(tcp->open, 4);
    cr_expect_eq(tcp->park.count, 1);
    cr_expect_eq(tcp_accept_deadline_us(tcp), scene_now.now_us + TCP_LOOK_MS * 1000);
    tcp_table_close(tcp, &tcp->connections[1]);
    scene_pass(TCP_LOOK_MS);
    turn();
    cr_expect_eq(tcp->park.count, 1, "not within its rate yet");
    scene_pass(1000);
    turn();
    cr_expect_eq(tcp->park.count, 0);
    cr_expect_eq(tcp->open, 4);
    cr_expect_eq(tcp_accept_deadline_us(tcp), UINT64_MAX);
}

Test(tcp_accept, who_waited_in_vain_is_refused, .init = setup)
{
    arrive("127.0.1.2", 1);
    arrive("127.0.2.2", 1);
    arrive("127.0.3.2", 1);
    arrive("127.0.4.2", 1);
    turn();
    for (uint32_t i = 1; i <= 4; i++) { /* all are busy */
        tcp->connections[i].waiting = 1;
        tcp_table_arm(tcp, &tcp->connections[i], TCP_TIMER_NONE, &scene_now);
    }
    arrive("127.0.5.2", 1);
    turn();
    cr_expect_eq(tcp->park.count, 1);
    for (unsigned ms = 0; ms < TCP_PARKED_MS; ms += TCP_LOOK_MS) {
        cr_assert_eq(tcp->park.count, 1);
        scene_pass(TCP_LOOK_MS);
        turn();
    }
    cr_expect_eq(tcp->park.count, 0);
    cr_expect_eq(scene_stat(STAT_TCP_REFUSED), 1);
}

Test(tcp_accept, a_parked_one_may_take_a_place_whose_queries_end, .init = setup)
{
    struct query_client gone;
    arrive("127.0.0.2", 4);
    turn();
    for (uint32_t i = 1; i <= 4; i++) {
        tcp->connections[i].waiting = 1;
        tcp_table_arm(tcp, &tcp->connections[i], TCP_TIMER_NONE, &scene_now);
    }
    struct addr other = scene_client("127.0.0.3");
    scene_new[scene_new_count++] = other;
    evloop_turn(&front.loop, 0);
    cr_assert(tcp_accept_next(tcp, &scene_now, &gone));
    cr_expect_eq(tcp->park.count, 1, "its network comes too often");
    cr_expect_eq(gone.connection, 0);
    scene_pass(2000);
    cr_assert(tcp_accept_next_parked(tcp, &scene_now, &gone));
    cr_expect_neq(gone.connection, 0);
    cr_expect_not(tcp_accept_next_parked(tcp, &scene_now, &gone));
    cr_expect_eq(tcp->open, 4);
}

static void
with_room(void)
{
    scene_config();
    config.tcp_clients = config.tcp_per_prefix = 16;
    config.tcp_new_per_s = 1;
    scene_open();
    listen_on_it();
}

Test(tcp_accept, a_full_park_gives_up_one_of_the_network_that_has_most, .init = with_room)
{
    arrive("127.0.0.2", TCP_NEW_BURST_S + TCP_PARKED);
    for (int i = 0; i < 6; i++)
        turn();
    cr_assert_eq(tcp->park.count, TCP_PARKED);
    arrive("127.0.1.2", TCP_NEW_BURST_S + 1);
    turn();
    cr_expect_eq(tcp->park.count, TCP_PARKED);
    cr_expect_eq(scene_stat(STAT_TCP_REFUSED), 1);
    arrive("127.0.0.2", 1);
    turn();
    cr_expect_eq(scene_stat(STAT_TCP_REFUSED), 2, "itself");
}

Test(tcp_accept, a_turn_accepts_64_of_a_listener, .init = setup)
{
    arrive("127.0.0.2", TCP_ACCEPT_BATCH + 5);
    turn();
    cr_expect_eq(scene_new_at, TCP_ACCEPT_BATCH);
    turn();
    cr_expect_eq(scene_new_at, TCP_ACCEPT_BATCH + 5);
}

Test(tcp_accept, pauses_where_the_kernel_has_no_descriptor, .init = setup)
{
    arrive("127.0.0.2", 1);
    scene_accept_errno = EMFILE;
    turn();
    cr_expect_eq(scene_new_at, 0);
    cr_expect_eq(tcp_accept_deadline_us(tcp), scene_now.now_us + TCP_PAUSE_MS * 1000);
    cr_expect_neq(tcp->accept_again_us, 0); /* or the turn would not look at TCP */
    turn();
    cr_expect_eq(scene_new_at, 0);
    scene_pass(TCP_PAUSE_MS);
    turn();
    turn();
    cr_expect_eq(scene_new_at, 1);
    scene_accept_errno = ECONNABORTED; /* one that ended before: the next is there */
    arrive("127.0.1.2", 1);
    turn();
    cr_expect_eq(scene_new_at, 2);
}

Test(tcp_accept, after_the_stop_nobody_is_accepted_and_the_parked_are_refused, .init = setup)
{
    arrive("127.0.0.2", TCP_NEW_BURST_S + 2);
    turn();
    cr_assert_eq(tcp->park.count, 2);
    tcp_stop(tcp);
    cr_expect_eq(tcp->park.count, 0);
    cr_expect_eq(scene_stat(STAT_TCP_REFUSED), 2);
    arrive("127.0.1.2", 1);
    turn();
    cr_expect_eq(scene_new_at, TCP_NEW_BURST_S + 2);
}

Test(tcp_accept, what_was_found_together_with_the_order_to_stop_is_not_accepted, .init = setup)
{
    struct clock_time found;
    arrive("127.0.1.2", 1);
    found = evloop_wait(&front.loop, 0);
    cr_assert_eq(front.loop.batch_count, 1);
    tcp_stop(tcp);
    evloop_dispatch(&front.loop, found);
    turn();
    cr_expect_eq(scene_new_at, 0);
}

Test(tcp_accept, another_configuration_changes_rate_and_bounds, .init = setup)
{
    struct config other = config;
    other.tcp_new_per_s = 100;
    other.tcp_per_prefix = 2;
    tcp_change(tcp, &other);
    arrive("127.0.0.2", 3);
    turn();
    cr_expect_eq(tcp->open, 2, "within its rate, but the network has its bound");
    cr_expect_eq(tcp->park.count, 1);
}
