/* test_children.c - the processes of all lanes, and their end by force
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

Test(children, are_named_by_role_and_lane_and_absent_at_first)
{
    scene_open(2);
    cr_assert_eq(children_count(&sup), 2 * SUPERVISOR_CHILDREN);
    cr_assert_str_eq(children_at(&sup, 0)->name, "front.0");
    cr_assert_str_eq(children_at(&sup, SUPERVISOR_CHILDREN + 1)->name, "worker.1");
    cr_assert_str_eq(children_at(&sup, SUPERVISOR_CHILDREN + 2)->name, "worker.1");
    for (unsigned i = 0; i < children_count(&sup); i++) {
        const struct child *child = children_at(&sup, i);
        cr_assert_not(children_is_alive(child));
        cr_assert_eq(children_due_us(child), UINT64_MAX);
        cr_assert_eq(child->chan.fd, -1);
        cr_assert_eq(child->pid_fd, -1);
        cr_assert_geq(child->stats_fd, 0);
    }
    cr_assert_not(children_is_any_alive(&sup));
}

Test(children, an_event_that_may_not_happen_changes_nothing)
{
    scene_open(1);
    struct child *child = children_at(&sup, 0);
    cr_assert_not(children_step(child, LIFE_IS_SERVING));
    cr_assert_eq(child->state, LIFE_GONE);
    cr_assert(children_step(child, LIFE_IS_SPAWNED));
    cr_assert_eq(child->state, LIFE_STARTING);
    cr_assert(children_is_alive(child));
}

Test(children, what_is_due_depends_on_the_state)
{
    scene_open(1);
    struct child *child = children_at(&sup, 2);
    child->due_us = 7;
    child->restart_at_us = 9;
    static const uint64_t due_us[LIFE_STATES] = {9, 7, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    for (enum life_state state = LIFE_GONE; state < LIFE_STATES; state++) {
        child->state = state;
        cr_expect_eq(children_due_us(child), due_us[state], "state %d", state);
    }
    child->state = LIFE_DRAINING;
    child->is_retired = true;
    cr_assert_eq(children_due_us(child), 7);
}

Test(children, all_or_any_of_fronts_and_workers)
{
    scene_open(2);
    cr_assert(children_are_all(&sup, LIFE_GONE));
    cr_assert_not(children_are_any(&sup, LIFE_READY));
    sup.lanes[1].children[CHILD_WORKER].state = LIFE_READY;
    cr_assert(children_are_any(&sup, LIFE_READY));
    cr_assert_not(children_are_all(&sup, LIFE_GONE));
    cr_assert_not(children_is_retired_serving(&sup.lanes[1]));
    sup.lanes[1].children[CHILD_ROLES].state = LIFE_READY;
    cr_assert(children_is_retired_serving(&sup.lanes[1]));
}

Test(children, one_kill_is_told_once)
{
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    struct process *process = scene_process(front);
    children_kill_for(front, LOG_ERROR, "the first reason");
    children_kill_for(front, LOG_ERROR, "another reason");
    children_kill(front);
    cr_assert(process->is_killed);
    cr_assert_eq(front->state, LIFE_KILLED);
    SCENE_LOGGED("error   supervisor internal: front.0 is killed: the first reason");
    SCENE_NOT_LOGGED("another reason");
}

Test(children, a_child_that_is_gone_is_not_killed)
{
    scene_open(1);
    children_kill_for(children_at(&sup, 0), LOG_ERROR, "no reason");
    cr_assert_eq(children_at(&sup, 0)->state, LIFE_GONE);
    SCENE_NOT_LOGGED("no reason");
}

Test(children, one_that_is_root_still_loses_its_channel)
{
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    kill_fails = true;
    children_kill(front);
    cr_assert_eq(front->chan.fd, -1);
    SCENE_LOGGED("front.0: SIGKILL failed: Operation not permitted");
}
