/* test_udp.c - batches in and out
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

static void
setup(void)
{
    scene_setup();
    int pair[2]; /* in place of a socket on port 53 */
    cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
    cr_assert_eq(udp_listen(&front.udp, 0, pair[1]), STATUS_OK);
    cr_assert_eq(send(pair[0], "x", 1, 0), 1); /* it is readable all the time */
}

static void
arrive(unsigned count, size_t size)
{
    for (unsigned i = 0; i < count; i++) {
        struct scene_datagram *d = &scene_in[scene_in_count++];
        d->from = scene_client("127.0.0.2");
        d->from.port = (uint16_t)(1000 + i);
        d->size = size;
        memset(d->octets, (int)i, size);
    }
}

/* One turn of it. @return how many came */
static unsigned
take(void)
{
    struct query_client client;
    const uint8_t *message;
    size_t size;
    unsigned count = 0;
    evloop_turn(&front.loop, 0);
    for (; udp_next(&front.udp, &client, &message, &size); count++) {
        cr_assert_eq(client.transport, QUERY_UDP);
        cr_assert_eq(client.listener, 0);
        cr_assert_eq(client.local.family, ADDR_NONE);
    }
    return count;
}

Test(udp, a_message_is_read_only_when_its_socket_is_ready, .init = setup)
{
    struct query_client client;
    const uint8_t *message;
    size_t size;
    arrive(1, 20);
    cr_expect_not(udp_next(&front.udp, &client, &message, &size), "no event yet");
    evloop_turn(&front.loop, 0);
    cr_assert(udp_next(&front.udp, &client, &message, &size));
    cr_expect_eq(size, 20);
    cr_expect_eq(message[7], 0);
    cr_expect_eq(client.addr.port, 1000);
    cr_expect_not(udp_next(&front.udp, &client, &message, &size));
    cr_expect_eq(scene_stat(STAT_UDP_QUERIES), 1);
}

Test(udp, a_turn_takes_four_batches_and_leaves_the_others_for_the_next, .init = setup)
{
    arrive(UDP_BATCH * UDP_BATCHES + 10, 20);
    cr_expect_eq(take(), UDP_BATCH * UDP_BATCHES);
    cr_expect_eq(scene_batches, UDP_BATCHES);
    cr_expect_eq(take(), 10);
    cr_expect_eq(take(), 0);
}

Test(udp, a_short_batch_is_the_last_of_a_turn, .init = setup)
{
    arrive(UDP_BATCH + 3, 20);
    cr_expect_eq(take(), UDP_BATCH + 3);
    cr_expect_eq(scene_batches, 2);
}

Test(udp, what_is_larger_than_a_query_is_seen_to_be, .init = setup)
{
    struct query_client client;
    const uint8_t *message;
    size_t size;
    arrive(1, 1400);
    evloop_turn(&front.loop, 0);
    cr_assert(udp_next(&front.udp, &client, &message, &size));
    cr_expect_eq(size, UDP_RECEIVED_MAX);
}

static void
setup_balancer(void)
{
    scene_config();
    scene_balancer();
    scene_open();
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
    cr_assert_eq(udp_listen(&front.udp, 0, pair[1]), STATUS_OK);
    cr_assert_eq(send(pair[0], "x", 1, 0), 1);
}

Test(udp, behind_a_balancer_a_header_has_room_before_a_query, .init = setup_balancer)
{
    struct query_client client;
    const uint8_t *message;
    size_t size;
    arrive(2, 1400);
    evloop_turn(&front.loop, 0);
    for (int i = 0; i < 2; i++) { /* each in a place of its own */
        cr_assert(udp_next(&front.udp, &client, &message, &size));
        cr_expect_eq(size, 1400);
        cr_expect_eq(message[1399], i);
    }
}

