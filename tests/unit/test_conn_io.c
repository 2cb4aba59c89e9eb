/* test_conn_io.c - queries: padded, sent together, bounded; responses: matched, late, stray, in pieces, paused
 * SPDX-License-Identifier: ISC
 */
#include "conn_scene.h"

#include <criterion/criterion.h>

Test(conn_io, a_server_that_is_somebody_else_is_never_written_to)
{
    begin();
    scene.config.upstreams[0] = policy(CONFIG_VERIFY_PIN, NAME, &other_leaf, NULL);
    scene_reserve_pool();
    conn = pool_conn(&scene.pool, &scene.pool.upstreams[0], 0);
    conn_open(conn, 4);
    turn_for(6 * TURN_US);
    cr_assert(conn_take_news(conn).was_attempt);
    cr_assert_eq(scene_count(STAT_PIN_MISMATCH), 1);
    struct handoff_query query = scene_query(1);
    uint16_t id;
    cr_assert_eq(conn_io_write(conn, 1, &query, &id), STATUS_FULL);
    cr_assert_eq(scene_peer(0, 0)->asked_ever, 0);
}

Test(conn_io, the_queries_of_a_turn_are_padded_and_leave_together)
{
    begin();
    open_it();
    for (uint32_t number = 1; number <= 20; number++)
        ask(number);
    cr_assert_eq(scene_peer(0, 0)->asked_ever, 0, "nothing leaves before the turn's end");
    turn_for(2 * TURN_US);
    struct peer *peer = scene_peer(0, 0);
    cr_assert_eq(peer->asked_ever, 20);
    for (unsigned i = 0; i < 20; i++)
        cr_assert_eq(peer->asked[i].size % 128, 0);
}

Test(conn_io, takes_as_many_queries_as_it_may_and_then_no_more)
{
    begin();
    open_it();
    struct handoff_query query = scene_query(1);
    uint16_t id;
    for (unsigned i = 0; i < scene.config.upstream_in_flight; i++)
        ask(i);
    cr_assert_eq(conn_io_write(conn, 1, &query, &id), STATUS_FULL);
    conn_io_probe(conn);
    cr_assert_eq(scene_count(STAT_PROBES), 1, "a probe finds room all the same");
    conn_io_probe(conn);
    cr_assert_eq(scene_count(STAT_PROBES), 1, "one at a time");
}

/* One that had its quota of three, and all are answered. @param is_tried  it is asked one more */
static struct peer *
have_its_quota(bool is_tried)
{
    begin();
    open_it();
    scene.pool.upstreams[0].quota.known = 3;
    scene.pool.upstreams[0].quota.unheard = is_tried ? 0 : 1;
    for (uint32_t number = 1; number <= 3; number++)
        ask(number);
    cr_assert_eq(conn->fsm.state, CONN_DRAINING);
    cr_assert(conn->is_spent);
    turn_for(2 * TURN_US);
    peer_answer_all(scene_peer(0, 0));
    turn_for(4 * TURN_US);
    cr_assert_eq(taken_count, 3);
    cr_assert_eq(conn->fsm.state, CONN_DRAINING, "does the server close it, as it did before?");
    cr_assert_eq(scene_peer(0, 0)->asked_count, is_tried ? 1 : 0);
    return scene_peer(0, 0);
}

Test(conn_io, one_that_had_its_quota_takes_no_more_and_waits_to_be_closed)
{
    (void)have_its_quota(false);
    turn_for(UPSTREAM_ANSWER_MIN_US + 3 * TURN_US);
    cr_assert_eq(conn->fsm.state, CONN_IDLE);
    cr_assert_eq(scene.pool.upstreams[0].quota.known, 6, "it did not: try more");
}

