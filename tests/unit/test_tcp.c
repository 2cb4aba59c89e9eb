/* test_tcp.c - reading, settling and answering; connections are socketpairs
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

#include "front/tcp_output.h"

static struct tcp *tcp = &front.tcp;

static struct tcp_connection *
connect_one(const char *address, int *client)
{
    struct query_client asker = {.addr = scene_client(address), .payer = RATE_PROVEN}, gone;
    struct addr_keys keys = {0};
    int ends[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    *client = ends[0];
    uint32_t leaf = rate_network(&front.rate, &tcp->networks, NETWORKS_ROOT, &asker, &keys);
    struct tcp_connection *c = tcp_table_open(tcp, ends[1], &asker.addr, leaf, &scene_now, &gone);
    crowd_network_release(&tcp->networks, leaf);
    cr_assert_not_null(c);
    return c;
}

static void
write_frames(int client, unsigned count, size_t size)
{
    uint8_t frame[512] = {(uint8_t)(size >> 8), (uint8_t)size};
    for (unsigned i = 0; i < count; i++) {
        frame[2] = (uint8_t)i;
        cr_assert_eq(send(client, frame, 2 + size, 0), (ssize_t)(2 + size));
    }
}

/* What the turn takes; messages are answered (tcp_done()) or left to wait. */
static unsigned
take(bool answers)
{
    struct query_client client;
    const uint8_t *message;
    size_t size;
    unsigned count = 0;
    for (; tcp_next(tcp, &client, &message, &size); count++) {
        cr_assert_eq(client.transport, QUERY_TCP);
        cr_assert_not_null(tcp_table_find(tcp, &client));
        if (answers)
            tcp_done(tcp, &client);
    }
    return count;
}

static unsigned
turn(bool answers)
{
    evloop_turn(&front.loop, 0);
    unsigned count = take(answers);
    tcp_table_expire(tcp, &scene_now);
    count += take(answers);
    tcp_settle(tcp, &scene_now);
    return count;
}

static bool
is_closed(int client)
{
    uint8_t octet;
    ssize_t got = recv(client, &octet, 1, MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN);
}

Test(tcp, cuts_messages_however_they_come, .init = scene_setup)
{
    int client;
    (void)connect_one("127.0.0.2", &client);
    write_frames(client, 3, 20);
    cr_expect_eq(turn(true), 3);
    uint8_t frame[22] = {0, 20};
    cr_assert_eq(send(client, frame, 9, 0), 9);
    cr_expect_eq(turn(true), 0);
    cr_expect_eq(tcp->connections[1].timer, TCP_TIMER_MESSAGE);
    cr_assert_eq(send(client, frame + 9, 13, 0), 13);
    cr_expect_eq(turn(true), 1);
    cr_expect_eq(tcp->connections[1].timer, TCP_TIMER_IDLE);
    cr_expect_eq(scene_stat(STAT_TCP_QUERIES), 4);
}

Test(tcp, a_message_behind_another_may_come_in_pieces, .init = scene_setup)
{
    uint8_t frames[] = "\0\14aaaaaaaaaaaa\0\14bbbbbbbbbbbb";
    struct query_client asker;
    const uint8_t *message;
    size_t size;
    int client;
    (void)connect_one("127.0.0.2", &client);
    cr_assert_eq(send(client, frames, 20, 0), 20);
    cr_expect_eq(turn(true), 1);
    cr_assert_eq(send(client, frames + 20, 8, 0), 8);
    evloop_turn(&front.loop, 0);
    cr_assert(tcp_next(tcp, &asker, &message, &size));
    cr_assert_eq(size, 12);
    cr_expect_arr_eq(message, "bbbbbbbbbbbb", 12);
}

Test(tcp, stops_at_64_waiting_queries_and_goes_on_when_half_are_answered, .init = scene_setup)
{
    int client;
    struct tcp_connection *c = connect_one("127.0.0.2", &client);
    write_frames(client, 80, 20);
    cr_expect_eq(turn(false), TCP_WAITING_MAX);
    cr_expect(c->is_paused);
    cr_expect_eq(c->source.events, 0, "it is not read");
    struct query_client asker = tcp_table_client(tcp, c);
    for (unsigned i = TCP_WAITING_MAX; i > TCP_WAITING_MAX / 2; i--) {
        cr_assert_eq(take(false), 0);
        tcp_done(tcp, &asker);
    }
    cr_expect_eq(take(false), 16, "the others were there already");
    tcp_settle(tcp, &scene_now);
    cr_expect_eq(c->source.events, EPOLLIN);
}

