/* test_deaths.c - a child has ended: what is left of it, and what follows
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "supervisor/deaths.h"
#include "supervisor/retire.h"

static void
die(struct child *child, int wait_status)
{
    end_process(scene_process(child), wait_status);
    scene_turn(0);
}

Test(deaths, the_first_death_is_answered_at_once_and_the_next_ones_later_each_time)
{
    scene_run(1);
    struct child *worker = scene_child(0, CHILD_WORKER);
    scene_pass(RESTART_STEADY_MS);
    uint64_t wait_ms = 0;
    for (unsigned i = 0; i < 5; i++) {
        unsigned before = processes_count;
        die(worker, SIGSEGV);
        if (wait_ms > 0) {
            cr_assert_eq(processes_count, before);
            scene_turn(wait_ms - 1);
            cr_assert_eq(processes_count, before);
            scene_turn(1);
        }
        cr_assert_eq(processes_count, before + 1, "death %u", i);
        scene_ready(worker);
        wait_ms = wait_ms == 0 ? RESTART_FIRST_MS : wait_ms * 2;
    }
    SCENE_LOGGED("worker.0 was killed by signal 11 (Segmentation fault)");
    SCENE_LOGGED("started again at once");
    SCENE_LOGGED("started again in 50 ms");
    cr_assert_eq(sup.lanes[0].deaths, 5);
}

Test(deaths, what_a_worker_said_of_how_upstreams_are_ends_with_it)
{
    scene_run(1);
    struct child *worker = scene_child(0, CHILD_WORKER);
    struct stats_upstream *upstream = &worker->stats->upstreams[1];
    upstream->queries = upstream->pin_mismatches = 7;
    upstream->state = STATS_UPSTREAM_REFUSED;
    upstream->cause = STATS_CAUSE_PIN;
    upstream->changed_us = upstream->tried_us = upstream->pin_seen = upstream->connections = 1;
    worker->stats->chains[1].turn = 7; /* it was writing */
    worker->stats->chains[1].count = worker->stats->chains[1].seen_us = 2;
    die(worker, SIGSEGV);
    struct stats_chain_copy chain;
    cr_assert(stats_chain_read(&worker->stats->chains[1], &chain));
    cr_assert(chain.count == 0 && chain.seen_us == 0);
    upstream = &worker->stats->upstreams[1];
    cr_assert_eq(upstream->state, STATS_UPSTREAM_UNASKED);
    cr_assert(upstream->cause == 0 && upstream->changed_us == 0 && upstream->tried_us == 0);
    cr_assert(upstream->pin_seen == 0 && upstream->connections == 0);
    cr_assert(upstream->queries == 7 && upstream->pin_mismatches == 7, "counts go on");
}

Test(deaths, a_new_front_gets_a_new_ring_and_its_worker_too)
{
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT), *worker = scene_child(0, CHILD_WORKER);
    scene_skip(worker);
    die(front, 1 << 8);
    SCENE_EXPECT(front, IPC_CONFIG, IPC_RING, IPC_LIST, IPC_LIST, IPC_START);
    SCENE_EXPECT(worker, IPC_RING);
    cr_assert_eq(front->ring_number, worker->ring_number);
    cr_assert_eq(sup.lanes[0].ring_fds[0], -1, "theirs alone");
}

Test(deaths, a_front_is_told_whose_ring_has_ended)
{
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT), *worker = scene_child(0, CHILD_WORKER);
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    uint32_t number = worker->ring_number;
    scene_skip(front);
    die(worker, SIGKILL);
    cr_assert_eq(scene_hear(front, &message, fds), IPC_RING_END);
    cr_assert_eq(message.epoch, number);
    cr_assert_eq(message.error, 1);
    SCENE_EXPECT(front, IPC_RING);
}

Test(deaths, a_process_that_is_dead_is_not_killed_for_its_channel)
{
    scene_run(1);
    struct process *worker = scene_process(scene_child(0, CHILD_WORKER));
    die(scene_child(0, CHILD_WORKER), SIGSEGV);
    cr_assert(worker->is_reaped);
    cr_assert_not(worker->is_killed);
}

Test(deaths, counters_go_on_and_levels_are_nothing)
{
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    stats_set(front->stats, STAT_QUERIES_ALIVE, 7);
    stats_set(front->stats, STAT_TCP_ACCEPTED, 9);
    atomic_store(&front->stats->upstreams[0].connections, 3);
    die(front, SIGSEGV);
    cr_assert_eq(atomic_load(&front->stats->counts[STAT_QUERIES_ALIVE]), 0);
    cr_assert_eq(atomic_load(&front->stats->counts[STAT_TCP_ACCEPTED]), 9);
    cr_assert_eq(atomic_load(&front->stats->upstreams[0].connections), 0);
}

