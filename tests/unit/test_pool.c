/* test_pool.c - what the pool holds: places, names of attempts, orders, the end
 * SPDX-License-Identifier: ISC
 */
#include "pool_scene.h"

#include <criterion/criterion.h>

Test(pool, every_connection_has_a_place_and_knows_its_upstream)
{
    scene_begin(3, 4);
    scene_reserve_pool();
    for (unsigned i = 0; i < 3; i++) {
        for (uint32_t j = 0; j < 4; j++) {
            const struct conn *conn = pool_conn(&scene.pool, &scene.pool.upstreams[i], j);
            cr_assert_eq(conn->upstream, &scene.pool.upstreams[i]);
            cr_assert_eq(conn->number, 1 + i * 4 + j);
            cr_assert_eq(conn->fsm.state, CONN_IDLE);
        }
    }
    cr_assert_eq(pool_deadline_us(&scene.pool), 0, "the first tick is due at once");
}

Test(pool, asks_for_a_socket_by_index_and_by_a_name_that_is_never_used_again)
{
    pool_scene_begin(2, 2);
    struct pool_order first[2], order;
    for (unsigned i = 0; i < 2; i++) {
        cr_assert(pool_next_order(&scene.pool, &first[i]));
        cr_assert(first[i].index == i && first[i].dear_us == 0 && first[i].tag != 0);
    }
    cr_assert_not(pool_next_order(&scene.pool, &order));
    /* a socket of another upstream breaks the contract; one of an old attempt does not */
    cr_assert_not(pool_socket(&scene.pool, 1, first[0].tag, -1, ECONNREFUSED));
    cr_assert(pool_socket(&scene.pool, 0, first[0].tag - 4, -1, ECONNREFUSED));
    cr_assert_eq(scene.pool.upstreams[0].opening, 1, "its own attempt goes on");
    cr_assert(pool_socket(&scene.pool, 0, first[0].tag, -1, ECONNREFUSED));
    cr_assert_eq(scene.pool.upstreams[0].opening, 0);
    scene.is_refusing[0] = true;
    pool_scene_turn_for(200000);
    cr_assert_gt(scene.wanted[0], 0, "tried again");
    cr_assert_neq(pool_conn(&scene.pool, &scene.pool.upstreams[0], 0)->tag, first[0].tag);
}

Test(pool, a_late_socket_of_an_attempt_that_was_given_up_is_closed)
{
    pool_scene_begin(1, 1);
    struct pool_order order;
    int pair[2];
    cr_assert(pool_next_order(&scene.pool, &order));
    conn_retire(pool_conn(&scene.pool, &scene.pool.upstreams[0], 0));
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    cr_assert(pool_socket(&scene.pool, 0, order.tag, pair[0], 0));
    cr_assert_eq(fcntl(pair[0], F_GETFD), -1);
    close(pair[1]);
}

Test(pool, an_order_that_could_not_be_sent_is_a_failed_attempt)
{
    pool_scene_begin(1, 1);
    struct pool_order order;
    cr_assert(pool_next_order(&scene.pool, &order));
    pool_order_failed(&scene.pool, &order);
    pool_turn_settle(&scene.pool);
    cr_assert_eq(scene.pool.health[0].failures, 1);
    cr_assert_eq(scene.pool.upstreams[0].opening, 0);
    pool_order_failed(&scene.pool, &order);
    cr_assert_eq(scene.pool.health[0].failures, 1, "of an attempt that is over");
}

Test(pool, what_a_refused_handshake_cost_is_told_before_the_next_socket_is_asked_for)
{
    pool_scene_begin(1, 1);
    struct conn *conn = pool_conn(&scene.pool, &scene.pool.upstreams[0], 0);
    struct pool_order order;
    conn->dear_us = 77000;
    cr_assert(pool_next_order(&scene.pool, &order));
    cr_assert_eq(order.dear_us, 77000);
    cr_assert(pool_next_order(&scene.pool, &order));
    cr_assert_eq(order.dear_us, 0);
    cr_assert_not(pool_next_order(&scene.pool, &order));
}

Test(pool, is_down_when_no_upstream_has_a_connection_and_all_failed_three_times)
{
    scene_begin(2, 1);
    scene_reserve_pool();
    cr_assert_not(pool_is_down(&scene.pool));
    scene.pool.health[0].failures = scene.pool.health[1].failures = UPSTREAM_DOWN_FAILURES;
    cr_assert(pool_is_down(&scene.pool));
    scene.pool.upstreams[1].ready = 1;
    cr_assert_not(pool_is_down(&scene.pool));
}

Test(pool, paused_connections_are_read_again_and_all_are_told_goodbye)
{
    pool_scene_open(2, 1);
    for (unsigned i = 0; i < 2; i++)
        conn_read_pause(pool_conn(&scene.pool, &scene.pool.upstreams[i], 0));
    pool_resume(&scene.pool);
    for (unsigned i = 0; i < 2; i++)
        cr_assert_not(pool_conn(&scene.pool, &scene.pool.upstreams[i], 0)->watch.is_paused);
    cr_assert_eq(pool_deadline_us(&scene.pool), 0, "at once");
    pool_end(&scene.pool);
    for (unsigned i = 0; i < 2; i++) {
        peer_turn(scene_peer(i, 0));
        cr_assert(scene_peer(i, 0)->has_ended);
    }
}

Test(pool, takes_the_shares_of_the_configuration)
{
    scene_begin(2, 1);
    scene.config.strategy = CONFIG_SPREAD;
    scene.config.upstreams[0].weight = 9;
    scene.config.upstreams[1].qps = 100;
    scene_reserve_pool();
    cr_assert_eq(scene.pool.policy.strategy, CHOICE_SPREAD);
    cr_assert_eq(scene.pool.policy.weights[0], 9);
    cr_assert_eq(scene.pool.upstreams[1].qps, 100);
    cr_assert_eq(scene.pool.upstreams[1].rate.burst, 11, "a tenth of a second, and one");
    scene.config.strategy = CONFIG_ORDERED;
    scene_reserve_pool();
    cr_assert_eq(scene.pool.policy.strategy, CHOICE_ORDERED);
}