Test(tcp, ends_when_what_comes_is_no_message, .init = scene_setup)
{
    int client;
    (void)connect_one("127.0.0.2", &client);
    write_frames(client, 1, 5);
    cr_expect_eq(turn(true), 0);
    cr_expect_eq(scene_stat(STAT_TCP_BAD), 1);
    evloop_turn(&front.loop, 0);
    cr_expect(is_closed(client));
    cr_expect_eq(tcp->open, 0);
}

Test(tcp, ends_after_its_last_answer_when_the_client_has_shut_its_side, .init = scene_setup)
{
    int client;
    struct tcp_connection *c = connect_one("127.0.0.2", &client);
    write_frames(client, 1, 20);
    cr_assert_eq(shutdown(client, SHUT_WR), 0);
    cr_expect_eq(turn(false), 1);
    (void)turn(false);
    cr_expect_eq(tcp->open, 1, "it may still take an answer: RFC 7766 6.2.4");
    struct query_client asker = tcp_table_client(tcp, c);
    tcp_done(tcp, &asker);
    (void)turn(false);
    cr_expect_eq(tcp->open, 0);
}

Test(tcp, octet_by_octet_ends_after_64_reads, .init = scene_setup)
{
    int client;
    (void)connect_one("127.0.0.2", &client);
    uint8_t frame[200] = {0, 198};
    for (unsigned i = 0; i <= TCP_READS_MAX; i++) {
        cr_assert_eq(tcp->open, 1);
        cr_assert_eq(send(client, frame + i, 1, 0), 1);
        cr_assert_eq(turn(true), 0);
    }
    cr_expect_eq(tcp->open, 0);
    cr_expect_eq(scene_stat(STAT_TCP_SLOW), 1);
}

Test(tcp, times_out_when_idle_or_in_the_middle_of_a_message, .init = scene_setup)
{
    int idle, slow;
    (void)connect_one("127.0.0.2", &idle);
    (void)connect_one("127.0.1.2", &slow);
    cr_assert_eq(send(slow, "\0", 1, 0), 1);
    (void)turn(true);
    cr_expect_eq(tcp_deadline_us(tcp), scene_now.now_us + 2000000, "the message's");
    scene_pass(2000);
    (void)turn(true);
    cr_expect_eq(scene_stat(STAT_TCP_SLOW), 1);
    scene_pass(8000);
    (void)turn(true);
    cr_expect_eq(scene_stat(STAT_TCP_IDLE), 1);
    cr_expect_eq(tcp->open, 0);
    cr_expect_eq(tcp_deadline_us(tcp), UINT64_MAX);
}

Test(tcp, a_messages_time_runs_from_its_first_octet, .init = scene_setup)
{
    int client;
    (void)connect_one("127.0.0.2", &client);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(send(client, i == 0 ? "\0" : "\40", 1, 0), 1);
        (void)turn(true);
        cr_assert_eq(tcp->open, 1);
        scene_pass(1000);
    }
    (void)turn(true);
    cr_expect_eq(tcp->open, 0);
}

Test(tcp, a_client_that_is_refused_or_distrusted_too_often_is_read_no_more, .init = scene_setup)
{
    int client;
    struct tcp_connection *c = connect_one("127.0.0.2", &client);
    struct query_client asker = tcp_table_client(tcp, c);
    for (int i = 1; i < TCP_REFUSED_MAX; i++)
        tcp_refused(tcp, &asker);
    cr_expect_not(c->is_over);
    tcp_refused(tcp, &asker);
    cr_expect(c->is_over);
    write_frames(client, 3, 20); /* in vain: they are drained, so that no reset takes answers */
    cr_expect_eq(turn(true), 0);
    cr_expect_eq(tcp->open, 0);
    c = connect_one("127.0.0.2", &client);
    asker = tcp_table_client(tcp, c);
    tcp_distrust(tcp, &asker);
    cr_expect(c->is_over);
    asker.connection_generation++;
    tcp_distrust(tcp, &asker); /* one that is gone */
    tcp_refused(tcp, &asker);
    tcp_done(tcp, &asker);
    cr_expect_null(tcp_room(tcp, &asker, 100));
}

static void
few_queries(void)
{
    scene_config();
    config.tcp_queries = 2;
    scene_open();
}

Test(tcp, a_connection_ends_with_the_last_query_that_it_may_send, .init = few_queries)
{
    int client;
    (void)connect_one("127.0.0.2", &client);
    write_frames(client, 5, 20);
    cr_expect_eq(turn(true), 2);
    cr_expect_eq(tcp->open, 0);
}

/* Answers of a megabyte in all, more than socket and buffer take. */
static void
fill(struct tcp_connection *c)
{
    struct query_client asker = tcp_table_client(tcp, c);
    for (int i = 0; i < 16; i++) {
        uint8_t *room = tcp_room(tcp, &asker, 65535);
        if (room == NULL)
            return;
        memset(room, i, 65535);
        tcp_send(tcp, &asker, 65535);
    }
}

