/* test_relay.c - rings, lines, deadlines: what the relay does for all queries together
 * SPDX-License-Identifier: ISC
 */
#include "relay_scene.h"

#include "dns/dns_edns.h"

#include <criterion/criterion.h>

Test(relay, every_query_has_one_end_whatever_the_servers_do)
{
    relay_scene_begin(2, 2);
    scene.is_prompt = true;
    for (uint32_t slot = 0; slot < 60; slot++) {
        relay_scene_ask(slot);
        relay_scene_turn();
        if (slot == 20)
            peer_close(scene_peer(0, 0), true);
        if (slot == 40)
            peer_close(scene_peer(1, 0), false);
    }
    relay_scene_turn_for(5000000);
    cr_assert_eq(answers_count, 60);
    unsigned seen[60] = {0};
    for (unsigned i = 0; i < 60; i++)
        cr_assert_eq(++seen[answers[i].slot], 1);
    cr_assert_eq(relay.table.alive, 0);
    cr_assert(relay_is_done(&relay));
}

Test(relay, a_query_fails_before_its_time_with_the_reason)
{
    relay_scene_begin(1, 1);
    relay_scene_ask_as(3, HANDOFF_LIGHT, 1000);
    uint64_t began_us = scene.now_us;
    for (unsigned i = 0; answers_count == 0 && i < 2000; i++)
        relay_scene_turn();
    cr_assert_eq(answers[0].outcome, HANDOFF_FAILED);
    cr_assert_eq(answers[0].ede, DNS_EDE_NO_REACHABLE_AUTHORITY);
    uint64_t took_us = scene.now_us - began_us;
    cr_assert(took_us < 1000000 && took_us > 1000000 - 2 * RELAY_MARGIN_US, "%lu",
              (unsigned long)took_us);
}

Test(relay, a_front_cannot_have_one_wait_for_longer_than_half_a_minute)
{
    relay_scene_begin(1, 1);
    relay_scene_ask_as(3, HANDOFF_LIGHT, 3600000);
    relay_scene_turn();
    cr_assert_eq(relay.table.alive, 1);
    cr_assert_leq(relay.table.queries[1].deadline_us, scene.now_us + 30000000);
}

Test(relay, one_that_comes_too_late_fails_at_once)
{
    relay_scene_begin(1, 1);
    relay_scene_ask_as(3, HANDOFF_LIGHT, 5);
    relay_scene_turn();
    cr_assert_eq(answers_count, 1);
    cr_assert_eq(answers[0].outcome, HANDOFF_FAILED);
}

Test(relay, one_that_no_upstream_can_answer_in_its_time_takes_no_place)
{
    relay_scene_begin(2, 1);
    scene.pool.health[0].srtt_us = scene.pool.health[1].srtt_us = 80000;
    relay_scene_ask_as(3, HANDOFF_LIGHT, 80);
    relay_scene_turn();
    cr_assert_eq(answers_count, 1);
    cr_assert_eq(answers[0].ede, DNS_EDE_NO_REACHABLE_AUTHORITY);
    scene.pool.health[1].srtt_us = 40000;
    relay_scene_ask_as(4, HANDOFF_LIGHT, 80);
    relay_scene_turn();
    cr_assert(answers_count == 1 && relay.table.alive == 1, "the other can");
}

Test(relay, one_that_has_its_time_is_asked_however_slow_upstreams_were)
{
    relay_scene_begin(2, 1);
    scene.pool.health[0].srtt_us = scene.pool.health[1].srtt_us = 30000000;
    relay_scene_ask_as(3, HANDOFF_LIGHT, scene.config.query_ms);
    relay_scene_turn();
    cr_assert_eq(answers_count, 0);
    cr_assert_eq(relay.table.alive, 1);
    cr_assert_eq(relay.table.waiting_count, 0);
}

Test(relay, one_that_waited_until_nobody_can_answer_it_takes_no_place)
{
    scene_begin(1, 1);
    scene.config.upstream_in_flight = 8;
    relay_scene_start();
    relay_scene_turn_for(10 * TURN_US);
    scene.pool.health[0].srtt_us = 80000;
    for (uint32_t slot = 0; slot < 6; slot++)
        relay_scene_ask_as(slot, HANDOFF_ORDINARY, 4000);
    relay_scene_ask_as(6, HANDOFF_ORDINARY, 200);
    relay_scene_turn_for(80000);
    cr_assert(relay.table.waiting_count == 1 && answers_count == 0);
    relay_scene_turn_for(60000);
    cr_assert(relay.table.waiting_count == 0 && answers_count == 1, "before its time is over");
    cr_assert_eq(scene_count(STAT_UPSTREAM_QUERIES), 6);
}

