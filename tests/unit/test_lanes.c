/* test_lanes.c - a lane from its spawn to its stop
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "supervisor/lanes.h"

Test(lanes, a_child_gets_all_that_it_needs_at_once)
{
    scene_open(1);
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_FRONT), STATUS_OK);
    SCENE_EXPECT(scene_child(0, CHILD_FRONT), IPC_CONFIG, IPC_RING, IPC_LIST, IPC_LIST, IPC_START);
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_WORKER), STATUS_OK);
    SCENE_EXPECT(scene_child(0, CHILD_WORKER), IPC_CONFIG, IPC_RING, IPC_START);
    SCENE_EXPECT_NOTHING(scene_child(0, CHILD_FRONT));
}

Test(lanes, penstock_serves_once_every_child_is_ready)
{
    scene_open(2);
    for (enum child_role role = CHILD_FRONT; role < CHILD_ROLES; role++)
        cr_assert_eq(lanes_spawn_all(&sup, role), STATUS_OK);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(sup.phase, PHASE_STARTING);
        cr_assert_not(children_are_all(&sup, LIFE_READY));
        scene_ready(scene_child(i / 2, (enum child_role)(i % 2)));
        scene_turn(1);
    }
    cr_assert_eq(sup.phase, PHASE_RUNNING);
    SCENE_LOGGED("serves with 2 lanes");
}

Test(lanes, a_child_that_is_not_ready_in_time_is_killed_and_the_start_has_failed)
{
    scene_open(1);
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_FRONT), STATUS_OK);
    struct process *front = scene_process(scene_child(0, CHILD_FRONT));
    cr_assert_eq(turn_deadline_us(&sup), sup.watch_us);
    scene_turn(SUPERVISOR_READY_MS - 1);
    cr_assert_not(front->is_killed);
    scene_turn(1);
    cr_assert(front->is_killed);
    scene_turn(0);
    cr_assert_eq(sup.phase, PHASE_ENDED);
    cr_assert_eq(sup.exit_code, 1);
    SCENE_LOGGED("front.0 is killed: it was not ready in time");
    SCENE_LOGGED("penstock cannot start");
}

Test(lanes, a_process_that_cannot_be_made_at_the_start_is_told_with_its_errno)
{
    scene_open(2);
    spawn_error = EAGAIN;
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_FRONT), STATUS_SYSTEM);
    cr_assert_eq(errno, EAGAIN);
    cr_assert_eq(scene_child(0, CHILD_FRONT)->state, LIFE_GONE);
}

Test(lanes, a_ready_that_comes_after_stop_is_no_news)
{
    scene_open(1);
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_FRONT), STATUS_OK);
    lanes_stop(&sup, 0);
    scene_ready(scene_child(0, CHILD_FRONT));
    scene_turn(1);
    cr_assert_eq(scene_child(0, CHILD_FRONT)->state, LIFE_DRAINING);
    SCENE_NOT_LOGGED("is ready");
}

Test(lanes, a_stop_tells_the_front_first_and_its_worker_when_the_front_has_ended)
{
    scene_run(2);
    struct child *front = scene_child(0, CHILD_FRONT), *worker = scene_child(0, CHILD_WORKER);
    scene_skip(front);
    scene_skip(worker);
    lanes_stop(&sup, 0);
    SCENE_EXPECT(front, IPC_STOP);
    SCENE_EXPECT_NOTHING(worker);
    end_process(scene_process(front), 0);
    scene_turn(10);
    SCENE_EXPECT(worker, IPC_STOP);
    end_process(scene_process(worker), 0);
    scene_turn(10);
    cr_assert_eq(sup.phase, PHASE_STOPPING);
    for (enum child_role role = CHILD_FRONT; role < CHILD_ROLES; role++) {
        end_process(scene_process(scene_child(1, role)), 0);
        scene_turn(10);
    }
    cr_assert_eq(sup.phase, PHASE_ENDED);
    cr_assert_eq(sup.exit_code, 0);
    SCENE_NOT_LOGGED("while stopping");
}

Test(lanes, whoever_does_not_end_in_time_is_killed)
{
    scene_run(1);
    sup.query_ms_most = 7000; /* a configuration of before gave this time */
    lanes_stop(&sup, 0);
    struct process *front = scene_process(scene_child(0, CHILD_FRONT));
    scene_turn(7000 + STOPPING_MARGIN_MS - 1);
    cr_assert_not(front->is_killed);
    scene_turn(1);
    cr_assert(front->is_killed);
    scene_turn(0);
    cr_assert_eq(sup.phase, PHASE_ENDED);
    SCENE_LOGGED("front.0 is killed: its time to stop is over");
}

Test(lanes, one_that_cannot_be_killed_does_not_keep_us)
{
    scene_run(1);
    lanes_stop(&sup, 0);
    kill_fails = true;
    scene_turn(5000 + STOPPING_MARGIN_MS);
    cr_assert_eq(sup.phase, PHASE_STOPPING);
    SCENE_LOGGED("front.0: SIGKILL failed: Operation not permitted");
    scene_turn(STOPPING_MARGIN_MS);
    cr_assert_eq(sup.phase, PHASE_ENDED);
}

Test(lanes, nobody_is_started_again_while_penstock_stops)
{
    scene_run(1);
    unsigned before = processes_count;
    lanes_stop(&sup, 0);
    end_process(scene_process(scene_child(0, CHILD_FRONT)), SIGSEGV);
    scene_turn(1);
    scene_turn(1000);
    cr_assert_eq(processes_count, before);
    SCENE_LOGGED("front.0 was killed by signal 11");
    SCENE_LOGGED("while stopping");
}

Test(lanes, a_stop_before_anything_was_spawned_is_the_end)
{
    scene_open(1);
    lanes_stop(&sup, 3);
    cr_assert_eq(sup.phase, PHASE_ENDED);
    cr_assert_eq(sup.exit_code, 3);
    lanes_stop(&sup, 4);
    cr_assert_eq(sup.exit_code, 3);
}

Test(lanes, the_upstream_of_a_route_alone_is_no_upstream_that_can_be_asked)
{
    scene_open_with("listen: [127.0.0.1]\nupstreams:\n"
                    "- {name: one, address: 192.0.2.1, verify: ca, tls_name: one.example}\n"
                    "- {name: two, address: 192.0.2.2, verify: ca, tls_name: two.example}\n"
                    "tls: {ca_file: /etc/ssl/certs/ca-certificates.crt}\n"
                    "routes: [{names: [corp.example], upstreams: [two]}]\n");
    scene_start(1);
    struct stats_page *stats = scene_child(0, CHILD_WORKER)->stats;
    stats_store(&stats->upstreams[1].state, STATS_UPSTREAM_USABLE);
    cr_expect_not(lanes_can_ask(&sup));
    stats_store(&stats->upstreams[0].state, STATS_UPSTREAM_USABLE);
    stats_store(&stats->upstreams[1].state, STATS_UPSTREAM_DOWN);
    cr_expect(lanes_can_ask(&sup));
}
