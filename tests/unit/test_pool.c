/* test_pool.c - places, names of attempts, orders; what is opened, which is picked, what becomes of failures and silence
 * SPDX-License-Identifier: ISC
 */
#include "pool_scene.h"

#include <criterion/criterion.h>

static struct conn *
conn_of(unsigned upstream, uint32_t nth)
{
    return pool_conn(&scene.pool, &scene.pool.upstreams[upstream], nth);
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
    pool_settle(&scene.pool);
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

Test(pool, a_key_that_no_pin_matches_is_told_once)
{
    pool_scene_begin(1, 1);
    struct conn *conn = pool_conn(&scene.pool, &scene.pool.upstreams[0], 0);
    struct pool_order order;
    conn->dear_us = 77000;
    conn->upstream->tells_key = true;
    conn->upstream->refused_key[0] = 9;
    cr_assert(pool_next_order(&scene.pool, &order));
    cr_assert_not_null(order.key);
    cr_assert_eq(order.key[0], 9);
    cr_assert(pool_next_order(&scene.pool, &order));
    cr_assert_eq(order.dear_us, 77000);
    cr_assert_null(order.key);
    cr_assert(pool_next_order(&scene.pool, &order));
    cr_assert(order.dear_us == 0 && order.key == NULL, "the socket");
    cr_assert_not(pool_next_order(&scene.pool, &order));
}

Test(pool, is_down_when_no_upstream_has_a_connection_and_all_failed_three_times)
{
    scene_begin(2, 1);
    scene_reserve_pool();
    cr_assert_not(pool_is_down(&scene.pool, ROUTES_REST));
    scene.pool.health[0].failures = scene.pool.health[1].failures = UPSTREAM_DOWN_FAILURES;
    cr_assert(pool_is_down(&scene.pool, ROUTES_REST));
    scene.pool.upstreams[1].ready = 1;
    cr_assert_not(pool_is_down(&scene.pool, ROUTES_REST));
}

Test(pool, paused_connections_are_read_again_and_all_are_told_goodbye)
{
    pool_scene_open(2, 1);
    for (unsigned i = 0; i < 2; i++)
        conn_io_pause(pool_conn(&scene.pool, &scene.pool.upstreams[i], 0));
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

/* --- opening --------------------------------------------------------------------------------- */

static struct upstream *
first(void)
{
    return &scene.pool.upstreams[0];
}

Test(pool, one_at_a_time_for_each_upstream)
{
    pool_scene_begin(1, 4);
    cr_assert_eq(first()->opening, 1);
    cr_assert(pool_open(&scene.pool, first()), "it is being opened");
    cr_assert_eq(first()->opening, 1);
}

Test(pool, none_during_back_off)
{
    pool_scene_begin(1, 4);
    scene.is_refusing[0] = true;
    scene_events();
    pool_settle(&scene.pool);
    cr_assert_eq(scene.pool.health[0].failures, 1);
    cr_assert_not(pool_open(&scene.pool, first()));
    cr_assert_eq(pool_earliest_us(&scene.pool, ROUTES_REST), scene.pool.health[0].retry_us);
    scene.loop.now_us = scene.pool.health[0].retry_us;
    cr_assert(pool_open(&scene.pool, first()));
    cr_assert_eq(pool_earliest_us(&scene.pool, ROUTES_REST), scene.loop.now_us, "under way");
}

Test(pool, none_beyond_the_budget_of_handshakes)
{
    scene_begin(1, 8);
    scene.config.handshakes_per_s = 1;
    scene.config.handshakes_burst = 2;
    scene_reserve_pool();
    for (unsigned i = 0; i < 2; i++) {
        cr_assert(pool_open(&scene.pool, first()));
        first()->opening = 0; /* as if it were done */
    }
    cr_assert_not(pool_open(&scene.pool, first()));
    cr_assert_gt(first()->dial_us, scene.now_us);
    cr_assert_leq(first()->dial_us, scene.now_us + 1250000);
    cr_assert_leq(scene.pool.shared.next_us, first()->dial_us, "and is tried then");
}

Test(pool, a_ticket_pays_for_one_handshake)
{
    pool_scene_open(1, 8);
    unsigned tickets = tls_ticket_count(first()->tls, scene.now_us / 1000);
    first()->quota.known = 1;
    pool_keep_pace(&scene.pool, first(), 6);
    unsigned opening = first()->opening;
    cr_assert(tickets > 0 && opening > tickets, "%u tickets, %u are opened", tickets, opening);
    cr_assert_geq(first()->dials.level,
                  (tickets + UPSTREAM_HANDSHAKE_FULL * (opening - tickets)) * LEAK_MILLI);
}

Test(pool, says_that_a_place_is_wanted_when_all_are_taken)
{
    pool_scene_open(1, 1);
    cr_assert_not(first()->wants_place);
    cr_assert_not(pool_open(&scene.pool, first()));
    cr_assert(first()->wants_place);
}

Test(pool, keeps_pace_with_a_quota)
{
    pool_scene_open(1, 8);
    first()->quota.known = 10;
    pool_keep_pace(&scene.pool, first(), 1);
    cr_assert_eq(first()->opening, 0, "ten queries have room there");
    scene.pool.waiting[ROUTES_REST] = 25;
    pool_keep_pace(&scene.pool, first(), 1);
    cr_assert_eq(first()->opening, 2, "ten there, twenty on their way, for 26");
    first()->quota.known = 0;
    pool_keep_pace(&scene.pool, first(), 1000);
    cr_assert_eq(first()->opening, 2);
}

Test(pool, traffic_after_a_quiet_time_ends_a_long_back_off)
{
    pool_scene_begin(1, 1);
    scene.pool.used_us = 0;
    scene.loop.now_us = scene.now_us = 100000000;
    cr_assert_not(pool_is_busy(&scene.pool));
    scene.pool.health[0].retry_us = scene.now_us + 5000000;
    pool_asked(&scene.pool);
    cr_assert_eq(scene.pool.health[0].retry_us, scene.now_us);
    cr_assert(pool_is_busy(&scene.pool));
    cr_assert_eq(scene.pool.shared.next_us, 0);
    pool_stop(&scene.pool);
    cr_assert_not(pool_is_busy(&scene.pool));
}

Test(pool, a_replacement_retires_the_one_whose_place_it_takes)
{
    pool_scene_open(1, 2);
    struct conn *old = pool_conn(&scene.pool, first(), 0);
    cr_assert(pool_open(&scene.pool, first()));
    old->is_replaced = true;
    pool_scene_turn_for(10 * TURN_US);
    cr_assert_eq(pool_conn(&scene.pool, first(), 1)->fsm.state, CONN_READY);
    cr_assert_eq(old->fsm.state, CONN_IDLE);
    cr_assert(scene_peer(0, 0)->has_ended, "in order");
}

Test(pool, one_that_came_back_is_asked_before_any_client_has_to_wait_for_it)
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

Test(pool, one_that_nobody_asks_is_probed_while_there_is_traffic)
{
    scene_begin(2, 1);
    scene.config.strategy = CONFIG_ORDERED;
    scene_reserve_pool();
    pool_start(&scene.pool);
    for (unsigned i = 0; i < 1300; i++) {
        pool_scene_ask(i);
        pool_scene_turn_for(10 * TURN_US);
        pool_scene_answer_all();
    }
    cr_assert_geq(scene_peer(1, 0)->asked_ever, 1, "%u", scene_peer(1, 0)->asked_ever);
    cr_assert_leq(scene_peer(1, 0)->asked_ever, 15, "at most those that measure anew");
}

Test(pool, a_connection_is_kept_while_there_is_traffic)
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
    cr_assert_not(pool_is_opening(&scene.pool, ROUTES_REST, 0));
}

/* --- picking --------------------------------------------------------------------------------- */

#define NOBODY CONFIG_UPSTREAMS_MAX

static void
fill(struct conn *conn, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct handoff_query query = scene_query(i);
        uint16_t id;
        cr_assert_eq(conn_io_write(conn, i, &query, &id), STATUS_OK, "%u of %u", i, count);
    }
}