Test(conn_io, one_that_had_its_quota_is_asked_one_more_of_our_own)
{
    struct peer *peer = have_its_quota(true);
    scene.pool.upstreams[0].wants_place = true; /* which does not end it at once */
    turn_for(2 * TURN_US);
    peer_answer_all(peer);
    turn_for(4 * TURN_US);
    cr_assert_eq(conn->fsm.state, CONN_IDLE);
    cr_assert_eq(scene.pool.upstreams[0].quota.known, 6, "it answered: try more");
}

Test(conn_io, one_that_answers_nothing_beyond_its_quota_is_closed_in_time)
{
    uint32_t number;
    enum conn_loss loss;
    (void)have_its_quota(true);
    turn_for(UPSTREAM_ANSWER_MIN_US + 4 * TURN_US);
    cr_assert_eq(conn->fsm.state, CONN_CLOSED);
    cr_assert_not(conn_pop_orphan(conn, &number, &loss), "no client waits for it");
    cr_assert_eq(scene.pool.upstreams[0].quota.known, 3);
    cr_assert_eq(scene.pool.upstreams[0].quota.unheard, 1, "the next one is not asked");
    cr_assert_eq(scene.pool.upstreams[0].health->failures, 0, "as it should be");
}

/* --- responses ------------------------------------------------------------------------------- */

Test(conn_io, takes_responses_in_any_order_with_their_round_trip)
{
    begin();
    open_it();
    for (uint32_t number = 1; number <= 5; number++)
        ask(number);
    turn_for(2 * TURN_US);
    struct peer *peer = scene_peer(0, 0);
    cr_assert_eq(peer->asked_count, 5);
    turn_for(20000);
    peer_answer(peer, 3, DNS_NOERROR);
    peer_answer(peer, 0, DNS_NOERROR);
    turn();
    cr_assert_eq(taken_count, 2);
    cr_assert(taken[0].query == 4 && taken[1].query == 1);
    cr_assert(taken[0].rtt_us >= 20000 && taken[0].rtt_us < 30000, "%u", taken[0].rtt_us);
    cr_assert_eq(conn->flights.count, 3);
    cr_assert_eq(scene_count(STAT_UPSTREAM_ANSWERS), 2);
}

Test(conn_io, a_late_response_is_passed_over_and_counts_as_a_sign_of_life)
{
    begin();
    open_it();
    uint16_t id = ask(1);
    ask(2);
    turn_for(2 * TURN_US);
    conn_abandon(conn, id);
    cr_assert(conn->flights.count == 1 && conn->flights.late == 1);
    peer_answer_all(scene_peer(0, 0));
    turn();
    cr_assert(taken_count == 1 && taken[0].query == 2);
    cr_assert_eq(conn->flights.late, 0);
    cr_assert_eq(conn->answers, 2);
}

Test(conn_io, what_was_never_asked_is_a_stray)
{
    begin();
    open_it();
    uint16_t id = ask(1);
    turn_for(2 * TURN_US);
    struct peer *peer = scene_peer(0, 0);
    peer->asked[0].id = (uint16_t)(id ^ 0x8000);
    peer->asked[0].wire[0] ^= 0x80;
    peer_answer(peer, 0, DNS_NOERROR);
    peer_write(peer, (const uint8_t[]){0, 1, 7}, 3); /* shorter than an id */
    turn();
    cr_assert_eq(taken_count, 0);
    cr_assert_eq(scene_count(STAT_UPSTREAM_STRAY), 2);
    cr_assert_eq(conn->flights.count, 1);
}

Test(conn_io, a_message_in_pieces_is_taken_when_it_is_whole)
{
    begin();
    open_it();
    ask(1);
    turn_for(2 * TURN_US);
    struct peer *peer = scene_peer(0, 0);
    size_t size = peer_question_end(&peer->asked[0]);
    uint8_t reply[2 + 512] = {0, (uint8_t)size};
    memcpy(reply + 2, peer->asked[0].wire, size);
    reply[4] = DNS_QR >> 8;
    peer_write(peer, reply, 1);
    turn();
    peer_write(peer, reply + 1, 6);
    turn();
    uint16_t stuck;
    cr_assert(conn_io_is_stuck(conn, &stuck));
    cr_assert_eq(stuck, peer->asked[0].id);
    cr_assert_eq(taken_count, 0);
    peer_write(peer, reply + 7, 2 + size - 7);
    turn();
    cr_assert_eq(taken_count, 1);
    cr_assert_not(conn_io_is_stuck(conn, &stuck));
}

