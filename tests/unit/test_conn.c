/* test_conn.c - a connection against a TLS server in the same process: its life, what it reads,
 * SPDX-License-Identifier: ISC
 * writes, and what time does to it
 */
#include "upstream_scene.h"

#include <criterion/criterion.h>

static struct conn *conn;
static struct conn_response taken[ASKED]; /* since begin(); `message` is not kept */
static unsigned taken_count;
static bool is_pausing;

static void
take_responses(void)
{
    struct conn *c;
    struct conn_response response;
    while ((c = conn_next_marked(&scene.pool.shared, CONN_TO_READ)) != NULL) {
        conn_read_ready(c);
        while (conn_read_next(c, &response)) {
            if (is_pausing) {
                conn_read_pause(c);
                continue;
            }
            taken[taken_count++] = response;
            conn_read_done(c, &response, true);
        }
    }
}

/* As the worker's turn has it, with the test in the relay's place. */
static void
turn(void)
{
    scene_events();
    take_responses();
    conn_watch_tick(conn);
    pool_flush(&scene.pool);
    take_responses();
}

static void
turn_for(uint64_t us)
{
    for (uint64_t end = scene.now_us + us; scene.now_us < end;)
        turn();
}

static void
begin(void)
{
    scene_begin(2, 2);
    scene_reserve_pool();
    conn = pool_conn(&scene.pool, &scene.pool.upstreams[0], 0);
    taken_count = 0;
    is_pausing = false;
}

static void
open_it(void)
{
    conn_open(conn, conn->tag + 4);
    turn_for(6 * TURN_US);
    cr_assert_eq(conn->fsm.state, CONN_READY, "%s", conn_fsm_text(conn->fsm.state));
}

static uint16_t
ask(uint32_t number)
{
    uint16_t id;
    struct handoff_query query = scene_query(number);
    cr_assert_eq(conn_write_query(conn, number, &query, &id), STATUS_OK);
    return id;
}

/* --- life ------------------------------------------------------------------------------------ */

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

Test(conn, a_server_that_is_somebody_else_is_never_written_to)
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
    cr_assert_eq(conn_write_query(conn, 1, &query, &id), STATUS_FULL);
    cr_assert_eq(scene_peer(0, 0)->asked_ever, 0);
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
    cr_assert_eq(conn_write_query(conn, 2, &query, &id), STATUS_FULL, "takes no new query");
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

/* --- queries and responses ------------------------------------------------------------------- */

Test(conn, takes_responses_in_any_order_with_their_round_trip)
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

Test(conn, the_queries_of_a_turn_are_padded_and_leave_together)
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

Test(conn, a_late_response_is_passed_over_and_counts_as_a_sign_of_life)
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

Test(conn, what_was_never_asked_is_a_stray)
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

Test(conn, a_message_in_pieces_is_taken_when_it_is_whole)
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
    cr_assert(conn_read_is_stuck(conn, &stuck));
    cr_assert_eq(stuck, peer->asked[0].id);
    cr_assert_eq(taken_count, 0);
    peer_write(peer, reply + 7, 2 + size - 7);
    turn();
    cr_assert_eq(taken_count, 1);
    cr_assert_not(conn_read_is_stuck(conn, &stuck));
}

Test(conn, a_pause_keeps_the_response_and_what_is_behind_it)
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
    conn_read_resume(conn);
    turn();
    cr_assert_eq(taken_count, 2);
    cr_assert_eq(conn->watch.doubt, WATCH_CALM);
}

Test(conn, a_response_to_another_query_ends_the_connection_and_orphans_its_neighbours)
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
    conn_read_ready(conn);
    cr_assert(conn_read_next(conn, &response));
    conn_read_distrust(conn, &response);
    cr_assert_eq(conn->fsm.state, CONN_CLOSED);
    cr_assert_eq(scene_count(STAT_UPSTREAM_BAD), 1);
    cr_assert_not(conn_take_news(conn).has_failed);
    uint32_t number;
    enum conn_loss loss;
    cr_assert(conn_pop_orphan(conn, &number, &loss));
    cr_assert_eq(number, response.query == 1 ? 2 : 1);
    cr_assert_not(conn_pop_orphan(conn, &number, &loss));
    cr_assert_not(conn_read_next(conn, &response), "it is over");
}

