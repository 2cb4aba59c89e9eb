/* test_rings.c - who of a lane has which ring
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "lane/ring.h"
#include "supervisor/retire.h"
#include "supervisor/rings.h"

#include <sys/resource.h>

Test(rings, both_sides_of_a_lane_get_the_first_one)
{
    scene_open(1);
    struct child *front = scene_child(0, CHILD_FRONT), *worker = scene_child(0, CHILD_WORKER);
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_FRONT), STATUS_OK);
    cr_assert_eq(front->ring_number, 1);
    cr_assert_geq(sup.lanes[0].ring_fds[0], 0, "kept for the worker");
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_WORKER), STATUS_OK);
    cr_assert_eq(worker->ring_number, 1);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(sup.lanes[0].ring_fds[i], -1, "theirs alone");
}

Test(rings, a_ring_comes_with_its_sizes_and_two_bells)
{
    scene_open(1);
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_WORKER), STATUS_OK);
    const struct child *worker = scene_child(0, CHILD_WORKER);
    cr_assert_eq(scene_hear(worker, &message, fds), IPC_CONFIG);
    cr_assert_eq(scene_hear(worker, &message, fds), IPC_RING);
    cr_assert_eq(message.ring_query_bytes, RINGS_QUERY_BYTES);
    cr_assert_eq(message.ring_answer_bytes, RINGS_ANSWER_BYTES);
    void *at;
    size_t size;
    cr_assert_eq(memory_map(fds[0], 1, false, &at, &size), STATUS_OK);
    cr_assert_geq(size,
                  RING_MEMORY_BYTES(RINGS_QUERY_BYTES) + RING_MEMORY_BYTES(RINGS_ANSWER_BYTES));
    cr_assert_eq(eventfd_write(fds[1], 1), 0);
    cr_assert_eq(eventfd_write(fds[2], 1), 0);
}

Test(rings, the_front_of_a_worker_that_takes_anothers_place_gets_it_when_that_is_ready)
{
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT), *worker = scene_child(0, CHILD_WORKER);
    scene_skip(front);
    retire_worker(worker);
    scene_turn(0);
    cr_assert_eq(worker->ring_number, 2);
    cr_assert_eq(front->ring_number, 1);
    rings_hand_over(worker);
    cr_assert_eq(front->ring_number, 2);
    SCENE_EXPECT(front, IPC_RING);
    rings_hand_over(worker);
    SCENE_EXPECT_NOTHING(front);
}

Test(rings, whoever_broke_one_is_ended)
{
    scene_run(2);
    struct child *front = scene_child(0, CHILD_FRONT), *worker = scene_child(0, CHILD_WORKER);
    rings_broken(front, worker->ring_number);
    cr_assert_eq(worker->state, LIFE_KILLED);
    SCENE_LOGGED("worker.0 is killed: it broke the ring");
    struct child *other = scene_child(1, CHILD_WORKER);
    rings_broken(other, other->ring_number);
    cr_assert_eq(scene_child(1, CHILD_FRONT)->state, LIFE_KILLED);
    cr_assert_eq(front->state, LIFE_READY);
}

Test(rings, an_old_number_ends_nobody)
{
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT), *worker = scene_child(0, CHILD_WORKER);
    rings_broken(front, worker->ring_number + 1);
    rings_broken(worker, worker->ring_number + 1);
    cr_assert_eq(front->state, LIFE_READY);
    cr_assert_eq(worker->state, LIFE_READY);
}

Test(rings, without_memory_there_is_no_child)
{
    scene_open(1);
    struct process *process = &processes[0];
    struct rlimit limit = {.rlim_cur = 0, .rlim_max = RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_FRONT), STATUS_OK);
    limit.rlim_cur = RLIM_INFINITY;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert(process->is_killed);
}
