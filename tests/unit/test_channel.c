/* test_channel.c - the control channel of each child
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "supervisor/channel.h"

static const struct ipc_message stop = {.type = IPC_STOP};

Test(channel, a_child_that_does_not_read_is_killed)
{
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    struct process *process = scene_process(front);
    for (unsigned i = 0; i < 100000 && !process->is_killed; i++)
        channel_send(front, &stop, NULL, 0);
    cr_assert(process->is_killed);
    SCENE_LOGGED("front.0 is killed: it does not read its messages");
}

Test(channel, one_whose_end_is_closed_is_dying_already)
{
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    close(scene_process(front)->chan_fd);
    channel_send(front, &stop, NULL, 0);
    cr_assert_eq(front->state, LIFE_READY);
}

Test(channel, what_cannot_be_sent_is_told_with_its_errno)
{
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    int bad = 12345;
    channel_send(front, &stop, &bad, 1);
    cr_assert_eq(front->state, LIFE_KILLED);
    SCENE_LOGGED("front.0 is killed: Bad file descriptor");
}

Test(channel, once_closed_it_takes_and_gives_nothing)
{
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    scene_ready(front);
    channel_close(front);
    channel_close(front);
    channel_send(front, &stop, NULL, 0);
    cr_assert_eq(channel_receive(front, &message, fds), STATUS_CLOSED);
    cr_assert_not(front->has_messages);
}

Test(channel, the_event_loop_marks_and_the_turn_receives)
{
    scene_run(1);
    struct child *worker = scene_child(0, CHILD_WORKER);
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    scene_ready(worker);
    evloop_turn(&sup.loop, 0);
    cr_assert(worker->has_messages);
    cr_assert_not(scene_child(0, CHILD_FRONT)->has_messages);
    cr_assert_eq(channel_receive(worker, &message, fds), STATUS_OK);
    cr_assert_eq(message.type, IPC_READY);
    cr_assert_eq(channel_receive(worker, &message, fds), STATUS_AGAIN);
}
