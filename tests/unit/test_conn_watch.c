/* test_conn_watch.c - silence, probes, queries that are late
 * SPDX-License-Identifier: ISC
 */
#include "conn_scene.h"

#include <criterion/criterion.h>

Test(conn_watch, a_silent_one_is_probed_then_left_then_given_up)
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

Test(conn_watch, an_answered_probe_ends_the_suspicion)
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

Test(conn_watch, a_message_that_does_not_become_whole_is_no_sign_of_life)
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

Test(conn_watch, a_query_that_a_living_server_does_not_answer_is_slow)
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

Test(conn_watch, a_query_is_hedged_when_it_is_later_than_nearly_all)
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
