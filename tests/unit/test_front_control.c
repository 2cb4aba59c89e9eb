/* test_front_control.c - a front without privileges to give up; the test is its supervisor
 * SPDX-License-Identifier: ISC
 */
#include "front/front_control.h"

#include "child/child_ladder.h"
#include "child_scene.h"
#include "front/front.h"
#include "lane/ring.h"

#include <sys/mman.h>
#include <sys/socket.h>

#define YAML                                                                                       \
    "listen: [127.0.0.1]\nupstreams:\n- {name: one, address: 192.0.2.1, verify: ca, tls_name: "    \
    "one.example}\nlimits: {queries: 64, tcp_clients: 16}\n"

static struct config config;

/* main() without its drop */
static int
serve(void)
{
    static struct os os;
    static struct front front;
    child_ladder_begin(&os, &front.loop);
    front_control_begin(&front);
    child_ladder_ready(&front.inbox, &front.loop, &(struct ipc_message){.type = IPC_READY});
    front_begin(&front);
    uint64_t due_us = 0;
    while (!front_is_over(&front))
        due_us = front_turn(&front, evloop_wait(&front.loop, due_us));
    return 0;
}

/* A socket of the address's family: it need not be bound for what is tested here. */
static void
say_listener(enum ipc_socket_kind kind)
{
    int fd = socket(AF_INET, kind == IPC_SOCKET_UDP ? SOCK_DGRAM : SOCK_STREAM, 0);
    cr_assert_geq(fd, 0);
    scene_say(&(struct ipc_message){.type = IPC_LISTENER, .index = 0, .kind = (uint8_t)kind}, &fd,
              1);
}

static void
say_reload(int config_fd, uint32_t number)
{
    scene_say(&(struct ipc_message){.type = IPC_RELOAD, .epoch = number}, &config_fd, 1);
}

static void
start(void)
{
    scene_load(YAML, &config);
    scene_start(serve);
    scene_say_config(&config);
}

/* Up to READY. */
static void
begin(void)
{
    start();
    say_listener(IPC_SOCKET_UDP);
    say_listener(IPC_SOCKET_TCP);
    scene_say_type(IPC_START);
    cr_assert_eq(scene_hear()->type, IPC_READY);
}

static void
cr_assert_ends_in_order(void)
{
    scene_say_type(IPC_STOP);
    cr_assert_null(scene_hear());
    cr_assert_eq(scene_end(), 0);
}

static void
cr_assert_is_fatal(void)
{
    cr_assert_null(scene_hear());
    int status = scene_end();
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1, "0x%x", (unsigned)status);
}

Test(front_control, serves_with_what_it_is_given_and_ends_when_it_is_told)
{
    begin();
    cr_assert_ends_in_order();
}

Test(front_control, a_reload_of_what_can_change_is_taken_up)
{
    begin();
    scene_load(YAML "timeouts: {query: 3s}\nlog: {level: debug}\n", &config);
    say_reload(scene_share(&config, sizeof config, true), 2);
    const struct ipc_message *reply = scene_hear();
    cr_assert_eq(reply->type, IPC_RELOADED);
    cr_assert_eq(reply->epoch, 2);
    cr_assert_eq(reply->error, 0);
    cr_assert_ends_in_order();
}

Test(front_control, a_reload_that_it_cannot_follow_is_refused_and_it_serves_on)
{
    begin();
    config.queries *= 2; /* tables keep their size */
    say_reload(scene_share(&config, sizeof config, true), 2);
    cr_assert_eq(scene_hear()->error, 1);
    config.magic++;
    say_reload(scene_share(&config, sizeof config, true), 3);
    cr_assert_eq(scene_hear()->error, 1);
    say_reload(scene_share(&config, sizeof config, false), 4); /* not sealed against writing */
    cr_assert_eq(scene_hear()->error, 1);
    config.magic--;
    config.queries /= 2;
    int fds[] = {scene_share(&config, sizeof config, true), scene_share(NULL, 4096, false)};
    scene_say(&(struct ipc_message){.type = IPC_RELOAD, .epoch = 5}, fds, 2);
    cr_assert_eq(scene_hear()->error, 1, "too small to write events to");
    cr_assert_ends_in_order();
}

