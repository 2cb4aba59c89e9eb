/* pool_scene.h - the pool with TLS servers in the same process, and the test in the relay's place
 * SPDX-License-Identifier: ISC
 *
 * What: the worker's turn as far as the pool goes. What connections hand over is taken and dropped.
 * Who:  test_pool*.c.
 */
#pragma once

#include "upstream_scene.h"
#include "worker/pool.h"

static inline void
pool_scene_take(void)
{
    struct conn_shared *shared = &scene.pool.shared;
    struct conn_response response;
    struct conn *conn;
    uint32_t number;
    enum conn_loss loss;
    enum conn_late late;
    while ((conn = conn_next_marked(shared, CONN_TO_READ)) != NULL) {
        conn_io_read(conn);
        while (conn_io_next(conn, &response))
            conn_io_done(conn, &response, true);
    }
    pool_settle(&scene.pool);
    while ((conn = conn_next_marked(shared, CONN_ORPHANED)) != NULL)
        while (conn_pop_orphan(conn, &number, &loss))
            continue;
    while ((conn = conn_next_marked(shared, CONN_LATE)) != NULL)
        while (conn_watch_next_late(conn, &number, &late))
            continue;
}

static inline void
pool_scene_turn(void)
{
    scene_events();
    pool_scene_take();
    pool_tick(&scene.pool);
    pool_scene_take();
    pool_flush(&scene.pool);
    pool_scene_take();
}

static inline void
pool_scene_turn_for(uint64_t us)
{
    for (uint64_t end = scene.now_us + us; scene.now_us < end;)
        pool_scene_turn();
}

static inline void
pool_scene_begin(unsigned upstreams, unsigned connections)
{
    scene_begin(upstreams, connections);
    scene_reserve_pool();
    pool_start(&scene.pool);
}

/* Until each upstream has its first connection. */
static inline void
pool_scene_open(unsigned upstreams, unsigned connections)
{
    pool_scene_begin(upstreams, connections);
    pool_scene_turn_for(8 * TURN_US);
    for (unsigned i = 0; i < upstreams; i++)
        cr_assert_eq(scene.pool.upstreams[i].ready, 1);
}

/* A query that comes now, on the connection that is picked for it; NULL: none was. */
static inline struct conn *
pool_scene_ask(uint32_t number)
{
    struct handoff_query query = scene_query(number);
    uint16_t id;
    pool_asked(&scene.pool);
    struct conn *conn = pool_pick(&scene.pool, ROUTES_REST, CONFIG_UPSTREAMS_MAX, HANDOFF_LIGHT, 0);
    if (conn != NULL)
        cr_assert_eq(conn_io_write(conn, number, &query, &id), STATUS_OK);
    return conn;
}

static inline void
pool_scene_answer_all(void)
{
    for (unsigned i = 0; i < scene.peers_count; i++)
        peer_answer_all(scene.peers[i]);
}