Test(deaths, what_a_dead_child_had_said_is_in_the_log_and_its_orders_are_void)
{
    scene_run(1);
    struct child *worker = scene_child(0, CHILD_WORKER);
    struct ipc_message words = {.type = IPC_LOG, .level = LOG_ERROR, .event = LOG_INTERNAL};
    strcpy(words.text, "last words");
    scene_say(worker, &(struct ipc_message){.type = IPC_UPSTREAM_WANT, .index = 99}, NULL, 0);
    scene_say(worker, &words, NULL, 0);
    end_process(scene_process(worker), SIGSEGV);
    deaths_reap(&sup);
    SCENE_LOGGED("worker.0 internal: last words");
    SCENE_NOT_LOGGED("may not send");
}

Test(deaths, too_many_deaths_of_the_only_lane_end_penstock)
{
    scene_run(1);
    for (unsigned i = 0; sup.phase == PHASE_RUNNING && i < 2 * RESTART_DEATHS_MAX; i++) {
        die(scene_child(0, CHILD_WORKER), SIGSEGV);
        for (unsigned turns = 0; turns < 10 && scene_child(0, CHILD_WORKER)->state == LIFE_GONE &&
                                 sup.phase == PHASE_RUNNING;
             turns++)
            scene_turn(RESTART_MOST_MS / 10);
    }
    cr_assert_eq(sup.phase, PHASE_STOPPING);
    cr_assert_eq(sup.exit_code, 1);
    cr_assert_eq(sup.lanes[0].deaths, RESTART_DEATHS_MAX + 1);
    SCENE_LOGGED("penstock ends, as no other lane serves");
}

Test(deaths, too_many_deaths_of_one_lane_of_two_let_it_rest_a_minute)
{
    scene_run(2);
    struct child *worker = scene_child(1, CHILD_WORKER);
    while (sup.lanes[1].restart.rests_until_ms == 0) {
        die(worker, SIGSEGV);
        for (unsigned turns = 0; turns < 10 && worker->state == LIFE_GONE; turns++)
            scene_turn(RESTART_MOST_MS / 10);
    }
    cr_assert_eq(sup.phase, PHASE_RUNNING);
    SCENE_LOGGED("it is tried again in a minute; the other lanes serve");
    cr_assert_eq(worker->state, LIFE_GONE);
    scene_turn((worker->restart_at_us - sup.loop.now_us) / MS);
    cr_assert_eq(worker->state, LIFE_STARTING);
}

Test(deaths, a_replaced_worker_that_is_one_death_too_many_has_its_successor_already)
{
    scene_run(2);
    struct child *worker = scene_child(0, CHILD_WORKER), *old = &sup.lanes[0].children[CHILD_ROLES];
    retire_worker(worker);
    scene_turn(0);
    scene_ready(worker);
    scene_turn(1);
    for (unsigned i = 0; i < RESTART_DEATHS_MAX; i++)
        (void)restart_lane_must_rest(&sup.lanes[0].restart, 0, sup.loop.now_us / 1000);
    die(old, SIGSEGV);
    SCENE_LOGGED("it is tried again in a minute; the other lanes serve");
    cr_assert_eq(old->restart_at_us, UINT64_MAX);
    scene_turn(RESTART_WINDOW_MS + 1000);
    cr_assert_eq(old->state, LIFE_GONE);
}

Test(deaths, no_process_to_be_had_is_like_one_that_died_at_once)
{
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    spawn_error = EAGAIN;
    die(front, SIGSEGV);
    cr_assert_eq(front->state, LIFE_GONE);
    SCENE_LOGGED("front.0 could not be started: Resource temporarily unavailable");
    spawn_error = 0;
    scene_turn(RESTART_MOST_MS);
    cr_assert_eq(front->state, LIFE_STARTING);
}

Test(deaths, a_start_fails_with_its_first_death_and_the_others_end_without_a_word)
{
    scene_open(2);
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_FRONT), STATUS_OK);
    scene_ready(scene_child(1, CHILD_FRONT));
    scene_turn(1);
    die(scene_child(0, CHILD_FRONT), 1 << 8);
    SCENE_LOGGED("front.0 ended with status 1 before it was ready; penstock cannot start");
    scene_turn(0);
    cr_assert_eq(sup.phase, PHASE_ENDED);
    cr_assert_eq(sup.exit_code, 1);
    SCENE_NOT_LOGGED("front.1 is killed");
    SCENE_NOT_LOGGED("front.1 was killed");
}
