/* test_conn.c - the life of a connection against a TLS server in the same process
 * SPDX-License-Identifier: ISC
 */
#include "conn_scene.h"

#include <criterion/criterion.h>

Test(conn, is_ready_once_the_handshake_is_done_and_says_so)
{
    begin();
    conn_open(conn, 4);
    cr_assert_eq(conn->fsm.state, CONN_WANTED);
    cr_assert_eq(scene.pool.upstreams[0].opening, 1);
    turn_for(6 * TURN_US);
    cr_assert_eq(conn->fsm.state, CONN_READY);
    cr_assert_eq(scene.pool.upstreams[0].opening, 0);
    cr_assert_eq(scene.pool.upstreams[0].ready, 1);
    cr_assert_eq(scene_count(STAT_HANDSHAKES_FULL), 1);
    cr_assert_eq(scene_count(STAT_UPSTREAM_CONNECTIONS), 1);
    struct conn_news news = conn_take_news(conn);
    cr_assert(news.is_opened && !news.is_closed && !news.has_failed);
    news = conn_take_news(conn);
    cr_assert_not(news.is_opened, "told once");
}

Test(conn, a_refused_socket_is_a_failed_attempt)
{
    begin();
    scene.is_refusing[0] = true;
    conn_open(conn, 4);
    scene_events();
    cr_assert_eq(conn->fsm.state, CONN_CLOSED);
    struct conn_news news = conn_take_news(conn);
    cr_assert(news.has_failed && news.was_attempt && news.is_closed);
    conn_watch_tick(conn);
    cr_assert_eq(conn->fsm.state, CONN_IDLE);
}

Test(conn, a_refusal_by_the_supervisor_is_no_failure)
{
    begin();
    conn_open(conn, 4);
    conn_socket(conn, -1, EDQUOT);
    cr_assert_eq(conn->fsm.state, CONN_CLOSED);
    cr_assert_not(conn_take_news(conn).has_failed);
    cr_assert_gt(scene.pool.upstreams[0].dial_us, scene.now_us);
}

Test(conn, one_that_is_not_ready_in_time_ends)
{
    begin();
    scene.is_mute[0] = true;
    conn_open(conn, 4);
    turn_for(1900000);
    cr_assert_eq(conn->fsm.state, CONN_HANDSHAKE);
    turn_for(300000);
    cr_assert(conn_take_news(conn).was_attempt);
    cr_assert_eq(scene_count(STAT_HANDSHAKES_FAILED), 1);
    cr_assert_eq(conn->fsm.state, CONN_IDLE);
}

Test(conn, a_retired_one_closes_when_the_last_query_is_answered)
{
    begin();
    open_it();
    ask(1);
    turn();
    conn_retire(conn);
    cr_assert_eq(conn->fsm.state, CONN_DRAINING);
    struct handoff_query query = scene_query(2);
    uint16_t id;
    cr_assert_eq(conn_io_write(conn, 2, &query, &id), STATUS_FULL, "takes no new query");
    turn();
    struct peer *peer = scene_peer(0, 0);
    peer_answer_all(peer);
    turn_for(3 * TURN_US);
    cr_assert_eq(taken_count, 1);
    cr_assert_eq(conn->fsm.state, CONN_IDLE);
    cr_assert(peer->has_ended);
    cr_assert_not(conn_take_news(conn).has_failed);
}

Test(conn, says_goodbye_at_the_end_of_the_process)
{
    begin();
    open_it();
    conn_end(conn);
    peer_turn(scene_peer(0, 0));
    cr_assert(scene_peer(0, 0)->has_ended);
    cr_assert_eq(conn->fsm.state, CONN_READY);
}

Test(conn, a_server_names_its_idle_time_or_wants_the_connection_closed)
{
    begin();
    open_it();
    conn_keepalive(conn, 50);
    cr_assert_eq(scene.pool.upstreams[0].server_idle_us, 5000000);
    conn_keepalive(conn, 1);
    cr_assert_eq(scene.pool.upstreams[0].server_idle_us, 1000000, "too short to be believed");
    conn_keepalive(conn, 0);
    cr_assert_eq(conn->fsm.state, CONN_CLOSED, "nothing was in flight");
}

