/* test_front_turn.c - whole turns of a front, with its clients and its worker in the test's hands
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

#include "lane/heartbeat.h"
#include "os/evloop.h"

#define RING_BYTES 65536
#define RING_SIZE  (2 * RING_MEMORY_BYTES(RING_BYTES))

static struct ring_consumer from_front;
static struct ring_producer to_front;

static void
give_ring(void)
{
    struct ipc_message ring = {.type = IPC_RING,
                               .epoch = 1,
                               .ring_query_bytes = RING_BYTES,
                               .ring_answer_bytes = RING_BYTES};
    int fds[IPC_FDS_MAX];
    size_t mapped;
    void *at;
    cr_assert_eq(memory_share("ring", NULL, RING_SIZE, false, &fds[0]), STATUS_OK);
    cr_assert_eq(memory_map(fds[0], RING_SIZE, false, &at, &mapped), STATUS_OK);
    cr_assert_eq(evloop_open_bell(&fds[1]), STATUS_OK);
    cr_assert_eq(evloop_open_bell(&fds[2]), STATUS_OK);
    ring_consumer_init(&from_front, at, RING_BYTES);
    ring_producer_init(&to_front, (uint8_t *)at + RING_MEMORY_BYTES(RING_BYTES), RING_BYTES);
    cr_assert_eq(uplink_attach(&front.uplink, &ring, fds), STATUS_OK);
}

static void
setup(void)
{
    int udp[2], tcp[2]; /* in place of sockets on port 53, readable all the time */
    scene_config();
    config.tcp_clients = 2;
    config.tcp_per_prefix = 2;
    scene_open();
    cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, udp), 0);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, tcp), 0);
    cr_assert_eq(udp_listen(&front.udp, 0, udp[1]), STATUS_OK);
    cr_assert_eq(tcp_accept_listen(&front.tcp, 0, tcp[1]), STATUS_OK);
    cr_assert_eq(send(udp[0], "x", 1, 0), 1);
    cr_assert_eq(send(tcp[0], "x", 1, 0), 1);
    give_ring();
    front_begin(&front);
}

/* @return when the next is due */
static uint64_t
turn(void)
{
    (void)evloop_wait(&front.loop, 0);
    return front_turn(&front, scene_now);
}

static void
arrive(const char *name)
{
    struct scene_datagram *d = &scene_in[scene_in_count++];
    d->from = scene_client("127.0.0.2");
    d->size = scene_query(name, DNS_TYPE_A, true, NULL, 0, d->octets);
}

/* The worker answers all that it was asked. @return how many */
static unsigned
work(void)
{
    static uint8_t record[RING_BYTES];
    uint8_t head[HANDOFF_ANSWER_HEAD], message[4096];
    struct handoff_query query;
    size_t size;
    unsigned count = 0;
    for (; ring_take(&from_front, record, sizeof record, &size) == STATUS_OK; count++) {
        cr_assert_eq(handoff_query_read(record, size, &query), STATUS_OK);
        struct handoff_answer answer = {
            .slot = query.slot, .generation = query.generation, .ede = DNS_EDE_NONE};
        handoff_answer_write(&answer, head);
        size = scene_answer(&query.question, DNS_NOERROR, 1, 60, message, NULL);
        cr_assert_eq(ring_put(&to_front, head, sizeof head, message, size), STATUS_OK);
    }
    (void)ring_release(&from_front);
    (void)ring_publish(&to_front);
    return count;
}

Test(front_turn, a_miss_takes_two_turns_and_a_hit_one, .init = setup)
{
    arrive("a.example");
    uint64_t due_us = turn();
    cr_expect_eq(due_us, scene_now.now_us + HEARTBEAT_MS * 1000, "sooner than its deadline");
    cr_expect_eq(scene_stat(STAT_QUERIES_ALIVE), 1);
    cr_expect_eq(scene_out_count, 0);
    cr_assert_eq(work(), 1);
    cr_expect_gt(turn(), 0);
    cr_expect_eq(scene_out_count, 1);
    cr_expect_eq(stats.why[WHY_ANSWERED], 1);
    cr_expect_eq(stats_latency_count(&stats.stages[STATS_STAGE_QUEUE]), 1);
    arrive("a.example");
    (void)turn();
    cr_expect_eq(scene_out_count, 2);
    cr_expect_eq(stats.why[WHY_CACHE_HIT], 1);
    cr_expect_eq(scene_stat(STAT_TURNS), 3);
    cr_expect_eq(scene_stat(STAT_CACHE_ENTRIES), 1);
    cr_expect_eq(stats_latency_count(&stats.stages[STATS_STAGE_QUEUE]), 1, "it asked nothing");
    cr_expect_eq(stats_latency_count(&stats.stages[STATS_STAGE_ANSWER]), 2);
}

