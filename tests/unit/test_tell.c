/* test_tell.c - what the supervisor tells a child
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "supervisor/tell.h"

/* A listening address, and sockets of a lane for it as far as the supervisor looks. */
static void
keep_listeners(unsigned lane)
{
    sup.config.listen_count = 1;
    for (unsigned kind = 0; kind < SUPERVISOR_KINDS; kind++)
        sup.lanes[lane].listeners[0][kind] = eventfd(0, EFD_CLOEXEC);
}

Test(tell, fronts_bind_one_after_the_other)
{
    scene_open(2);
    sup.config.listen_count = 1;
    struct child *first = scene_child(0, CHILD_FRONT), *second = scene_child(1, CHILD_FRONT);
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_FRONT), STATUS_OK);
    SCENE_EXPECT(first, IPC_CONFIG, IPC_RING, IPC_LIST, IPC_LIST, IPC_START);
    SCENE_EXPECT(second, IPC_CONFIG, IPC_RING, IPC_LIST, IPC_LIST);
    sup.lanes[0].listeners[0][0] = eventfd(0, EFD_CLOEXEC);
    tell_after_listener(first);
    SCENE_EXPECT_NOTHING(second);
    keep_listeners(0);
    tell_after_listener(first);
    SCENE_EXPECT(second, IPC_START);
    keep_listeners(1);
    tell_after_listener(second); /* the last one has nobody behind it */
    SCENE_EXPECT_NOTHING(first);
}

Test(tell, a_front_that_follows_gets_the_sockets_that_were_kept)
{
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    keep_listeners(0);
    end_process(scene_process(front), SIGSEGV);
    scene_turn(0);
    SCENE_EXPECT(front, IPC_CONFIG, IPC_RING, IPC_LIST, IPC_LIST, IPC_LISTENER, IPC_LISTENER,
                 IPC_START);
}

Test(tell, a_worker_gets_the_certificates_where_one_is_needed)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    for (unsigned with_ca = 0; with_ca < 2; with_ca++) {
        scene_open(1);
        processes_count = 0;
        if (with_ca)
            cr_assert_eq(memory_share("ca", "pem", 4, true, &sup.ca_fd), STATUS_OK);
        cr_assert_eq(lanes_spawn_all(&sup, CHILD_WORKER), STATUS_OK);
        cr_assert_eq(scene_hear(scene_child(0, CHILD_WORKER), &message, fds), IPC_CONFIG);
        cr_assert_eq(message.epoch, 1);
        cr_assert_eq(fds[2] >= 0, with_ca == 1);
    }
}

Test(tell, a_list_of_names_comes_with_its_memory_and_an_empty_one_without)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    scene_skip(front);
    cr_assert_eq(memory_share("list", "x", 1, true, &sup.namelists.fds[IPC_LIST_ALLOW]), STATUS_OK);
    tell_configuration(front);
    cr_assert_eq(scene_hear(front, &message, fds), IPC_RELOAD);
    cr_assert_eq(scene_hear(front, &message, fds), IPC_LIST);
    cr_assert_eq(message.index, IPC_LIST_BLOCK);
    cr_assert_eq(fds[0], -1);
    cr_assert_eq(scene_hear(front, &message, fds), IPC_LIST);
    cr_assert_eq(message.index, IPC_LIST_ALLOW);
    cr_assert_geq(fds[0], 0);
}

Test(tell, stop_is_said_once)
{
    scene_run(1);
    struct child *worker = scene_child(0, CHILD_WORKER);
    scene_skip(worker);
    tell_to_stop(worker);
    tell_to_stop(worker);
    SCENE_EXPECT(worker, IPC_STOP);
    cr_assert_eq(worker->state, LIFE_DRAINING);
}

Test(tell, a_front_gets_memory_for_events_where_they_are_on)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    scene_open(1);
    sup.config.events = 1;
    struct child *front = scene_child(0, CHILD_FRONT);
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_FRONT), STATUS_OK);
    cr_assert_eq(scene_hear(front, &message, fds), IPC_CONFIG);
    cr_assert_eq(scene_hear(front, &message, fds), IPC_RING);
    cr_assert_eq(scene_hear(front, &message, fds), IPC_EVENTS);
    cr_assert_geq(fds[0], 0);
}

Test(tell, memory_for_events_comes_with_the_configuration_it_belongs_to)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    scene_skip(front);
    for (unsigned i = 0; i < 4; i++) {
        sup.config.events = i < 2;
        tell_configuration(front);
        cr_assert_eq(scene_hear(front, &message, fds), IPC_RELOAD);
        cr_assert_geq(fds[0], 0);
        cr_assert_eq(fds[1] >= 0, i < 2, "else they are off");
        SCENE_EXPECT(front, IPC_LIST, IPC_LIST);
    }
}
