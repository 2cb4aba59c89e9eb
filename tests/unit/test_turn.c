/* test_turn.c - one turn of the supervisor: signals, and when the next turn is due
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

Test(turn, a_signal_to_end_lets_every_child_answer_first)
{
    scene_run(1);
    raise_signal(SIGTERM);
    scene_turn(1);
    cr_assert_eq(sup.phase, PHASE_STOPPING);
    SCENE_LOGGED("SIGTERM: answering what is in flight, then ending");
    raise_signal(SIGINT);
    scene_turn(STOPPING_ONCE_MS);
    SCENE_LOGGED("SIGINT once more");
    cr_assert(processes[0].is_killed);
}

Test(turn, a_signal_asks_for_statistics)
{
    scene_run(1);
    raise_signal(SIGUSR1);
    scene_turn(1);
    SCENE_LOGGED("statistics: counters ");
}

Test(turn, the_event_loop_marks_signals)
{
    scene_run(1);
    cr_assert_not(sup.has_signals);
    cr_assert_eq(eventfd_write(sup.signals.fd, 1), 0);
    evloop_turn(&sup.loop, 0);
    cr_assert(sup.has_signals);
}

Test(turn, the_next_one_is_due_at_the_earliest_of_all)
{
    scene_run(1);
    cr_assert_eq(turn_deadline_us(&sup), sup.watch_us);
    scene_child(0, CHILD_WORKER)->state = LIFE_GONE;
    scene_child(0, CHILD_WORKER)->restart_at_us = sup.watch_us - 1;
    cr_assert_eq(turn_deadline_us(&sup), sup.watch_us - 1);
    sup.phase = PHASE_STOPPING;
    sup.stopping.by_us = sup.watch_us - 2;
    cr_assert_eq(turn_deadline_us(&sup), sup.watch_us - 2);
}