Test(pool, without_a_connection_one_is_opened)
{
    scene_begin(1, 2);
    scene_reserve_pool();
    cr_assert_null(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, 0));
    cr_assert_eq(scene.pool.upstreams[0].opening, 1);
}

Test(pool, few_connections_are_filled_before_others_are_opened)
{
    pool_scene_open(1, 4);
    struct conn *conn = conn_of(0, 0);
    cr_assert_eq(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, 0), conn);
    fill(conn, 48); /* three quarters of 64: from here on it is crowded */
    cr_assert_eq(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, 0), conn);
    cr_assert_eq(scene.pool.upstreams[0].opening, 1, "another one helps");
    pool_scene_turn_for(8 * TURN_US);
    cr_assert_eq(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, 0), conn_of(0, 1));
}

Test(pool, the_last_places_are_for_who_has_few)
{
    pool_scene_open(1, 1);
    struct conn *conn = conn_of(0, 0);
    fill(conn, 48);
    cr_assert_null(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_ORDINARY, 0));
    cr_assert_eq(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_HOPEFUL, 0), conn);
    fill(conn, 8);
    cr_assert_null(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_HOPEFUL, 0));
    cr_assert_eq(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, 0), conn);
    fill(conn, 8);
    cr_assert_null(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, 0));
}

