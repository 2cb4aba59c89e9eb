/* test_retire.c - a worker that a reload replaces goes on answering what it was asked
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "supervisor/retire.h"

static struct child *worker;

static void
run(unsigned lanes)
{
    scene_run(lanes);
    worker = scene_child(0, CHILD_WORKER);
}

Test(retire, a_lane_has_two_places_and_then_none)
{
    run(1);
    for (unsigned i = 0; i < SUPERVISOR_RETIRED; i++) {
        cr_assert(retire_has_room(&sup));
        cr_assert_eq(retire_place(&sup.lanes[0]), CHILD_ROLES + i);
        retire_worker(worker);
        scene_turn(0);
        cr_assert_eq(worker->state, LIFE_STARTING, "its successor is started at once");
        cr_assert(retire_has_room(&sup), "one that starts needs no place");
        sup.lanes[0].children[CHILD_ROLES + i].state = LIFE_READY; /* dismissed later */
        scene_ready(worker);
        scene_turn(1);
    }
    cr_assert_eq(retire_place(&sup.lanes[0]), SUPERVISOR_CHILDREN);
    cr_assert_not(retire_has_room(&sup));
    pid_t pid = worker->pid;
    retire_worker(worker);
    cr_assert_eq(worker->pid, pid, "without a place nothing happens");
}

Test(retire, every_lane_needs_a_place)
{
    run(2);
    for (unsigned i = CHILD_ROLES; i < SUPERVISOR_CHILDREN; i++)
        sup.lanes[1].children[i].state = LIFE_DRAINING;
    cr_assert_not(retire_has_room(&sup));
    sup.lanes[1].children[CHILD_WORKER].state = LIFE_STARTING;
    cr_assert(retire_has_room(&sup));
}

Test(retire, the_old_one_serves_until_the_new_one_is_ready_then_answers_and_ends)
{
    run(1);
    struct child *front = scene_child(0, CHILD_FRONT), *old = &sup.lanes[0].children[CHILD_ROLES];
    scene_skip(front);
    pid_t pid = worker->pid;
    uint32_t old_ring = worker->ring_number;
    retire_worker(worker);
    cr_assert_eq(old->pid, pid);
    cr_assert_eq(old->state, LIFE_READY);
    cr_assert_eq(worker->state, LIFE_GONE);
    cr_assert_neq(old->stats_fd, worker->stats_fd);
    cr_assert_neq(old->stats, worker->stats);
    scene_turn(0);
    SCENE_EXPECT(worker, IPC_CONFIG, IPC_RING, IPC_START);
    SCENE_EXPECT_NOTHING(front);
    cr_assert(children_is_retired_serving(&sup.lanes[0]));
    scene_ready(worker);
    scene_turn(1);
    SCENE_EXPECT(front, IPC_RING);
    SCENE_EXPECT(old, IPC_STOP);
    cr_assert_not(children_is_retired_serving(&sup.lanes[0]));
    end_process(&processes[pid - 1], 0);
    scene_turn(1);
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    cr_assert_eq(scene_hear(front, &message, fds), IPC_RING_END);
    cr_assert_eq(message.epoch, old_ring);
    cr_assert_eq(message.error, 0, "it ended in order");
    SCENE_LOGGED("worker.0, which was replaced, has answered and ended");
    cr_assert_eq(sup.lanes[0].deaths, 0);
    cr_assert_eq(worker->state, LIFE_READY);
}

Test(retire, one_that_dies_early_leaves_its_successors_ring_alone)
{
    run(1);
    struct child *front = scene_child(0, CHILD_FRONT), *old = &sup.lanes[0].children[CHILD_ROLES];
    retire_worker(worker);
    scene_turn(0);
    end_process(scene_process(old), SIGSEGV);
    scene_turn(0);
    scene_skip(front);
    scene_ready(worker);
    scene_turn(1);
    SCENE_EXPECT(front, IPC_RING);
    cr_assert_eq(front->ring_number, worker->ring_number);
}

Test(retire, its_channel_moves_with_it)
{
    run(1);
    struct child *old = &sup.lanes[0].children[CHILD_ROLES];
    struct ipc_message words = {.type = IPC_LOG, .level = LOG_ERROR, .event = LOG_INTERNAL};
    strcpy(words.text, "said before the move");
    scene_say(worker, &words, NULL, 0);
    worker->has_messages = true;
    retire_worker(worker);
    cr_assert_eq(worker->chan.fd, -1);
    cr_assert(old->has_messages);
    scene_turn(0);
    SCENE_LOGGED("said before the move");
}

Test(retire, one_that_does_not_end_in_its_time_is_killed)
{
    run(1);
    struct child *old = &sup.lanes[0].children[CHILD_ROLES];
    retire_worker(worker);
    scene_turn(0);
    scene_ready(worker);
    scene_turn(1);
    cr_assert_eq(old->state, LIFE_DRAINING);
    struct process *process = scene_process(old);
    scene_pass(old->drain_ms - 1);
    cr_assert_not(process->is_killed);
    scene_pass(2);
    cr_assert(process->is_killed);
    SCENE_LOGGED("warning supervisor internal: worker.0 is killed: it was replaced, and its time");
    scene_turn(0);
    SCENE_LOGGED("which was replaced, was killed by signal 9");
    cr_assert_eq(sup.lanes[0].deaths, 1);
}

Test(retire, with_the_front_goes_whoever_waited_for_it)
{
    run(1);
    struct child *old = &sup.lanes[0].children[CHILD_ROLES];
    retire_worker(worker);
    struct process *process = scene_process(old);
    end_process(scene_process(scene_child(0, CHILD_FRONT)), SIGSEGV);
    scene_turn(1);
    cr_assert(process->is_killed);
    scene_turn(1);
    cr_assert_eq(old->state, LIFE_GONE);
    SCENE_NOT_LOGGED("which was replaced, was killed");
    cr_assert_eq(sup.lanes[0].deaths, 1, "the front's alone");
}

Test(retire, a_stop_tells_it_to_end_too)
{
    run(1);
    retire_worker(worker);
    scene_turn(0);
    lanes_stop(&sup, 0);
    retire_dismiss(&sup.lanes[0]);
    SCENE_EXPECT(&sup.lanes[0].children[CHILD_ROLES], IPC_STOP);
}

Test(retire, the_successor_has_a_whole_budget_of_dials)
{
    run(1);
    sup.lanes[0].dials[0].level = 77;
    retire_worker(worker);
    cr_assert_eq(sup.lanes[0].dials[0].level, 0);
}

Test(retire, what_its_successor_gets_is_a_ring_of_its_own_without_a_front_too)
{
    run(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    const struct child *old = &sup.lanes[0].children[CHILD_ROLES + 1];
    for (int i = 0; i < 2; i++) { /* the first death is followed at once, the second is not */
        end_process(scene_process(front), SIGSEGV);
        scene_turn(0);
    }
    cr_assert_eq(front->state, LIFE_GONE);
    for (unsigned i = 0; i < SUPERVISOR_RETIRED; i++) {
        retire_worker(worker);
        scene_turn(0);
        scene_ready(worker);
        scene_turn(0);
        cr_assert_eq(worker->state, LIFE_READY);
    }
    cr_assert_neq(old->ring_number, 0);
    cr_assert_neq(worker->ring_number, old->ring_number, "a ring has one worker");
    cr_assert_eq(front->state, LIFE_GONE);
    scene_pass((front->restart_at_us - sup.loop.now_us) / 1000 + 1);
    cr_assert_eq(front->state, LIFE_STARTING);
    cr_assert_eq(front->ring_number, worker->ring_number, "who serves has the front's");
}