Test(tcp, a_client_that_does_not_read_is_cut_off, .init = scene_setup)
{
    int client;
    fill(connect_one("127.0.0.2", &client));
    (void)turn(true);
    cr_expect_eq(tcp->open, 0);
    cr_expect_eq(scene_stat(STAT_TCP_SLOW), 1);
}

Test(tcp, a_stalled_client_is_waited_for_and_not_read, .init = scene_setup)
{
    int client;
    struct tcp_connection *c = connect_one("127.0.0.2", &client);
    struct query_client asker = tcp_table_client(tcp, c);
    static uint8_t got[1 << 20];
    size_t total = 0, sent = 0;
    for (; c->output == 0 && sent < 100; sent++) { /* until something is left in the buffer */
        uint8_t *room = tcp_room(tcp, &asker, 60000);
        cr_assert_not_null(room);
        memset(room, 1, 60000);
        tcp_send(tcp, &asker, 60000);
        tcp_settle(tcp, &scene_now);
    }
    cr_assert_neq(c->output, 0);
    cr_expect_eq(c->timer, TCP_TIMER_STALL);
    cr_expect_eq(c->source.events, EPOLLOUT);
    while (total < sent * 60002) { /* now it reads */
        ssize_t size = recv(client, got, sizeof got, MSG_DONTWAIT);
        total += size > 0 ? (size_t)size : 0;
        (void)turn(true);
    }
    cr_expect_eq(c->output, 0);
    cr_expect_eq(c->source.events, EPOLLIN);
    cr_expect_eq(scene_stat(STAT_TCP_ANSWERS), sent);
}

static void
many_clients(void)
{
    scene_config();
    config.tcp_clients = 128;
    config.tcp_per_prefix = 128;
    scene_open();
}

Test(tcp, the_longest_stalled_loses_its_buffer_to_one_that_reads, .init = many_clients)
{
    int client;
    struct tcp_connection *first = NULL;
    for (int i = 0; i < TCP_OUTPUTS; i++) {
        struct tcp_connection *c = connect_one("127.0.0.2", &client);
        struct query_client asker = tcp_table_client(tcp, c);
        while (c->output == 0) {
            uint8_t *room = tcp_room(tcp, &asker, 60000);
            cr_assert_not_null(room);
            memset(room, 1, 60000);
            tcp_send(tcp, &asker, 60000);
            tcp_settle(tcp, &scene_now);
        }
        scene_pass(1);
        first = first == NULL ? c : first;
    }
    cr_assert(tcp_output_is_out(tcp));
    struct tcp_connection *c = connect_one("127.0.0.3", &client);
    struct query_client asker = tcp_table_client(tcp, c);
    cr_expect_not_null(tcp_room(tcp, &asker, 100));
    cr_expect(first->is_doomed);
    cr_expect_eq(scene_stat(STAT_TCP_SLOW), 1);
    struct tcp_connection *one = connect_one("127.0.0.4", &client);
    struct tcp_connection *two = connect_one("127.0.0.4", &client);
    struct query_client askers[2] = {tcp_table_client(tcp, one), tcp_table_client(tcp, two)};
    tcp_send(tcp, &asker, 100);
    (void)tcp_room(tcp, &askers[0], 100);
    cr_expect_eq(c->output, 0, "what was gathered in this turn is sent first");
    cr_expect_not_null(tcp_room(tcp, &askers[1], 100));
}

Test(tcp, after_the_stop_connections_end_once_their_answers_are_out, .init = scene_setup)
{
    int idle, busy;
    (void)connect_one("127.0.0.2", &idle);
    struct tcp_connection *c = connect_one("127.0.1.2", &busy);
    write_frames(busy, 1, 20);
    cr_assert_eq(turn(false), 1);
    write_frames(busy, 1, 20);
    tcp_stop(tcp);
    cr_expect_eq(turn(false), 0, "nothing more is taken");
    cr_expect_eq(tcp->open, 1);
    struct query_client asker = tcp_table_client(tcp, c);
    tcp_done(tcp, &asker);
    (void)turn(false);
    cr_expect_eq(tcp->open, 0);
}

Test(tcp, a_reset_ends_a_connection_at_once, .init = scene_setup)
{
    int client;
    (void)connect_one("127.0.0.2", &client);
    close(client);
    (void)turn(true);
    cr_expect_eq(tcp->open, 0);
    for (uint32_t i = 1; i <= tcp->networks.touched; i++)
        cr_assert_eq(tcp->networks.nodes[i].refs, 0, "nothing holds a network");
}