/* --- names that nobody answers --- */

/* Queries that nobody waits for any more, and others in flight behind them. */
static void
wear(struct conn *conn, unsigned late, unsigned in_flight)
{
    for (unsigned i = 0; i < late + in_flight; i++) {
        struct handoff_query query = scene_query(i);
        uint16_t id;
        cr_assert_eq(conn_io_write(conn, i, &query, &id), STATUS_OK, "%u", i);
        if (i < late)
            conn_abandon(conn, id);
    }
}

Test(pool, queries_that_nobody_waits_for_take_no_place_from_others)
{
    pool_scene_open(1, 1);
    struct conn *conn = conn_of(0, 0);
    wear(conn, 32, 47);
    cr_assert_eq(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_ORDINARY, 0), conn);
    fill(conn, 1);
    cr_assert_null(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_ORDINARY, 0));
    fill(conn, 8);
    cr_assert_null(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_HOPEFUL, 0));
    cr_assert_eq(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, 0), conn);
}

Test(pool, more_of_them_than_half_the_places_take_one_each_from_every_rank_alike)
{
    pool_scene_open(1, 1);
    struct conn *conn = conn_of(0, 0);
    wear(conn, 40, 40);
    cr_assert_null(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_ORDINARY, 0),
                   "48 of 64, less 8");
    cr_assert_eq(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_HOPEFUL, 0), conn);
    fill(conn, 8);
    cr_assert_null(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_HOPEFUL, 0));
    cr_assert_eq(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, 0), conn,
                 "who has few keeps its part");
}

Test(pool, a_worn_connection_takes_queries_until_a_fresh_one_is_there)
{
    pool_scene_open(1, 2);
    struct conn *conn = conn_of(0, 0);
    pool_asked(&scene.pool);
    wear(conn, 33, 10);
    pool_scene_turn();
    cr_assert_eq(conn->fsm.state, CONN_READY);
    cr_assert_eq(scene.pool.upstreams[0].opening, 1);
    cr_assert_eq(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, 0), conn);
    pool_scene_turn_for(8 * TURN_US);
    cr_assert_eq(conn->fsm.state, CONN_DRAINING);
    cr_assert_eq(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, 0), conn_of(0, 1));
}

Test(pool, where_all_places_are_taken_the_most_worn_one_gives_its_own)
{
    pool_scene_open(1, 2);
    pool_asked(&scene.pool);
    fill(conn_of(0, 0), 1);
    cr_assert(pool_open(&scene.pool, &scene.pool.upstreams[0]));
    pool_scene_turn_for(8 * TURN_US);
    struct conn *less = conn_of(0, 0), *most = conn_of(0, 1);
    wear(less, 33, 9);
    wear(most, 34, 10);
    pool_scene_turn();
    pool_scene_turn();
    cr_assert(scene.pool.upstreams[0].wants_place, "for a fresh one");
    cr_assert(less->fsm.state == CONN_READY && most->fsm.state == CONN_DRAINING);
    uint64_t answer_us = scene.pool.upstreams[0].times.answer_us;
    pool_scene_turn_for(answer_us - 2 * TURN_US);
    cr_assert_eq(most->fsm.state, CONN_DRAINING, "what has an answer gets it");
    for (unsigned i = 0; i < 4 && most->fsm.state == CONN_DRAINING; i++)
        pool_scene_turn();
    cr_assert_neq(most->fsm.state, CONN_DRAINING);
    cr_assert_eq(less->fsm.state, CONN_READY, "one after the other");
    cr_assert_eq(scene.pool.health[0].failures, 0);
}