Test(conn_io, a_pause_keeps_the_response_and_what_is_behind_it)
{
    begin();
    open_it();
    ask(1);
    ask(2);
    turn_for(2 * TURN_US);
    peer_answer_all(scene_peer(0, 0));
    is_pausing = true;
    turn_for(5 * TURN_US);
    cr_assert_eq(taken_count, 0);
    cr_assert(conn->watch.is_paused);
    cr_assert_eq(conn->socket.events & EPOLLIN, 0);
    is_pausing = false;
    turn_for(400000);
    cr_assert_eq(scene_count(STAT_UPSTREAM_SUSPECTED), 0, "what is silent are we");
    conn_io_resume(conn);
    turn();
    cr_assert_eq(taken_count, 2);
    cr_assert_eq(conn->watch.doubt, WATCH_CALM);
}

Test(conn_io, a_response_to_another_query_ends_the_connection_and_orphans_its_neighbours)
{
    begin();
    open_it();
    ask(1);
    ask(2);
    turn_for(2 * TURN_US);
    peer_answer(scene_peer(0, 0), 0, DNS_NOERROR);
    scene_events();
    struct conn_response response;
    conn_next_marked(&scene.pool.shared, CONN_TO_READ);
    conn_io_read(conn);
    cr_assert(conn_io_next(conn, &response));
    conn_io_distrust(conn, &response);
    cr_assert_eq(conn->fsm.state, CONN_CLOSED);
    cr_assert_eq(scene_count(STAT_UPSTREAM_BAD), 1);
    cr_assert_not(conn_take_news(conn).has_failed);
    uint32_t number;
    enum conn_loss loss;
    cr_assert(conn_pop_orphan(conn, &number, &loss));
    cr_assert_eq(number, response.query == 1 ? 2 : 1);
    cr_assert_not(conn_pop_orphan(conn, &number, &loss));
    cr_assert_not(conn_io_next(conn, &response), "it is over");
}

Test(conn_io, what_the_server_said_before_the_socket_broke_is_taken)
{
    begin();
    open_it();
    ask(1);
    turn_for(2 * TURN_US);
    peer_answer_all(scene_peer(0, 0));
    peer_close(scene_peer(0, 0), false);
    ask(2);
    pool_flush(&scene.pool);
    cr_assert_neq(conn->write_error, 0, "sending failed");
    uint16_t id;
    struct handoff_query query = scene_query(3);
    cr_assert_eq(conn_io_write(conn, 3, &query, &id), STATUS_FULL);
    take_responses();
    cr_assert(taken_count == 1 && taken[0].query == 1);
    cr_assert_eq(conn->fsm.state, CONN_CLOSED);
    cr_assert_eq(orphan(2), CONN_LOSS_UNHEARD);
}

/* --- the socket ------------------------------------------------------------------------------ */

Test(conn_io, a_handshake_whose_socket_takes_no_more_and_breaks_ends_at_once)
{
    begin();
    scene.is_mute[0] = true;
    conn_open(conn, 4);
    scene_events();
    while (send(conn->socket.fd, "octets of nobody", 16, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        continue;
    take_responses();
    cr_assert_eq(conn->fsm.state, CONN_HANDSHAKE, "the first flight waits for room");
    peer_close(scene_peer(0, 0), false);
    turn();
    cr_assert_neq(conn->fsm.state, CONN_HANDSHAKE);
    struct conn_news news = conn_take_news(conn);
    cr_assert(news.has_failed && news.was_attempt);
    cr_assert_eq(scene_count(STAT_HANDSHAKES_FAILED), 1);
}