/* --- ends ------------------------------------------------------------------------------------ */

/* @return the loss of the one query in flight */
static enum conn_loss
orphan(uint32_t expected)
{
    uint32_t number;
    enum conn_loss loss;
    cr_assert_eq(conn_next_marked(&scene.pool.shared, CONN_ORPHANED), conn);
    cr_assert(conn_pop_orphan(conn, &number, &loss));
    cr_assert_eq(number, expected);
    cr_assert_not(conn_pop_orphan(conn, &number, &loss));
    return loss;
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

Test(conn, what_the_server_said_before_the_socket_broke_is_taken)
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
    cr_assert_eq(conn_write_query(conn, 3, &query, &id), STATUS_FULL);
    take_responses();
    cr_assert(taken_count == 1 && taken[0].query == 1);
    cr_assert_eq(conn->fsm.state, CONN_CLOSED);
    cr_assert_eq(orphan(2), CONN_LOSS_UNHEARD);
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

/* --- time ------------------------------------------------------------------------------------ */

Test(conn, a_silent_one_is_probed_then_left_then_given_up)
{
    begin();
    open_it();
    struct peer *peer = scene_peer(0, 0);
    ask(1);
    turn_for(2 * TURN_US);
    peer->is_deaf = true;
    turn_for(UPSTREAM_SUSPECT_MIN_US + 2 * TURN_US);
    cr_assert_eq(conn->watch.doubt, WATCH_SUSPECT);
    cr_assert_eq(scene_count(STAT_PROBES), 1);
    cr_assert_eq(scene.pool.upstreams[0].suspects, 1);
    cr_assert(conn_take_news(conn).is_silent);
    turn_for(UPSTREAM_ANSWER_MIN_US + 2 * TURN_US);
    cr_assert_eq(conn->watch.doubt, WATCH_LEFT);
    cr_assert(conn_take_news(conn).is_left);
    uint32_t number;
    enum conn_late why;
    cr_assert(conn_watch_next_late(conn, &number, &why));
    cr_assert(number == 1 && why == CONN_LATE_FAILOVER);
    cr_assert_not(conn_watch_next_late(conn, &number, &why), "the probe is nobody's");
    conn_watch_leave_over(conn, why);
    cr_assert_leq(scene.pool.shared.next_us, scene.now_us + WATCH_AGAIN_US);
    turn_for(4000000);
    cr_assert_eq(scene_count(STAT_UPSTREAM_OVERDUE), 1);
    cr_assert(conn_take_news(conn).has_failed, "nothing at all was heard of the upstream");
    cr_assert_eq(scene.pool.upstreams[0].suspects, 0);
}

Test(conn, an_answered_probe_ends_the_suspicion)
{
    begin();
    open_it();
    struct peer *peer = scene_peer(0, 0);
    ask(1);
    turn_for(UPSTREAM_SUSPECT_MIN_US + 4 * TURN_US);
    cr_assert_eq(conn->watch.doubt, WATCH_SUSPECT);
    cr_assert_eq(peer->asked_count, 2);
    peer_answer(peer, 1, DNS_NOERROR);
    turn_for(2 * TURN_US);
    cr_assert_eq(conn->watch.doubt, WATCH_CALM);
    cr_assert_eq(scene.pool.upstreams[0].suspects, 0);
    cr_assert_eq(taken_count, 0, "the probe's answer is nobody's");
    cr_assert_eq(conn->flights.count, 1);
}

Test(conn, a_message_that_does_not_become_whole_is_no_sign_of_life)
{
    begin();
    open_it();
    struct peer *peer = scene_peer(0, 0);
    ask(1);
    ask(2);
    turn_for(2 * TURN_US);
    uint8_t head[] = {2, 0, peer->asked[0].wire[0], peer->asked[0].wire[1]};
    peer_write(peer, head, sizeof head);
    for (unsigned i = 0; i < 60 && conn->watch.doubt != WATCH_LEFT; i++) {
        turn_for(50000);
        peer_write(peer, (const uint8_t[]){0}, 1); /* it goes on, octet by octet */
    }
    cr_assert_eq(conn->watch.doubt, WATCH_LEFT);
    uint32_t number;
    enum conn_late why;
    for (unsigned i = 0; i < 2; i++) {
        cr_assert(conn_watch_next_late(conn, &number, &why));
        cr_assert_eq(why, number == taken_count + 1 ? CONN_LATE_FAILOVER : CONN_LATE_STUCK,
                     "number %u, why %u", number, (unsigned)why);
    }
}

Test(conn, a_query_that_a_living_server_does_not_answer_is_slow)
{
    begin();
    open_it();
    struct peer *peer = scene_peer(0, 0);
    ask(1);
    uint32_t number;
    enum conn_late why;
    for (unsigned i = 0; i < 30; i++) { /* others are answered all the time */
        ask(100 + i);
        turn_for(8 * TURN_US);
        while (peer->asked_count > 1)
            peer_answer(peer, 1, DNS_NOERROR);
    }
    cr_assert_eq(conn->watch.doubt, WATCH_CALM);
    cr_assert(conn_watch_next_late(conn, &number, &why));
    cr_assert(number == 1 && why == CONN_LATE_SLOW);
    cr_assert_not(conn_watch_next_late(conn, &number, &why), "asked for once");
}

Test(conn, a_query_is_hedged_when_it_is_later_than_nearly_all)
{
    begin();
    scene.config.hedge_percent = 5;
    scene_reserve_pool();
    conn = pool_conn(&scene.pool, &scene.pool.upstreams[0], 0);
    open_it();
    ask(1);
    turn_for(UPSTREAM_HEDGE_MIN_US + 3 * TURN_US);
    uint32_t number;
    enum conn_late why;
    cr_assert_eq(conn_next_marked(&scene.pool.shared, CONN_LATE), conn);
    cr_assert(conn_watch_next_late(conn, &number, &why));
    cr_assert(number == 1 && why == CONN_LATE_HEDGE);
    cr_assert_not(conn_watch_next_late(conn, &number, &why));
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

Test(conn, takes_as_many_queries_as_it_may_and_then_no_more)
{
    begin();
    open_it();
    struct handoff_query query = scene_query(1);
    uint16_t id;
    for (unsigned i = 0; i < scene.config.upstream_in_flight; i++)
        ask(i);
    cr_assert_eq(conn_write_query(conn, 1, &query, &id), STATUS_FULL);
    conn_write_probe(conn);
    cr_assert_eq(scene_count(STAT_PROBES), 1, "a probe finds room all the same");
    conn_write_probe(conn);
    cr_assert_eq(scene_count(STAT_PROBES), 1, "one at a time");
}

Test(conn, one_that_had_its_quota_takes_no_more_and_waits_to_be_closed)
{
    begin();
    open_it();
    scene.pool.upstreams[0].quota.known = 3;
    for (uint32_t number = 1; number <= 3; number++)
        ask(number);
    cr_assert_eq(conn->fsm.state, CONN_DRAINING);
    cr_assert(conn->is_spent);
    turn_for(2 * TURN_US);
    peer_answer_all(scene_peer(0, 0));
    turn_for(2 * TURN_US);
    cr_assert_eq(taken_count, 3);
    cr_assert_eq(conn->fsm.state, CONN_DRAINING, "does the server close it, as it did before?");
    turn_for(UPSTREAM_ANSWER_MIN_US + 3 * TURN_US);
    cr_assert_eq(conn->fsm.state, CONN_IDLE);
    cr_assert_eq(scene.pool.upstreams[0].quota.known, 6, "it did not: try more");
}
