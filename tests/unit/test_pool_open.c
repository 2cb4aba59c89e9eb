/* test_pool_open.c - when a connection is opened, and when it is not
 * SPDX-License-Identifier: ISC
 */
#include "pool_scene.h"

#include <criterion/criterion.h>

static struct upstream *
first(void)
{
    return &scene.pool.upstreams[0];
}

Test(pool_open, one_at_a_time_for_each_upstream)
{
    pool_scene_begin(1, 4);
    cr_assert_eq(first()->opening, 1);
    cr_assert(pool_open_more(&scene.pool, first()), "it is being opened");
    cr_assert_eq(first()->opening, 1);
}

Test(pool_open, none_during_back_off)
{
    pool_scene_begin(1, 4);
    scene.is_refusing[0] = true;
    scene_events();
    pool_turn_settle(&scene.pool);
    cr_assert_eq(scene.pool.health[0].failures, 1);
    cr_assert_not(pool_open_more(&scene.pool, first()));
    cr_assert_eq(pool_open_earliest_us(&scene.pool), scene.pool.health[0].retry_us);
    scene.loop.now_us = scene.pool.health[0].retry_us;
    cr_assert(pool_open_more(&scene.pool, first()));
    cr_assert_eq(pool_open_earliest_us(&scene.pool), scene.loop.now_us, "under way");
}

Test(pool_open, none_beyond_the_budget_of_handshakes)
{
    scene_begin(1, 8);
    scene.config.handshakes_per_s = 1;
    scene.config.handshakes_burst = 2;
    scene_reserve_pool();
    for (unsigned i = 0; i < 2; i++) {
        cr_assert(pool_open_more(&scene.pool, first()));
        first()->opening = 0; /* as if it were done */
    }
    cr_assert_not(pool_open_more(&scene.pool, first()));
    cr_assert_gt(first()->dial_us, scene.now_us);
    cr_assert_leq(first()->dial_us, scene.now_us + 1250000);
    cr_assert_leq(scene.pool.shared.next_us, first()->dial_us, "and is tried then");
}

Test(pool_open, says_that_a_place_is_wanted_when_all_are_taken)
{
    pool_scene_open(1, 1);
    cr_assert_not(first()->wants_place);
    cr_assert_not(pool_open_more(&scene.pool, first()));
    cr_assert(first()->wants_place);
}

Test(pool_open, keeps_pace_with_a_quota)
{
    pool_scene_open(1, 8);
    first()->quota.known = 10;
    pool_open_keep_pace(&scene.pool, first(), 1);
    cr_assert_eq(first()->opening, 0, "ten queries have room there");
    scene.pool.waiting = 25;
    pool_open_keep_pace(&scene.pool, first(), 1);
    cr_assert_eq(first()->opening, 2, "ten there, twenty on their way, for 26");
    first()->quota.known = 0;
    pool_open_keep_pace(&scene.pool, first(), 1000);
    cr_assert_eq(first()->opening, 2);
}

Test(pool_open, traffic_after_a_quiet_time_ends_a_long_back_off)
{
    pool_scene_begin(1, 1);
    scene.pool.used_us = 0;
    scene.loop.now_us = scene.now_us = 100000000;
    cr_assert_not(pool_open_is_busy(&scene.pool));
    scene.pool.health[0].retry_us = scene.now_us + 5000000;
    pool_open_asked(&scene.pool);
    cr_assert_eq(scene.pool.health[0].retry_us, scene.now_us);
    cr_assert(pool_open_is_busy(&scene.pool));
    cr_assert_eq(scene.pool.shared.next_us, 0);
    pool_stop(&scene.pool);
    cr_assert_not(pool_open_is_busy(&scene.pool));
}

Test(pool_open, a_replacement_retires_the_one_whose_place_it_takes)
{
    pool_scene_open(1, 2);
    struct conn *old = pool_conn(&scene.pool, first(), 0);
    cr_assert(pool_open_more(&scene.pool, first()));
    old->is_replaced = true;
    pool_scene_turn_for(10 * TURN_US);
    cr_assert_eq(pool_conn(&scene.pool, first(), 1)->fsm.state, CONN_READY);
    cr_assert_eq(old->fsm.state, CONN_IDLE);
    cr_assert(scene_peer(0, 0)->has_ended, "in order");
}

Test(pool_open, one_that_came_back_is_asked_before_any_client_has_to_wait_for_it)
{
    pool_scene_begin(1, 1);
    scene.is_refusing[0] = true;
    pool_scene_turn_for(50000);
    cr_assert_gt(scene.pool.health[0].failures, 0);
    scene.is_refusing[0] = false;
    scene.is_prompt = true;
    pool_scene_turn_for(2000000);
    cr_assert_eq(first()->ready, 1);
    cr_assert_eq(scene_count(STAT_PROBES), 1);
    cr_assert_eq(scene.pool.health[0].failures, 0);
}

Test(pool_open, one_that_nobody_asks_is_probed_while_there_is_traffic)
{
    scene_begin(2, 1);
    scene.config.strategy = CONFIG_ORDERED;
    scene_reserve_pool();
    pool_turn_start(&scene.pool);
    for (unsigned i = 0; i < 1300; i++) {
        pool_scene_ask(i);
        pool_scene_turn_for(10 * TURN_US);
        pool_scene_answer_all();
    }
    cr_assert_geq(scene_peer(1, 0)->asked_ever, 1, "%u", scene_peer(1, 0)->asked_ever);
    cr_assert_leq(scene_peer(1, 0)->asked_ever, 15, "at most those that measure anew");
}

Test(pool_open, a_connection_is_kept_while_there_is_traffic)
{
    pool_scene_open(1, 2);
    pool_scene_ask(1);
    pool_scene_turn_for(3 * TURN_US);
    pool_scene_answer_all();
    pool_scene_turn();
    peer_close(scene_peer(0, 0), true);
    pool_scene_turn_for(20 * TURN_US);
    cr_assert_eq(first()->ready, 1, "opened again");
    cr_assert_eq(scene.wanted[0], 2);
    cr_assert_not(pool_open_is_under_way(&scene.pool, 0));
}
