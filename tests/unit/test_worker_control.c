/* test_worker_control.c - a worker without privileges to give up; the test is its supervisor
 * SPDX-License-Identifier: ISC
 */
#include "worker/worker_control.h"

#include "child/child_ladder.h"
#include "child_scene.h"
#include "lane/ring.h"
#include "worker/worker.h"

#include <sys/mman.h>
#include <sys/socket.h>

#define YAML                                                                                       \
    "listen: [127.0.0.1]\nupstreams:\n- name: one\n  address: 192.0.2.1\n  verify: pin\n"          \
    "  pins: [sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=]\n"                             \
    "limits: {queries: 64, upstream_connections: 1}\n"

#define LOOKED 17 /* exit status of a worker that was asked to look */

static struct config config;

/* main() without its drop */
static int
serve(void)
{
    static struct os os;
    static struct worker worker = {.ca_fd = -1, .look_fd = -1};
    child_ladder_begin(&os, &worker.loop);
    if (!worker_control_begin(&worker))
        return worker.look_fd >= 0 && worker.look.index == 3 ? LOOKED : 2;
    child_ladder_ready(&worker.inbox, &worker.loop, &(struct ipc_message){.type = IPC_READY});
    worker_begin(&worker);
    uint64_t due_us = 0;
    while (!worker_is_over(&worker)) {
        due_us = worker_turn(&worker, evloop_wait(&worker.loop, due_us));
        if (!worker_control_report(&worker))
            due_us = 0;
    }
    worker_end(&worker);
    return 0;
}

static void
say_look(void)
{
    int fd = dup(0);
    scene_say(&(struct ipc_message){.type = IPC_PIN_LOOK, .index = 3}, &fd, 1);
}

static void
start(void)
{
    scene_load(YAML, &config);
    scene_start(serve);
}

/* The next message of this type; others that it sends meanwhile are read over. */
static const struct ipc_message *
hear(enum ipc_type type)
{
    const struct ipc_message *message;
    do {
        message = scene_hear();
        cr_assert_not_null(message, "it has ended");
    } while (message->type != type);
    return message;
}

/* Up to READY. @return the ring's memory */
static int
begin(void)
{
    start();
    scene_say_config(&config);
    int memory = scene_say_ring(4);
    scene_say_type(IPC_START);
    (void)hear(IPC_READY);
    return memory;
}

static void
cr_assert_is_over(int exit_status)
{
    while (scene_hear() != NULL)
        continue;
    int status = scene_end();
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == exit_status, "0x%x", (unsigned)status);
}

Test(worker_control, serves_with_what_it_is_given_and_ends_when_it_is_told)
{
    close(begin());
    scene_say_type(IPC_STOP);
    cr_assert_is_over(0);
}

Test(worker_control, takes_a_new_ring_in_place_of_the_old_one)
{
    close(begin());
    close(scene_say_ring(5));
    scene_say_type(IPC_STOP);
    cr_assert_is_over(0);
}

Test(worker_control, asks_for_its_upstreams_and_takes_what_it_is_told)
{
    close(begin());
    struct ipc_message want = *hear(IPC_UPSTREAM_WANT);
    cr_assert_eq(want.index, 0);
    struct ipc_message none = {
        .type = IPC_UPSTREAM_SOCKET, .index = 0, .tag = want.tag, .error = 111};
    scene_say(&none, NULL, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0); /* for a connection that was given up meanwhile */
    scene_say(&(struct ipc_message){.type = IPC_UPSTREAM_SOCKET, .tag = want.tag + 1000}, &fd, 1);
    scene_say_type(IPC_STOP);
    cr_assert_is_over(0);
}

Test(worker_control, a_socket_for_an_upstream_that_there_is_not_is_fatal)
{
    close(begin());
    int fd = dup(0);
    scene_say(&(struct ipc_message){.type = IPC_UPSTREAM_SOCKET, .index = 7}, &fd, 1);
    cr_assert_is_over(1);
}

Test(worker_control, a_ring_that_the_front_broke_is_reported_once)
{
    int memory = begin();
    struct ring_shared *queries =
        mmap(NULL, SCENE_RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    cr_assert_neq(queries, MAP_FAILED);
    atomic_store(&queries->tail, UINT64_MAX / 2);
    const struct ipc_message *report = hear(IPC_RING_END); /* in a heartbeat at the latest */
    cr_assert_eq(report->epoch, 4);
    cr_assert_eq(report->error, 1);
    scene_say_type(IPC_STOP);
    cr_assert_is_over(0);
}

Test(worker_control, a_look_is_no_service)
{
    start();
    say_look();
    cr_assert_is_over(LOOKED);
    start();
    scene_say_config(&config);
    say_look();
    cr_assert_is_over(LOOKED);
}

Test(worker_control, a_start_without_a_ring_is_fatal)
{
    start();
    scene_say_config(&config);
    scene_say_type(IPC_START);
    cr_assert_is_over(1);
}

Test(worker_control, a_ring_of_no_use_is_fatal)
{
    start();
    scene_say_config(&config);
    struct ipc_message ring = {.type = IPC_RING,
                               .epoch = 1,
                               .ring_query_bytes = SCENE_RING_BYTES,
                               .ring_answer_bytes = SCENE_RING_BYTES};
    int fds[] = {scene_share(NULL, 4096, false), dup(0), dup(0)};
    scene_say(&ring, fds, 3);
    cr_assert_is_over(1);
}

Test(worker_control, a_reload_is_nothing_for_a_worker)
{
    close(begin());
    int fd = scene_share(&config, sizeof config, true);
    scene_say(&(struct ipc_message){.type = IPC_RELOAD, .epoch = 2}, &fd, 1);
    cr_assert_is_over(1);
}

Test(worker_control, without_a_supervisor_it_ends)
{
    close(begin());
    close(scene_chan);
    cr_assert_eq(WEXITSTATUS(scene_end()), 1);
}
