/* test_pool_turn.c - what becomes of failures, of silence, and of connections that nobody uses
 * SPDX-License-Identifier: ISC
 */
#include "pool_scene.h"

#include <criterion/criterion.h>

static struct conn *
conn_of(unsigned upstream, uint32_t nth)
{
    return pool_conn(&scene.pool, &scene.pool.upstreams[upstream], nth);
}

Test(pool_turn, every_upstream_gets_a_connection_at_the_start)
{
    pool_scene_open(3, 2);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(scene.wanted[i], 1);
}

Test(pool_turn, an_attempt_that_fails_while_all_are_down_is_told_once)
{
    pool_scene_begin(1, 1);
    scene.is_refusing[0] = true;
    unsigned told = 0;
    for (unsigned i = 0; i < 4000; i++) {
        pool_scene_turn();
        if (pool_turn_take_given_up(&scene.pool)) {
            told++;
            cr_assert(pool_is_down(&scene.pool));
        }
        cr_assert_not(pool_turn_take_given_up(&scene.pool));
    }
    cr_assert_eq(scene.wanted[0] - told, 2, "all but the first two of %u", scene.wanted[0]);
    cr_assert_eq(scene.stats.upstreams[0].failures, scene.wanted[0]);
}

Test(pool_turn, a_lone_upstream_is_tried_again_within_a_second)
{
    pool_scene_begin(2, 1);
    scene.is_refusing[0] = scene.is_refusing[1] = true;
    for (unsigned i = 0; i < 10; i++) {
        pool_open_asked(&scene.pool);
        pool_scene_turn_for(1000000);
    }
    unsigned wanted = scene.wanted[0];
    cr_assert_geq(wanted, 10, "%u", wanted);
    scene.is_refusing[1] = false; /* one answers: the other has time */
    scene.is_prompt = true;
    pool_scene_turn_for(1000000);
    cr_assert_eq(scene.pool.upstreams[1].ready, 1);
    wanted = scene.wanted[0];
    for (unsigned i = 0; i < 20; i++) {
        pool_open_asked(&scene.pool);
        pool_scene_turn_for(1000000);
    }
    cr_assert_leq(scene.wanted[0] - wanted, 12, "%u", scene.wanted[0] - wanted);
}

Test(pool_turn, the_only_connection_gets_company_when_it_is_silent)
{
    pool_scene_open(1, 2);
    scene_peer(0, 0)->is_deaf = true;
    pool_scene_ask(1);
    pool_scene_turn_for(UPSTREAM_SUSPECT_MIN_US + 8 * TURN_US);
    cr_assert_eq(conn_of(0, 0)->watch.doubt, WATCH_SUSPECT);
    cr_assert_eq(conn_of(0, 1)->fsm.state, CONN_READY);
}

Test(pool_turn, others_of_a_silent_upstream_are_probed)
{
    pool_scene_open(1, 2);
    (void)pool_open_more(&scene.pool, &scene.pool.upstreams[0]);
    pool_scene_turn_for(8 * TURN_US);
    scene_peer(0, 0)->is_deaf = true;
    struct handoff_query query = scene_query(1);
    uint16_t id;
    cr_assert_eq(conn_write_query(conn_of(0, 0), 1, &query, &id), STATUS_OK);
    pool_scene_turn_for(UPSTREAM_SUSPECT_MIN_US + UPSTREAM_ANSWER_MIN_US + 5 * TURN_US);
    cr_assert_eq(conn_of(0, 0)->watch.doubt, WATCH_LEFT);
    cr_assert_eq(scene_peer(0, 1)->asked_ever, 1, "a probe");
}

Test(pool_turn, an_idle_connection_is_closed_in_order_before_the_server_does)
{
    pool_scene_begin(1, 2);
    scene.pool.upstreams[0].server_idle_us = 5000000;
    pool_scene_turn_for(3900000);
    cr_assert_eq(conn_of(0, 0)->fsm.state, CONN_READY);
    pool_scene_turn_for(700000); /* and an eighth of it, for one that takes its place */
    cr_assert(scene_peer(0, 0)->has_ended, "%s", conn_fsm_text(conn_of(0, 0)->fsm.state));
    cr_assert_eq(scene.pool.upstreams[0].ready, 1, "replaced first: there was traffic");
}

Test(pool_turn, without_traffic_nothing_takes_its_place)
{
    pool_scene_open(1, 2);
    pool_scene_turn_for(10500000);
    cr_assert(scene_peer(0, 0)->has_ended);
    cr_assert_eq(scene.pool.upstreams[0].ready + scene.pool.upstreams[0].opening, 0);
    cr_assert_eq(scene.wanted[0], 1);
}

Test(pool_turn, a_process_that_stops_opens_nothing)
{
    pool_scene_open(1, 2);
    pool_stop(&scene.pool);
    pool_scene_ask(1);
    peer_close(scene_peer(0, 0), true);
    pool_scene_turn_for(3000000);
    cr_assert_eq(scene.wanted[0], 1);
}

Test(pool_turn, the_place_of_the_last_query_is_forgotten_when_it_closes)
{
    pool_scene_open(1, 1);
    struct conn *conn = pool_scene_ask(1);
    cr_assert_eq(scene.pool.latest[0], conn);
    peer_close(scene_peer(0, 0), false);
    scene_events();
    pool_scene_take();
    cr_assert_null(scene.pool.latest[0]);
}