/* Its page has what the one before it in this place had counted. */
Test(front_turn, counts_on_where_the_front_before_it_ended, .init = setup)
{
    stats_set(&stats, STAT_CACHE_MISSES, 41);
    stats_set(&stats, STAT_CACHE_EVICTED, 7);
    stats_set(&stats, STAT_RATES_FORGIVEN_MS, 9);
    front_begin(&front);
    arrive("a.example");
    (void)turn();
    cr_expect_eq(scene_stat(STAT_CACHE_MISSES), 42);
    cr_expect_eq(scene_stat(STAT_CACHE_EVICTED), 7);
    cr_expect_eq(scene_stat(STAT_RATES_FORGIVEN_MS), 9);
}

Test(front_turn, is_due_at_once_while_the_worker_has_more_to_say, .init = setup)
{
    struct handoff_answer stale = {
        .slot = 3, .generation = 9, .outcome = HANDOFF_FAILED, .ede = DNS_EDE_NONE};
    uint8_t head[HANDOFF_ANSWER_HEAD];
    handoff_answer_write(&stale, head);
    for (int i = 0; i <= UPLINK_ANSWERS; i++)
        cr_assert_eq(ring_put(&to_front, head, sizeof head, NULL, 0), STATUS_OK);
    (void)ring_publish(&to_front);
    cr_expect_eq(turn(), 0);
    cr_expect_gt(turn(), 0);
    cr_expect_eq(scene_stat(STAT_RING_STALE), UPLINK_ANSWERS + 1);
}

Test(front_turn, ends_questions_by_their_deadline, .init = setup)
{
    arrive("a.example");
    (void)turn();
    scene_pass(config.query_ms - WAITING_MARGIN_MS - 50);
    uint64_t due_us = turn();
    cr_expect_eq(due_us, scene_now.now_us + 50000);
    scene_pass(50);
    (void)turn();
    cr_expect_eq(stats.why[WHY_TIMEOUT], 1);
    cr_expect_eq(scene_out_count, 1);
}

static void
send_query(int client, const char *name)
{
    uint8_t frame[514];
    size_t size = scene_query(name, DNS_TYPE_A, true, NULL, 0, frame + 2);
    frame[0] = (uint8_t)(size >> 8);
    frame[1] = (uint8_t)size;
    cr_assert_eq(send(client, frame, 2 + size, 0), (ssize_t)(2 + size));
}

Test(front_turn, serves_tcp_and_ends_the_queries_of_one_that_gives_way, .init = setup)
{
    uint8_t got[512];
    scene_new[scene_new_count++] = scene_client("127.0.0.2");
    scene_new[scene_new_count++] = scene_client("127.0.0.2");
    (void)turn();
    cr_assert_eq(front.tcp.open, 2);
    send_query(scene_clients[0], "a.example");
    (void)turn();
    cr_assert_eq(work(), 1);
    (void)turn();
    cr_expect_gt(recv(scene_clients[0], got, sizeof got, MSG_DONTWAIT), 12);
    send_query(scene_clients[0], "b.example");
    send_query(scene_clients[1], "c.example");
    (void)turn();
    cr_expect_eq(front.waiting.queries.alive, 2);
    scene_new[scene_new_count++] = scene_client("127.0.1.2"); /* both are busy: one gives way */
    (void)turn();
    cr_expect_eq(stats.why[WHY_CONNECTION_TAKEN], 1);
    cr_expect_eq(front.waiting.queries.alive, 1);
    cr_expect_eq(front.tcp.open, 2);
}

Test(front_turn, is_over_when_told_to_stop_and_nobody_waits, .init = setup)
{
    arrive("a.example");
    (void)turn();
    cr_expect_not(front_is_over(&front));
    front.stop_us = scene_now.now_us + 2000000;
    udp_stop(&front.udp);
    tcp_stop(&front.tcp);
    (void)turn();
    cr_expect_not(front_is_over(&front), "one still waits");
    arrive("b.example");
    cr_assert_eq(work(), 1);
    (void)turn();
    cr_expect(front_is_over(&front));
    cr_expect_eq(scene_out_count, 1, "nothing more was read");
}

