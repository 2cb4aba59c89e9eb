/* test_watchdog.c - children that do not turn, and the service manager that hears that we do
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "supervisor/watchdog.h"

#include <stdlib.h>

Test(watchdog, a_child_that_does_not_turn_is_killed)
{
    scene_run(1);
    struct process *front = scene_process(scene_child(0, CHILD_FRONT));
    scene_pass(10 * HEARTBEAT_MS);
    cr_assert_not(front->is_killed);
    they_hang = true;
    scene_pass((HEARTBEAT_MOST - 1) * HEARTBEAT_MS);
    cr_assert_not(front->is_killed);
    scene_pass(2 * HEARTBEAT_MS);
    cr_assert(front->is_killed);
    SCENE_LOGGED("front.0 is killed: it hangs");
}

Test(watchdog, a_handshake_may_take_longer)
{
    scene_run(1);
    struct child *worker = scene_child(0, CHILD_WORKER);
    struct process *process = scene_process(worker);
    scene_pass(3 * HEARTBEAT_MS);
    they_hang = true;
    stats_set(worker->stats, STAT_IN_HANDSHAKE, 1);
    scene_pass((HEARTBEAT_MOST_HANDSHAKE - 1) * HEARTBEAT_MS);
    cr_assert_not(process->is_killed);
    scene_pass(2 * HEARTBEAT_MS);
    cr_assert(process->is_killed);
    SCENE_LOGGED("worker.0 is killed: it hangs in a TLS handshake");
}

Test(watchdog, one_that_starts_is_not_looked_at)
{
    scene_open(1);
    they_hang = true;
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_FRONT), STATUS_OK);
    scene_child(0, CHILD_FRONT)->due_us = UINT64_MAX;
    scene_pass(2 * HEARTBEAT_MOST * HEARTBEAT_MS);
    cr_assert_not(scene_process(scene_child(0, CHILD_FRONT))->is_killed);
}

Test(watchdog, looks_that_come_late_begin_anew)
{
    scene_run(1);
    they_hang = true;
    for (unsigned i = 0; i < 3 * HEARTBEAT_MOST; i++)
        scene_turn(3 * HEARTBEAT_MS); /* we were kept ourselves */
    cr_assert_not(scene_process(scene_child(0, CHILD_FRONT))->is_killed);
}

static const char *
told(int fd)
{
    static char text[256];
    ssize_t size = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

Test(watchdog, the_service_manager_hears_of_us_in_half_its_time)
{
    int pair[2];
    scene_open(1);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
    sup.notify_fd = pair[0];
    sup.stored_count = UINT32_MAX; /* nothing is put into its store */
    setenv("WATCHDOG_USEC", "6000000", 1);
    watchdog_open(&sup);
    cr_assert_eq(sup.notify_us, 3000 * MS);
    sup.notified_us = sup.loop.now_us;
    sup.watch_us = UINT64_MAX;
    cr_assert_eq(watchdog_deadline_us(&sup), sup.loop.now_us + 3000 * MS);
    scene_turn(2999);
    cr_assert_str_eq(told(pair[1]), "");
    scene_turn(1);
    cr_assert_str_eq(told(pair[1]), "WATCHDOG=1\n");
    scene_turn(1);
    cr_assert_str_eq(told(pair[1]), "");
}

Test(watchdog, what_is_no_number_or_is_meant_for_another_process_is_none)
{
    static const char *const odd[] = {"", "-1", "1s", " 5"};
    scene_open(1);
    for (size_t i = 0; i < 4; i++) {
        setenv("WATCHDOG_USEC", odd[i], 1);
        watchdog_open(&sup);
        cr_assert_eq(sup.notify_us, 0, "\"%s\"", odd[i]);
    }
    setenv("WATCHDOG_USEC", "6000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    watchdog_open(&sup);
    cr_assert_eq(sup.notify_us, 0);
    cr_assert_eq(watchdog_deadline_us(&sup), sup.watch_us);
}
