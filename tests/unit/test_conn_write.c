/* test_conn_write.c - queries: padded, sent together, bounded, and never to somebody else
 * SPDX-License-Identifier: ISC
 */
#include "conn_scene.h"

#include <criterion/criterion.h>

Test(conn_write, a_server_that_is_somebody_else_is_never_written_to)
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

Test(conn_write, the_queries_of_a_turn_are_padded_and_leave_together)
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

Test(conn_write, takes_as_many_queries_as_it_may_and_then_no_more)
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

Test(conn_write, one_that_had_its_quota_takes_no_more_and_waits_to_be_closed)
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