Test(front_turn, takes_what_came_before_it_was_told_to_stop_and_then_nothing, .init = setup)
{
    for (unsigned i = 0; i < UDP_BATCH * UDP_BATCHES + 5; i++)
        arrive("a.example");
    scene_new[scene_new_count++] = scene_client("127.0.0.2");
    front.stop_us = scene_now.now_us + 2000000;
    front.reads_us = scene_now.now_us + FRONT_LAST_MS * 1000;
    front.read = UINT64_MAX;
    cr_expect_eq(turn(), 0, "due at once");
    send_query(scene_clients[0], "b.example");
    cr_expect_eq(turn(), 0);
    cr_expect_eq(scene_stat(STAT_UDP_QUERIES), UDP_BATCH * UDP_BATCHES + 5);
    cr_expect_eq(scene_stat(STAT_TCP_QUERIES), 1);
    cr_expect_not(front_is_over(&front), "they wait for their answers");
    cr_expect_neq(front.reads_us, 0);
    (void)turn();
    cr_expect_eq(front.reads_us, 0, "a turn found nothing");
    arrive("c.example");
    (void)turn();
    cr_expect_eq(scene_stat(STAT_UDP_QUERIES), UDP_BATCH * UDP_BATCHES + 5);
}

Test(front_turn, leaves_the_sockets_of_another_alone_and_lets_connections_end, .init = setup)
{
    scene_new[scene_new_count++] = scene_client("127.0.0.2");
    (void)turn();
    cr_assert_eq(front.tcp.open, 1);
    front.is_held = true;
    udp_hold(&front.udp, true);
    tcp_accept_hold(&front.tcp, true);
    arrive("a.example");
    scene_new[scene_new_count++] = scene_client("127.0.0.3");
    (void)turn();
    cr_expect_eq(scene_stat(STAT_UDP_QUERIES), 0);
    cr_expect_eq(front.tcp.open, 1);
    front.stop_us = scene_now.now_us + 9000000;
    front.reads_us = scene_now.now_us + 5000000;
    front.read = UINT64_MAX;
    (void)turn();
    send_query(scene_clients[0], "b.example");
    (void)turn();
    cr_expect_eq(scene_stat(STAT_TCP_QUERIES), 1, "its connection serves on");
    cr_assert_eq(work(), 1);
    cr_expect_gt(turn(), 0, "nothing is looked for again and again");
    cr_expect_not(front_is_over(&front));
    close(scene_clients[0]);
    (void)turn();
    (void)turn();
    cr_expect(front_is_over(&front), "its last client has gone");
    cr_expect_eq(scene_stat(STAT_UDP_QUERIES), 0);
}

Test(front_turn, reads_again_what_was_left_alone, .init = setup)
{
    udp_hold(&front.udp, true);
    tcp_accept_hold(&front.tcp, true);
    arrive("a.example");
    scene_new[scene_new_count++] = scene_client("127.0.0.3");
    (void)turn();
    cr_expect_eq(scene_stat(STAT_UDP_QUERIES), 0);
    udp_hold(&front.udp, false);
    tcp_accept_hold(&front.tcp, false);
    (void)turn();
    cr_expect_eq(scene_stat(STAT_UDP_QUERIES), 1);
    cr_expect_eq(front.tcp.open, 1);
}

Test(front_turn, does_not_read_for_ever_when_told_to_stop, .init = setup)
{
    front.stop_us = scene_now.now_us + 2000000;
    front.reads_us = scene_now.now_us + FRONT_LAST_MS * 1000;
    front.read = UINT64_MAX;
    for (unsigned i = 0; i < 10; i++) {
        arrive("a.example");
        (void)turn();
        scene_now = evloop_time_at(scene_now.now_us + FRONT_LAST_MS * 100, scene_now.wall_s);
    }
    cr_expect_eq(scene_stat(STAT_UDP_QUERIES), 10);
    arrive("a.example");
    (void)turn();
    cr_expect_eq(front.reads_us, 0);
    arrive("a.example");
    (void)turn();
    cr_expect_eq(scene_stat(STAT_UDP_QUERIES), 11);
}

Test(front_turn, is_due_when_an_answer_that_is_held_may_leave, .init = setup)
{
    static const uint8_t message[1200];
    struct query_client client = {.addr = scene_client("127.0.0.2"), .transport = QUERY_UDP};
    uint64_t now_ms = scene_now.now_us / 1000;
    config.pacing = 1;
    pacing_change(&front.pacing, &config);
    (void)pacing_judge(&front.pacing, &client, message, 1200, WHY_ANSWERED, now_ms);
    cr_assert_eq(pacing_judge(&front.pacing, &client, message, 800, WHY_ANSWERED, now_ms),
                 PACING_HOLD);
    uint64_t due_us = turn();
    cr_expect_gt(due_us, scene_now.now_us);
    cr_expect_leq(due_us, scene_now.now_us + config.pacing_wait_ms * 1000);
}
