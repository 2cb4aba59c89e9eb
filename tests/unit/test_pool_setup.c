/* test_pool_setup.c - what the pool holds before the first turn
 * SPDX-License-Identifier: ISC
 */
#include "pool_scene.h"

#include <criterion/criterion.h>

Test(pool_setup, every_connection_has_a_place_and_knows_its_upstream)
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

Test(pool_setup, takes_the_shares_of_the_configuration)
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