Test(pool, worn_connections_stay_while_no_other_may_be_opened)
{
    pool_scene_open(1, 2);
    pool_asked(&scene.pool);
    fill(conn_of(0, 0), 1);
    cr_assert(pool_open(&scene.pool, &scene.pool.upstreams[0]));
    pool_scene_turn_for(8 * TURN_US);
    wear(conn_of(0, 0), 33, 9);
    wear(conn_of(0, 1), 34, 10);
    scene.pool.upstreams[0].wants_place = true;
    scene.pool.upstreams[0].dial_us = scene.loop.now_us + 1000000;
    pool_scene_turn_for(4 * TURN_US);
    cr_assert(conn_of(0, 0)->fsm.state == CONN_READY && conn_of(0, 1)->fsm.state == CONN_READY);
}

Test(pool, one_that_drains_stays_where_no_place_is_needed)
{
    pool_scene_open(1, 2);
    pool_asked(&scene.pool);
    wear(conn_of(0, 0), 33, 10);
    pool_scene_turn_for(8 * TURN_US);
    pool_scene_turn_for(scene.pool.upstreams[0].times.answer_us + 10 * TURN_US);
    cr_assert_eq(conn_of(0, 0)->fsm.state, CONN_DRAINING);
}

Test(pool, the_only_connection_is_worn_out_when_as_many_are_late_as_it_has_places)
{
    pool_scene_open(1, 1);
    struct conn *conn = conn_of(0, 0);
    pool_asked(&scene.pool);
    wear(conn, 63, 1);
    pool_scene_turn_for(2 * TURN_US);
    cr_assert_eq(conn->fsm.state, CONN_READY, "half of the places are left");
    wear(conn, 1, 0);
    pool_scene_turn_for(2 * TURN_US);
    cr_assert_eq(conn->fsm.state, CONN_DRAINING);
}

Test(pool, another_upstream_than_the_one_to_be_avoided)
{
    scene_begin(2, 1);
    scene.config.strategy = CONFIG_ORDERED;
    scene_reserve_pool();
    pool_start(&scene.pool);
    pool_scene_turn_for(8 * TURN_US);
    for (unsigned i = 0; i < 50; i++) {
        cr_assert_eq(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, 0)->upstream->index,
                     0);
        cr_assert_eq(pool_pick(&scene.pool, ROUTES_REST, 0, HANDOFF_LIGHT, 0)->upstream->index, 1);
    }
    scene.pool.upstreams[0].suspects = 1;
    cr_assert_eq(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, 0)->upstream->index, 1);
}

Test(pool, a_rate_holds_back_and_is_looked_at_again_soon)
{
    scene_begin(1, 1);
    scene.config.upstreams[0].qps = 5;
    scene_reserve_pool();
    pool_start(&scene.pool);
    pool_scene_turn_for(8 * TURN_US);
    fill(conn_of(0, 0), 1);
    cr_assert_null(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, 0));
    cr_assert_leq(scene.pool.shared.next_us, scene.now_us + 1000);
    cr_assert_eq(scene.pool.upstreams[0].opening, 0, "more connections would not help");
    scene.is_prompt = true;
    pool_scene_turn_for(250000);
    cr_assert_not_null(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, 0));
}

Test(pool, only_what_was_heard_since_if_that_is_asked_for)
{
    pool_scene_open(1, 2);
    uint64_t since_us = scene.now_us;
    cr_assert_null(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, since_us));
    fill(conn_of(0, 0), 1);
    pool_scene_turn_for(3 * TURN_US);
    pool_scene_answer_all();
    pool_scene_turn();
    cr_assert_eq(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, since_us),
                 conn_of(0, 0));
}

