/* test_pool_pick.c - which connection a query goes to
 * SPDX-License-Identifier: ISC
 */
#include "pool_scene.h"

#include <criterion/criterion.h>

#define NOBODY CONFIG_UPSTREAMS_MAX

static struct conn *
conn_of(unsigned upstream, uint32_t nth)
{
    return pool_conn(&scene.pool, &scene.pool.upstreams[upstream], nth);
}

static void
fill(struct conn *conn, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct handoff_query query = scene_query(i);
        uint16_t id;
        cr_assert_eq(conn_write_query(conn, i, &query, &id), STATUS_OK, "%u of %u", i, count);
    }
}

Test(pool_pick, without_a_connection_one_is_opened)
{
    scene_begin(1, 2);
    scene_reserve_pool();
    cr_assert_null(pool_pick_first(&scene.pool, NOBODY, HANDOFF_LIGHT, 0));
    cr_assert_eq(scene.pool.upstreams[0].opening, 1);
}

Test(pool_pick, few_connections_are_filled_before_others_are_opened)
{
    pool_scene_open(1, 4);
    struct conn *conn = conn_of(0, 0);
    cr_assert_eq(pool_pick_first(&scene.pool, NOBODY, HANDOFF_LIGHT, 0), conn);
    fill(conn, 48); /* three quarters of 64: from here on it is crowded */
    cr_assert_eq(pool_pick_first(&scene.pool, NOBODY, HANDOFF_LIGHT, 0), conn);
    cr_assert_eq(scene.pool.upstreams[0].opening, 1, "another one helps");
    pool_scene_turn_for(8 * TURN_US);
    cr_assert_eq(pool_pick_first(&scene.pool, NOBODY, HANDOFF_LIGHT, 0), conn_of(0, 1));
}

Test(pool_pick, the_last_places_are_for_who_has_few)
{
    pool_scene_open(1, 1);
    struct conn *conn = conn_of(0, 0);
    fill(conn, 48);
    cr_assert_null(pool_pick_first(&scene.pool, NOBODY, HANDOFF_ORDINARY, 0));
    cr_assert_eq(pool_pick_first(&scene.pool, NOBODY, HANDOFF_HOPEFUL, 0), conn);
    fill(conn, 8);
    cr_assert_null(pool_pick_first(&scene.pool, NOBODY, HANDOFF_HOPEFUL, 0));
    cr_assert_eq(pool_pick_first(&scene.pool, NOBODY, HANDOFF_LIGHT, 0), conn);
    fill(conn, 8);
    cr_assert_null(pool_pick_first(&scene.pool, NOBODY, HANDOFF_LIGHT, 0));
}

Test(pool_pick, another_upstream_than_the_one_to_be_avoided)
{
    scene_begin(2, 1);
    scene.config.strategy = CONFIG_ORDERED;
    scene_reserve_pool();
    pool_turn_start(&scene.pool);
    pool_scene_turn_for(8 * TURN_US);
    for (unsigned i = 0; i < 50; i++) {
        cr_assert_eq(pool_pick_first(&scene.pool, NOBODY, HANDOFF_LIGHT, 0)->upstream->index, 0);
        cr_assert_eq(pool_pick_first(&scene.pool, 0, HANDOFF_LIGHT, 0)->upstream->index, 1);
    }
    scene.pool.upstreams[0].suspects = 1;
    cr_assert_eq(pool_pick_first(&scene.pool, NOBODY, HANDOFF_LIGHT, 0)->upstream->index, 1);
}

Test(pool_pick, a_rate_holds_back_and_is_looked_at_again_soon)
{
    scene_begin(1, 1);
    scene.config.upstreams[0].qps = 5;
    scene_reserve_pool();
    pool_turn_start(&scene.pool);
    pool_scene_turn_for(8 * TURN_US);
    fill(conn_of(0, 0), 1);
    cr_assert_null(pool_pick_first(&scene.pool, NOBODY, HANDOFF_LIGHT, 0));
    cr_assert_leq(scene.pool.shared.next_us, scene.now_us + 1000);
    cr_assert_eq(scene.pool.upstreams[0].opening, 0, "more connections would not help");
    scene.is_prompt = true;
    pool_scene_turn_for(250000);
    cr_assert_not_null(pool_pick_first(&scene.pool, NOBODY, HANDOFF_LIGHT, 0));
}

