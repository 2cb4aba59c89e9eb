/* conn_scene.h - one connection of an upstream, with the test in the place of pool and relay
 * SPDX-License-Identifier: ISC
 *
 * What: the connection under test is the first of two to the first of two upstreams.
 * Who:  test_conn*.c.
 */
#pragma once

#include "upstream_scene.h"

static struct conn *conn;
static struct conn_response taken[ASKED]; /* since begin(); `message` is not kept */
static unsigned taken_count;
static bool is_pausing;

static inline void
take_responses(void)
{
    struct conn *c;
    struct conn_response response;
    while ((c = conn_next_marked(&scene.pool.shared, CONN_TO_READ)) != NULL) {
        conn_io_read(c);
        while (conn_io_next(c, &response)) {
            if (is_pausing) {
                conn_io_pause(c);
                continue;
            }
            taken[taken_count++] = response;
            conn_io_done(c, &response, true);
        }
    }
}

/* As the worker's turn has it, with the test in the relay's place. */
static inline void
turn(void)
{
    scene_events();
    take_responses();
    conn_watch_tick(conn);
    pool_flush(&scene.pool);
    take_responses();
}

static inline void
turn_for(uint64_t us)
{
    for (uint64_t end = scene.now_us + us; scene.now_us < end;)
        turn();
}

static inline void
begin(void)
{
    scene_begin(2, 2);
    scene_reserve_pool();
    conn = pool_conn(&scene.pool, &scene.pool.upstreams[0], 0);
    taken_count = 0;
    is_pausing = false;
}

static inline void
open_it(void)
{
    conn_open(conn, conn->tag + 4);
    turn_for(6 * TURN_US);
    cr_assert_eq(conn->fsm.state, CONN_READY, "%s", conn_fsm_text(conn->fsm.state));
}

static inline uint16_t
ask(uint32_t number)
{
    uint16_t id;
    struct handoff_query query = scene_query(number);
    cr_assert_eq(conn_io_write(conn, number, &query, &id), STATUS_OK);
    return id;
}

/* @return the loss of the one query in flight */
static inline enum conn_loss
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