Test(udp, the_answer_goes_to_the_balancer, .init = setup_balancer)
{
    struct query_client client = {.addr = scene_client("192.0.2.7"),
                                  .balancer = scene_client("127.0.0.200"),
                                  .transport = QUERY_UDP};
    uint8_t why[UDP_BATCH];
    udp_send(&front.udp, &client, 30, WHY_ANSWERED);
    cr_assert_eq(udp_flush(&front.udp, 0, why), 1);
    cr_expect(addr_is_equal(&scene_out[0].from, &client.balancer));
}

Test(udp, after_the_stop_nothing_is_read, .init = setup)
{
    arrive(1, 20);
    udp_stop(&front.udp);
    cr_expect_eq(take(), 0);
}

Test(udp, what_was_found_together_with_the_order_to_stop_is_not_read, .init = setup)
{
    struct clock_time found;
    arrive(1, 20);
    found = evloop_wait(&front.loop, 0);
    cr_assert_eq(front.loop.batch_count, 1);
    udp_stop(&front.udp);
    evloop_dispatch(&front.loop, found);
    cr_expect_eq(take(), 0);
}

Test(udp, answers_leave_in_order_with_their_reasons, .init = setup)
{
    struct query_client client = {.addr = scene_client("127.0.0.3"), .transport = QUERY_UDP};
    uint8_t why[UDP_BATCH];
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_not(udp_is_full(&front.udp, 0));
        memset(udp_room(&front.udp, 0), (int)(40 + i), 30);
        udp_send(&front.udp, &client, 30, i % 2 == 0 ? WHY_ANSWERED : WHY_TIMEOUT);
    }
    cr_assert_eq(udp_flush(&front.udp, 0, why), 5);
    cr_expect_eq(why[3], WHY_TIMEOUT);
    cr_expect_eq(why[4], WHY_ANSWERED);
    cr_expect_eq(scene_out[4].octets[29], 44);
    cr_expect(addr_is_equal(&scene_out[4].from, &client.addr));
    cr_expect_eq(udp_flush(&front.udp, 0, why), 0);
    cr_expect_eq(scene_stat(STAT_UDP_ANSWERS), 5);
}

Test(udp, a_socket_bound_to_all_tells_which_address_was_asked, .init = setup)
{
    struct query_client client;
    const uint8_t *message;
    size_t size;
    arrive(1, 20);
    scene_in[0].to = scene_client("127.0.0.9");
    front.udp.listeners[0].is_wildcard = true;
    evloop_turn(&front.loop, 0);
    cr_assert(udp_next(&front.udp, &client, &message, &size));
    cr_expect_eq(client.local.family, ADDR_IPV4);
    cr_expect_arr_eq(client.local.bytes, scene_in[0].to.bytes, sizeof client.local.bytes);
}

/* The address that was asked is the source of the answer, on a socket bound to all. */
Test(udp, an_answer_leaves_from_the_address_that_was_asked, .init = setup)
{
    struct query_client client = {.addr = scene_client("127.0.0.3"),
                                  .local = scene_client("127.0.0.9"),
                                  .transport = QUERY_UDP};
    (void)udp_room(&front.udp, 0);
    udp_send(&front.udp, &client, 30, WHY_ANSWERED);
    struct msghdr *header = &front.udp.listeners[0].sending->headers[0].msg_hdr;
    struct cmsghdr *c = CMSG_FIRSTHDR(header);
    cr_assert_not_null(c);
    cr_expect_eq(c->cmsg_type, IP_PKTINFO);
    cr_assert_eq(addr_parse("2001:db8::1", 4000, &client.addr), STATUS_OK);
    cr_assert_eq(addr_parse("2001:db8::9", 53, &client.local), STATUS_OK);
    udp_send(&front.udp, &client, 30, WHY_ANSWERED);
    c = CMSG_FIRSTHDR(&front.udp.listeners[0].sending->headers[1].msg_hdr);
    cr_assert_not_null(c);
    cr_expect_eq(c->cmsg_type, IPV6_PKTINFO);
}