Test(pool_pick, only_what_was_heard_since_if_that_is_asked_for)
{
    pool_scene_open(1, 2);
    uint64_t since_us = scene.now_us;
    cr_assert_null(pool_pick_first(&scene.pool, NOBODY, HANDOFF_LIGHT, since_us));
    fill(conn_of(0, 0), 1);
    pool_scene_turn_for(3 * TURN_US);
    pool_scene_answer_all();
    pool_scene_turn();
    cr_assert_eq(pool_pick_first(&scene.pool, NOBODY, HANDOFF_LIGHT, since_us), conn_of(0, 0));
}

Test(pool_pick, a_suspect_connection_only_where_there_is_no_other)
{
    pool_scene_open(1, 2);
    (void)pool_open_more(&scene.pool, &scene.pool.upstreams[0]);
    pool_scene_turn_for(8 * TURN_US);
    conn_of(0, 0)->watch.doubt = WATCH_SUSPECT;
    cr_assert_eq(pool_pick_first(&scene.pool, NOBODY, HANDOFF_LIGHT, 0), conn_of(0, 1));
    conn_of(0, 1)->watch.doubt = WATCH_SUSPECT;
    cr_assert_not_null(pool_pick_first(&scene.pool, NOBODY, HANDOFF_LIGHT, 0));
}

/* --- elsewhere ------------------------------------------------------------------------------- */

static struct pool_elsewhere
place(bool is_silent)
{
    return (struct pool_elsewhere){.conn = conn_of(0, 0),
                                   .rank = HANDOFF_LIGHT,
                                   .since_us = scene.now_us - 1,
                                   .asked = 1,
                                   .is_silent = is_silent};
}

Test(pool_pick, a_late_query_goes_to_another_upstream_or_nowhere)
{
    pool_scene_open(2, 2);
    struct pool_elsewhere late = place(false);
    cr_assert_eq(pool_pick_elsewhere(&scene.pool, &late), conn_of(1, 0));
    late.asked = 3;
    cr_assert_null(pool_pick_elsewhere(&scene.pool, &late), "asked there already");
    late.asked = 1;
    scene.pool.health[1].failures = 1;
    cr_assert_null(pool_pick_elsewhere(&scene.pool, &late), "not well");
}

Test(pool_pick, beside_silence_what_was_heard_since_goes_first_then_the_same_upstream)
{
    pool_scene_open(2, 2);
    (void)pool_open_more(&scene.pool, &scene.pool.upstreams[0]);
    pool_scene_turn_for(8 * TURN_US);
    struct pool_elsewhere silent = place(true);
    cr_assert_eq(pool_pick_elsewhere(&scene.pool, &silent), conn_of(1, 0),
                 "nothing was heard of anybody: another upstream");
    conn_of(0, 1)->watch.heard_us = scene.now_us;
    cr_assert_eq(pool_pick_elsewhere(&scene.pool, &silent), conn_of(0, 1));
    conn_of(1, 0)->watch.heard_us = scene.now_us;
    cr_assert_eq(pool_pick_elsewhere(&scene.pool, &silent), conn_of(1, 0));
    silent.asked = 3;
    cr_assert_eq(pool_pick_elsewhere(&scene.pool, &silent), conn_of(0, 1));
    silent.again = 1; /* the first upstream was asked on a connection heard since */
    cr_assert_eq(pool_pick_elsewhere(&scene.pool, &silent), conn_of(1, 0), "a second time");
    silent.again = 3;
    cr_assert_null(pool_pick_elsewhere(&scene.pool, &silent));
}