Test(pool, a_suspect_connection_only_where_there_is_no_other)
{
    pool_scene_open(1, 2);
    (void)pool_open(&scene.pool, &scene.pool.upstreams[0]);
    pool_scene_turn_for(8 * TURN_US);
    conn_of(0, 0)->watch.doubt = WATCH_SUSPECT;
    cr_assert_eq(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, 0), conn_of(0, 1));
    conn_of(0, 1)->watch.doubt = WATCH_SUSPECT;
    cr_assert_not_null(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, 0));
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

Test(pool, a_late_query_goes_to_another_upstream_or_nowhere)
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

Test(pool, beside_silence_what_was_heard_since_goes_first_then_the_same_upstream)
{
    pool_scene_open(2, 2);
    (void)pool_open(&scene.pool, &scene.pool.upstreams[0]);
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

/* --- the turn -------------------------------------------------------------------------------- */

Test(pool, every_upstream_gets_a_connection_at_the_start)
{
    pool_scene_open(3, 2);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(scene.wanted[i], 1);
}

Test(pool, an_attempt_that_fails_while_all_are_down_is_told_once)
{
    pool_scene_begin(1, 1);
    scene.is_refusing[0] = true;
    unsigned told = 0;
    for (unsigned i = 0; i < 4000; i++) {
        pool_scene_turn();
        if (pool_take_given_up(&scene.pool)) {
            told++;
            cr_assert(pool_is_down(&scene.pool, ROUTES_REST));
        }
        cr_assert_not(pool_take_given_up(&scene.pool));
    }
    cr_assert_eq(scene.wanted[0] - told, 2, "all but the first two of %u", scene.wanted[0]);
    cr_assert_eq(scene.stats.upstreams[0].failures, scene.wanted[0]);
}

Test(pool, a_lone_upstream_is_tried_again_within_a_second)
{
    pool_scene_begin(2, 1);
    scene.is_refusing[0] = scene.is_refusing[1] = true;
    for (unsigned i = 0; i < 10; i++) {
        pool_asked(&scene.pool);
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
        pool_asked(&scene.pool);
        pool_scene_turn_for(1000000);
    }
    cr_assert_leq(scene.wanted[0] - wanted, 12, "%u", scene.wanted[0] - wanted);
}

Test(pool, the_only_connection_gets_company_when_it_is_silent)
{
    pool_scene_open(1, 2);
    scene_peer(0, 0)->is_deaf = true;
    pool_scene_ask(1);
    pool_scene_turn_for(UPSTREAM_SUSPECT_MIN_US + 8 * TURN_US);
    cr_assert_eq(conn_of(0, 0)->watch.doubt, WATCH_SUSPECT);
    cr_assert_eq(conn_of(0, 1)->fsm.state, CONN_READY);
}

Test(pool, others_of_a_silent_upstream_are_probed)
{
    pool_scene_open(1, 2);
    (void)pool_open(&scene.pool, &scene.pool.upstreams[0]);
    pool_scene_turn_for(8 * TURN_US);
    scene_peer(0, 0)->is_deaf = true;
    struct handoff_query query = scene_query(1);
    uint16_t id;
    cr_assert_eq(conn_io_write(conn_of(0, 0), 1, &query, &id), STATUS_OK);
    pool_scene_turn_for(UPSTREAM_SUSPECT_MIN_US + UPSTREAM_ANSWER_MIN_US + 5 * TURN_US);
    cr_assert_eq(conn_of(0, 0)->watch.doubt, WATCH_LEFT);
    cr_assert_eq(scene_peer(0, 1)->asked_ever, 1, "a probe");
}

Test(pool, an_idle_connection_is_closed_in_order_before_the_server_does)
{
    pool_scene_begin(1, 2);
    scene.pool.upstreams[0].server_idle_us = 5000000;
    pool_scene_turn_for(3900000);
    cr_assert_eq(conn_of(0, 0)->fsm.state, CONN_READY);
    pool_scene_turn_for(700000); /* and an eighth of it, for one that takes its place */
    cr_assert(scene_peer(0, 0)->has_ended, "%s", conn_fsm_text(conn_of(0, 0)->fsm.state));
    cr_assert_eq(scene.pool.upstreams[0].ready, 1, "replaced first: there was traffic");
}

Test(pool, without_traffic_nothing_takes_its_place)
{
    pool_scene_open(1, 2);
    pool_scene_turn_for(10500000);
    cr_assert(scene_peer(0, 0)->has_ended);
    cr_assert_eq(scene.pool.upstreams[0].ready + scene.pool.upstreams[0].opening, 0);
    cr_assert_eq(scene.wanted[0], 1);
}

Test(pool, a_process_that_stops_opens_nothing)
{
    pool_scene_open(1, 2);
    pool_stop(&scene.pool);
    pool_scene_ask(1);
    peer_close(scene_peer(0, 0), true);
    pool_scene_turn_for(3000000);
    cr_assert_eq(scene.wanted[0], 1);
}

Test(pool, the_place_of_the_last_query_is_forgotten_when_it_closes)
{
    pool_scene_open(1, 1);
    struct conn *conn = pool_scene_ask(1);
    cr_assert_eq(scene.pool.latest[0], conn);
    peer_close(scene_peer(0, 0), false);
    scene_events();
    pool_scene_take();
    cr_assert_null(scene.pool.latest[0]);
}

/* --- routes ---------------------------------------------------------------------------------- */

/* Of four upstreams the last two have names of their own: group 1. */
static void
open_routed(void)
{
    scene_begin(4, 1);
    scene.config.routes_count = 1;
    struct config_route *route = &scene.config.routes[0];
    route->names_count = 1;
    strcpy(route->names[0], "corp.example");
    route->upstreams_count = 2;
    strcpy(route->upstreams[0], "u2");
    strcpy(route->upstreams[1], "u3");
    scene_reserve_pool();
    pool_start(&scene.pool);
    pool_scene_turn_for(8 * TURN_US);
}

Test(pool, nothing_is_asked_outside_of_its_group)
{
    open_routed();
    for (unsigned i = 0; i < 2000; i++) {
        unsigned rest =
            pool_pick(&scene.pool, ROUTES_REST, i % 5, HANDOFF_LIGHT, 0)->upstream->index;
        unsigned routed = pool_pick(&scene.pool, 1, i % 5, HANDOFF_LIGHT, 0)->upstream->index;
        cr_assert(rest < 2 && routed >= 2, "%u %u", rest, routed);
    }
}

Test(pool, a_group_that_is_down_is_so_for_itself)
{
    open_routed();
    for (unsigned i = 2; i < 4; i++) {
        scene.is_refusing[i] = true;
        peer_close(scene_peer(i, 0), false);
    }
    uint64_t given_up = 0;
    for (unsigned i = 0; i < 3000; i++) {
        pool_scene_turn();
        given_up |= pool_take_given_up(&scene.pool);
    }
    cr_assert_eq(given_up, 1U << 1);
    cr_assert(pool_is_down(&scene.pool, 1));
    cr_assert_not(pool_is_down(&scene.pool, ROUTES_REST));
    cr_assert_null(pool_pick(&scene.pool, 1, NOBODY, HANDOFF_LIGHT, 0), "never another group's");
    cr_assert_not_null(pool_pick(&scene.pool, ROUTES_REST, NOBODY, HANDOFF_LIGHT, 0));
    cr_assert_eq(pool_earliest_us(&scene.pool, ROUTES_REST), scene.loop.now_us);
    cr_assert_not(pool_is_opening(&scene.pool, ROUTES_REST, NOBODY));
}

Test(pool, elsewhere_is_within_the_group)
{
    open_routed();
    struct pool_elsewhere place = {
        .conn = conn_of(2, 0), .group = 1, .rank = HANDOFF_LIGHT, .asked = 1U << 2};
    cr_assert_eq(pool_pick_elsewhere(&scene.pool, &place)->upstream->index, 3);
    place.asked |= 1U << 3;
    cr_assert_null(pool_pick_elsewhere(&scene.pool, &place));
    scene.pool.upstreams[3].suspects = 1;
    place.asked = 1U << 2;
    cr_assert_null(pool_pick_elsewhere(&scene.pool, &place));
}

Test(pool, the_only_one_of_its_group_is_asked_nothing_twice)
{
    open_routed();
    cr_assert_eq(scene.pool.upstreams[0].peers, 0x3);
    cr_assert_eq(scene.pool.upstreams[3].peers, 0xc);
}