Test(relay, whoever_waits_is_told_when_all_upstreams_are_down_and_one_more_attempt_has_failed)
{
    scene_begin(1, 1);
    relay_scene_start();
    scene.is_refusing[0] = true;
    relay_scene_turn_for(3000000);
    cr_assert(pool_is_down(&scene.pool, ROUTES_REST));
    relay_scene_ask(3);
    relay_scene_turn_for(1000000);
    cr_assert_eq(answers_count, 1);
    cr_assert_eq(answers[0].outcome, HANDOFF_DOWN);
}

Test(relay, a_full_ring_pauses_the_upstreams_and_room_goes_on_with_them)
{
    relay_scene_begin(1, 1);
    front_is_deaf = true;
    /* each answer takes 46 octets and its head: 8192 hold less than 120 */
    unsigned asked = 0;
    for (; !relay.is_full && asked < 300; asked += 10) {
        for (uint32_t i = 0; i < 10; i++)
            relay_scene_ask(asked + i);
        relay_scene_turn_for(2 * TURN_US);
        peer_answer_all(scene_peer(0, 0));
        relay_scene_turn_for(2 * TURN_US);
    }
    cr_assert(relay.is_full, "after %u", asked);
    const struct conn *conn = pool_conn(&scene.pool, &scene.pool.upstreams[0], 0);
    cr_assert(conn->watch.is_paused);
    cr_assert_eq(scene_count(STAT_RING_FULL), 1);
    relay_scene_turn_for(50000);
    cr_assert_eq(scene_count(STAT_UPSTREAM_SUSPECTED), 0);
    front_is_deaf = false;
    relay_scene_turn_for(5 * TURN_US);
    cr_assert_eq(answers_count, asked);
    cr_assert(!conn->watch.is_paused && !relay.is_full);
}

Test(relay, a_failure_that_finds_no_room_is_told_later)
{
    relay_scene_begin(1, 1);
    front_is_deaf = true;
    scene_peer(0, 0)->is_deaf = true;
    for (uint32_t slot = 0; slot < 40; slot++)
        relay_scene_ask_as(slot, HANDOFF_LIGHT, 300);
    for (uint8_t *octet = NULL; octet == NULL;) { /* leave room for a few */
        uint8_t filler[400] = {0};
        if (ring_put(&relay.link.to_peer, filler, sizeof filler, NULL, 0) != STATUS_OK)
            break;
    }
    relay_scene_turn_for(400000);
    cr_assert_not_null(relay_query_first(&relay.table, &relay.table.failed));
    cr_assert_gt(relay.table.alive, 0);
}

Test(relay, light_clients_go_before_the_others_and_nobody_is_overtaken_within_a_rank)
{
    scene_begin(1, 1);
    scene.config.upstream_in_flight = 8;
    relay_scene_start();
    relay_scene_turn_for(10 * TURN_US);
    for (uint32_t slot = 0; slot < 6; slot++)
        relay_scene_ask_as(slot, HANDOFF_ORDINARY, 4000);
    for (uint32_t slot = 10; slot < 14; slot++)
        relay_scene_ask_as(slot, HANDOFF_ORDINARY, 4000);
    relay_scene_turn();
    cr_assert_eq(relay.table.waiting_count, 4, "three quarters of eight places");
    relay_scene_ask_as(20, HANDOFF_LIGHT, 4000);
    relay_scene_turn_for(2 * TURN_US);
    cr_assert_eq(relay.table.waiting_count, 4, "the last places are for who has few");
    peer_answer(scene_peer(0, 0), 0, DNS_NOERROR);
    peer_answer(scene_peer(0, 0), 0, DNS_NOERROR);
    relay_scene_turn();
    cr_assert_eq(relay.table.waiting_count, 3);
    cr_assert_eq(
        relay_query_first(&relay.table, &relay.table.waiting[ROUTES_REST][HANDOFF_ORDINARY])
            ->handoff.slot,
        11);
}

Test(relay, who_comes_waits_behind_who_has_waited_though_there_is_room)
{
    scene_begin(1, 1);
    scene.config.upstream_in_flight = 8;
    relay_scene_start();
    relay_scene_turn_for(10 * TURN_US);
    for (uint32_t slot = 0; slot < 8; slot++)
        relay_scene_ask_as(slot, HANDOFF_ORDINARY, 4000);
    relay_scene_turn_for(3 * TURN_US);
    cr_assert_eq(relay.table.waiting_count, 2, "six of eight places are for who has many");
    for (unsigned i = 0; i < 3; i++)
        peer_answer(scene_peer(0, 0), 0, DNS_NOERROR);
    scene_events();
    relay_listen(&relay);
    relay_scene_ask_as(20, HANDOFF_ORDINARY, 4000);
    relay_take(&relay);
    cr_assert_eq(relay.table.waiting_count, 3, "a new one has not taken the room");
    relay_place_waiting(&relay);
    cr_assert_eq(relay.table.waiting_count, 0);
}