Test(conn, a_query_after_which_nothing_was_heard_was_no_attempt)
{
    begin();
    open_it();
    ask(7);
    turn_for(2 * TURN_US);
    peer_close(scene_peer(0, 0), true);
    scene_events();
    take_responses();
    cr_assert_eq(conn->fsm.state, CONN_CLOSED);
    cr_assert(conn_take_news(conn).has_failed, "closed on queries, and never answered one");
    cr_assert_eq(orphan(7), CONN_LOSS_UNHEARD);
}

Test(conn, a_close_in_order_between_answers_is_no_failure)
{
    begin();
    open_it();
    ask(1);
    ask(2);
    turn_for(2 * TURN_US);
    peer_answer(scene_peer(0, 0), 0, DNS_NOERROR);
    turn();
    peer_close(scene_peer(0, 0), true);
    scene_events();
    take_responses();
    cr_assert_eq(conn->fsm.state, CONN_CLOSED);
    cr_assert_not(conn_take_news(conn).has_failed);
    cr_assert_eq(orphan(taken[0].query == 1 ? 2 : 1), CONN_LOSS_ENDED);
    cr_assert_eq(scene.pool.upstreams[0].quota.guess, 1, "it may have a quota");
}

Test(conn, one_that_breaks_without_an_answer_has_failed_but_is_no_attempt)
{
    begin();
    open_it();
    conn_take_news(conn);
    peer_close(scene_peer(0, 0), false);
    scene_events();
    take_responses();
    struct conn_news news = conn_take_news(conn);
    cr_assert(news.has_failed && !news.was_attempt);
    cr_assert_eq(scene.pool.upstreams[0].ready, 0);
}

Test(conn, a_closed_one_is_not_cleared_before_its_orphans_are_taken)
{
    begin();
    open_it();
    ask(1);
    turn_for(2 * TURN_US);
    peer_close(scene_peer(0, 0), false);
    turn_for(5 * TURN_US);
    cr_assert_eq(conn->fsm.state, CONN_CLOSED);
    orphan(1);
    conn_watch_tick(conn);
    cr_assert_eq(conn->fsm.state, CONN_IDLE);
}

/* Names that the server never answers wear a connection out: nothing else may happen on it that has
 * it looked at. */
Test(conn, one_that_is_worn_is_looked_at_once)
{
    begin();
    open_it();
    uint16_t ids[34];
    for (uint32_t i = 0; i < 34; i++)
        ids[i] = ask(1 + i);
    turn_for(2 * TURN_US);
    scene.pool.shared.next_us = UINT64_MAX;
    for (uint32_t i = 0; i < 32; i++)
        conn_abandon(conn, ids[i]);
    cr_assert_not(conn_is_worn(conn));
    cr_assert_eq(scene.pool.shared.next_us, UINT64_MAX);
    conn_abandon(conn, ids[32]);
    cr_assert(conn_is_worn(conn), "more than half of 64");
    cr_assert_leq(scene.pool.shared.next_us, scene.now_us);
    conn_wear_out(conn);
    cr_assert_eq(conn->fsm.state, CONN_DRAINING);
    scene.pool.shared.next_us = UINT64_MAX;
    conn_abandon(conn, ids[33]);
    cr_assert_leq(scene.pool.shared.next_us, scene.now_us, "nothing keeps it open any more");
}

Test(conn, one_that_drains_is_looked_at_once_when_the_last_answer_is_there)
{
    begin();
    open_it();
    conn_abandon(conn, ask(1));
    ask(2);
    turn_for(2 * TURN_US);
    conn_retire(conn);
    turn();
    cr_assert_eq(conn->fsm.state, CONN_DRAINING);
    peer_answer(scene_peer(0, 0), 1, DNS_NOERROR);
    scene_events();
    scene.pool.shared.next_us = UINT64_MAX;
    take_responses();
    cr_assert_leq(scene.pool.shared.next_us, scene.now_us, "nothing keeps it open any more");
}

Test(conn, an_abandoned_query_is_no_orphan)
{
    begin();
    open_it();
    uint16_t id = ask(1);
    ask(2);
    turn_for(2 * TURN_US);
    peer_close(scene_peer(0, 0), false);
    scene_events();
    take_responses();
    cr_assert_eq(conn->fsm.state, CONN_CLOSED);
    conn_abandon(conn, id);
    (void)orphan(2);
}