Test(front_control, takes_rings_lists_and_their_ends_while_it_serves)
{
    begin();
    close(scene_say_ring(1));
    scene_say_type(IPC_LIST);
    scene_say(&(struct ipc_message){.type = IPC_RING_END, .epoch = 1, .error = 1}, NULL, 0);
    scene_say(&(struct ipc_message){.type = IPC_RING_END, .epoch = 9}, NULL, 0);
    close(scene_say_ring(2));
    cr_assert_ends_in_order();
}

Test(front_control, a_ring_that_its_worker_broke_is_reported_once)
{
    begin();
    int memory = scene_say_ring(5);
    struct ring_shared *answers =
        mmap(NULL, SCENE_RING_BYTES * 3UL, PROT_READ | PROT_WRITE, MAP_SHARED, memory, (off_t)0);
    cr_assert_neq(answers, MAP_FAILED);
    answers = (void *)((char *)answers + RING_MEMORY_BYTES(SCENE_RING_BYTES));
    atomic_store(&answers->tail, UINT64_MAX / 2);
    scene_say_type(IPC_LIST); /* wakes it */
    const struct ipc_message *report = scene_hear();
    cr_assert_eq(report->type, IPC_RING_END);
    cr_assert_eq(report->epoch, 5);
    cr_assert_eq(report->error, 1);
    scene_say(&(struct ipc_message){.type = IPC_RING_END, .epoch = 5, .error = 1}, NULL, 0);
    cr_assert_ends_in_order();
}

Test(front_control, a_flush_is_answered_when_it_has_ended)
{
    struct ipc_message ask = {.type = IPC_FLUSH, .tag = 7, .below = 1, .text = "example"};
    begin();
    for (; ask.tag < 9; ask.tag++) {
        scene_say(&ask, NULL, 0);
        const struct ipc_message *reply = scene_hear();
        cr_assert_eq(reply->type, IPC_FLUSHED);
        cr_assert_eq(reply->tag, ask.tag);
        cr_assert_eq(reply->count, 0);
    }
    cr_assert_ends_in_order();
}

Test(front_control, a_flush_of_no_name_is_fatal)
{
    begin();
    scene_say(&(struct ipc_message){.type = IPC_FLUSH, .text = "a..b"}, NULL, 0);
    cr_assert_is_fatal();
}

Test(front_control, a_ring_of_no_use_is_fatal)
{
    begin();
    struct ipc_message ring = {.type = IPC_RING,
                               .epoch = 1,
                               .ring_query_bytes = SCENE_RING_BYTES,
                               .ring_answer_bytes = SCENE_RING_BYTES};
    int fds[] = {scene_share(NULL, 4096, false), dup(0), dup(0)};
    scene_say(&ring, fds, 3);
    cr_assert_is_fatal();
}

Test(front_control, a_list_that_is_none_is_fatal)
{
    begin();
    int fd = scene_share("no list", 8, true);
    scene_say(&(struct ipc_message){.type = IPC_LIST}, &fd, 1);
    cr_assert_is_fatal();
}

Test(front_control, a_listener_of_another_kind_is_fatal)
{
    start();
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    scene_say(&(struct ipc_message){.type = IPC_LISTENER, .kind = IPC_SOCKET_UDP}, &fd, 1);
    cr_assert_is_fatal();
}

Test(front_control, a_ring_before_a_configuration_is_fatal)
{
    scene_start(serve);
    close(scene_say_ring(1));
    cr_assert_is_fatal();
}

Test(front_control, an_unsound_configuration_is_fatal)
{
    scene_load(YAML, &config);
    config.bytes--;
    scene_start(serve);
    scene_say_config(&config);
    cr_assert_is_fatal();
}

Test(front_control, without_a_supervisor_it_ends)
{
    begin();
    close(scene_chan);
    cr_assert_eq(WEXITSTATUS(scene_end()), 1);
}