Test(relay, a_record_that_breaks_the_contract_ends_the_ring_and_is_told_once)
{
    relay_scene_begin(1, 1);
    relay_scene_ask(3);
    relay_scene_turn();
    uint8_t record[HANDOFF_QUERY_MAX] = {0};
    uint32_t ring;
    cr_assert_eq(ring_put(&to_worker, record, 30, NULL, 0), STATUS_OK);
    (void)ring_publish(&to_worker);
    cr_assert_not(relay_pop_broken(&relay, &ring));
    relay_scene_turn();
    cr_assert(relay_pop_broken(&relay, &ring));
    cr_assert_eq(ring, 7);
    cr_assert_not(relay_pop_broken(&relay, &ring));
    cr_assert_eq(relay.table.alive, 0, "nobody waits any more");
    peer_answer_all(scene_peer(0, 0));
    relay_scene_turn_for(2 * TURN_US);
    cr_assert_eq(answers_count, 0);
    /* a new ring goes on */
    relay_scene_attach();
    relay_scene_ask(4);
    scene.is_prompt = true;
    relay_scene_turn_for(3 * TURN_US);
    cr_assert_eq(answers_count, 1);
}

Test(relay, a_ring_that_was_scribbled_on_is_not_followed)
{
    relay_scene_begin(1, 1);
    uint32_t ring;
    atomic_store(&to_worker.shared->tail, 1U << 30);
    relay_scene_turn();
    cr_assert(relay_pop_broken(&relay, &ring));
    cr_assert(relay.link.is_broken);
    cr_assert(relay_sleep(&relay), "it is not looked at again");
}

Test(relay, a_full_table_leaves_queries_in_the_ring)
{
    scene_begin(1, 1);
    scene.config.queries = 4;
    relay_scene_start();
    relay_scene_turn_for(10 * TURN_US);
    for (uint32_t slot = 0; slot < 6; slot++)
        relay_scene_ask(slot);
    relay_scene_turn_for(2 * TURN_US);
    cr_assert_eq(relay.table.alive, 4);
    cr_assert_not(relay_is_done(&relay) && relay.table.alive == 0);
    scene.is_prompt = true;
    relay_scene_turn_for(6 * TURN_US);
    cr_assert_eq(answers_count, 6);
}

Test(relay, a_ring_of_no_sound_size_is_refused)
{
    relay_scene_begin(1, 1);
    struct ipc_message ring = {
        .type = IPC_RING, .ring_query_bytes = 5000, .ring_answer_bytes = 4096};
    int fds[IPC_FDS_MAX] = {-1, -1, -1};
    cr_assert_eq(memory_share("ring", NULL, 16384, false, &fds[0]), STATUS_OK);
    cr_assert_eq(evloop_open_bell(&fds[1]), STATUS_OK);
    cr_assert_eq(evloop_open_bell(&fds[2]), STATUS_OK);
    cr_assert_eq(relay_attach(&relay, &ring, fds), STATUS_INVALID);
    cr_assert_eq(relay_deadline_us(&relay), UINT64_MAX);
}

/* Of two upstreams the second has names of its own: those below "b.test". */
static void
begin_routed(void)
{
    scene_begin(2, 1);
    scene.config.upstream_in_flight = 8;
    scene.config.routes_count = 1;
    struct config_route *route = &scene.config.routes[0];
    route->names_count = route->upstreams_count = 1;
    strcpy(route->names[0], "b.test");
    strcpy(route->upstreams[0], "u1");
    relay_scene_start();
    relay_scene_turn_for(10 * TURN_US);
}

Test(relay, names_of_a_route_go_to_its_upstreams_and_no_other_does)
{
    begin_routed();
    relay_scene_ask(1);  /* b.a.test */
    relay_scene_ask(26); /* a.b.test */
    relay_scene_turn_for(2 * TURN_US);
    cr_assert_eq(scene.pool.upstreams[0].health->failures, 0);
    cr_assert_eq(relay.table.queries[1].asked, 1U << 0);
    cr_assert_eq(relay.table.queries[2].asked, 1U << 1);
}

Test(relay, a_route_that_is_down_fails_and_holds_nobody_up)
{
    begin_routed();
    scene.is_refusing[1] = true;
    peer_close(scene_peer(1, 0), false);
    relay_scene_turn_for(3000000);
    scene.is_prompt = true;
    relay_scene_ask(26);
    relay_scene_turn();
    relay_scene_ask(1);
    relay_scene_turn_for(10 * TURN_US);
    cr_assert_eq(answers[0].slot, 1, "not behind the one that waits");
    cr_assert_eq(answers[0].outcome, HANDOFF_ANSWERED);
    relay_scene_turn_for(3000000);
    cr_assert_eq(answers_count, 2);
    cr_assert_eq(answers[1].outcome, HANDOFF_DOWN);
    cr_assert_eq(answers[1].ede, DNS_EDE_NO_REACHABLE_AUTHORITY);
    cr_assert_eq(relay.table.alive, 0);
}
