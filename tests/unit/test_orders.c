/* test_orders.c - which child may say what in which state, and what a breach costs
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "supervisor/orders.h"
#include "supervisor/shown.h"

#include <netinet/in.h>

enum { STARTING = 1, READY = 2, DRAINING = 4, SERVING = READY | DRAINING };

/* Who may say what, said once more: a row of messages.def that lets more in fails here. */
static const struct {
    enum ipc_type type;
    unsigned front, worker; /* the states in which it may */
} allowed[] = {
    {IPC_READY, STARTING | DRAINING, STARTING | DRAINING},
    {IPC_UPSTREAM_WANT, 0, SERVING},
    {IPC_UPSTREAM_DEAR, 0, SERVING},
    {IPC_UPSTREAM_KEY, 0, SERVING},
    {IPC_LOG, STARTING | SERVING, STARTING | SERVING},
    {IPC_RELOADED, SERVING, 0},
    {IPC_RING_END, SERVING, SERVING},
    {IPC_FLUSHED, 0, 0}, /* nothing was asked: test_control_round.c */
    {IPC_REPORT, 0, 0},  /* likewise */
    {IPC_PIN_SEEN, 0, 0},
    {IPC_LISTENER, 0, 0}, /* a pipe is none, and nothing is configured */
};

static void
bring_to(struct child *child, unsigned state)
{
    if (state != STARTING) {
        scene_ready(child);
        scene_turn(1);
    }
    if (state == DRAINING)
        lanes_stop(&sup, 0);
    if (state == DRAINING && child->role == CHILD_WORKER) {
        end_process(scene_process(scene_child(0, CHILD_FRONT)), 0);
        scene_turn(1);
    }
}

static void
check(enum ipc_type type, enum child_role role, unsigned state, bool is_allowed)
{
    struct ipc_message message = {.type = type, .kind = IPC_SOCKET_UDP};
    int pipe_fds[2];
    scene_open(1);
    processes_count = signals_count = 0;
    sup.config.upstreams_count = 1;
    sup.config.upstreams[0].address = (struct addr){.family = ADDR_IPV4, .port = 1};
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_FRONT), STATUS_OK);
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_WORKER), STATUS_OK);
    struct child *child = scene_child(0, role);
    bring_to(child, state);
    cr_assert_eq(pipe(pipe_fds), 0);
    struct process *process = scene_process(child);
    scene_say(child, &message, pipe_fds, type == IPC_LISTENER);
    scene_turn(1);
    cr_expect_eq(process->is_killed, !is_allowed, "%s from %s in state %u", ipc_type_text(type),
                 child->name, state);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

Test(orders, only_what_a_child_may_say_now_is_obeyed_and_all_else_ends_it)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        for (unsigned state = STARTING; state <= DRAINING; state *= 2) {
            check(allowed[i].type, CHILD_FRONT, state, (allowed[i].front & state) != 0);
            check(allowed[i].type, CHILD_WORKER, state, (allowed[i].worker & state) != 0);
        }
}

Test(orders, what_only_we_may_say_ends_the_child_that_says_it)
{
    scene_run(1);
    struct child *worker = scene_child(0, CHILD_WORKER);
    struct process *process = scene_process(worker);
    scene_say(worker, &(struct ipc_message){.type = IPC_STOP}, NULL, 0);
    scene_turn(1);
    cr_assert(process->is_killed);
    SCENE_LOGGED("worker.0 is killed: it sent a message that it may not send");
}

Test(orders, a_child_that_talks_without_end_gets_its_turn_and_no_more)
{
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    struct ipc_message line = {.type = IPC_LOG, .level = LOG_DEBUG, .event = LOG_INTERNAL};
    for (unsigned i = 0; i < ORDERS_BATCH + 3; i++) {
        snprintf(line.text, sizeof line.text, "line %u.", i);
        line.level = (uint8_t)(LOG_ERROR + i % 5); /* each level has a limit of its own */
        scene_say(front, &line, NULL, 0);
    }
    scene_turn(1);
    SCENE_LOGGED("line 31.");
    SCENE_NOT_LOGGED("line 32.");
    scene_turn(1);
    SCENE_LOGGED("line 34.");
}

Test(orders, a_channel_that_closes_is_a_death_whose_signal_is_late)
{
    scene_run(1);
    struct child *worker = scene_child(0, CHILD_WORKER);
    struct process *process = scene_process(worker);
    close(process->chan_fd);
    process->chan_fd = -1;
    worker->has_messages = true;
    scene_turn(1);
    cr_assert(process->is_killed);
    SCENE_NOT_LOGGED("worker.0 is killed");
}

Test(orders, a_child_that_was_told_to_end_may_close_its_channel_first)
{
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    struct process *process = scene_process(front);
    lanes_stop(&sup, 0);
    close(process->chan_fd);
    process->chan_fd = -1;
    scene_turn(1);
    cr_assert_not(process->is_killed);
    cr_assert_eq(front->chan.fd, -1, "or it would wake us for ever");
}

Test(orders, a_front_that_refuses_a_reload_is_replaced)
{
    scene_run(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    struct process *process = scene_process(front);
    struct ipc_message reloaded = {.type = IPC_RELOADED, .epoch = 2};
    scene_say(front, &reloaded, NULL, 0);
    scene_turn(1);
    cr_assert_not(process->is_killed);
    reloaded.error = 1;
    scene_say(front, &reloaded, NULL, 0);
    scene_turn(1);
    cr_assert(process->is_killed);
    SCENE_LOGGED("front.0 is killed: it refused the new configuration");
}

Test(orders, a_worker_that_names_an_upstream_that_there_is_not_is_ended)
{
    scene_run(1);
    struct child *worker = scene_child(0, CHILD_WORKER);
    struct process *process = scene_process(worker);
    scene_say(worker, &(struct ipc_message){.type = IPC_UPSTREAM_WANT, .index = 5}, NULL, 0);
    scene_turn(1);
    cr_assert(process->is_killed);
}

Test(orders, the_library_of_a_worker_is_remembered)
{
    scene_open(1);
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_WORKER), STATUS_OK);
    struct ipc_message ready = {.type = IPC_READY};
    strcpy(ready.text, "Mbed TLS 9.9.9");
    scene_say(scene_child(0, CHILD_WORKER), &ready, NULL, 0);
    scene_turn(1);
    cr_assert_str_eq(sup.tls_library, "Mbed TLS 9.9.9");
    SCENE_LOGGED("workers run with Mbed TLS 9.9.9");
}

/* A socket at an address of the loopback, which becomes the configured one. */
static int
bound(int type)
{
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, size), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    sup.config.listen_count = 1;
    sup.config.listen[0] =
        (struct addr){.family = ADDR_IPV4, .port = ntohs(at.sin_port), .bytes = {127, 0, 0, 1}};
    return fd;
}

static bool
hand_over(int fd, uint32_t index, uint8_t kind)
{
    struct child *front = scene_child(0, CHILD_FRONT);
    struct ipc_message message = {.type = IPC_LISTENER, .index = index, .kind = kind};
    scene_say(front, &message, &fd, 1);
    scene_turn(1);
    return front->state == LIFE_STARTING;
}

Test(orders, a_socket_that_a_front_bound_is_kept_for_the_next_one)
{
    scene_open(1);
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_FRONT), STATUS_OK);
    int fd = bound(SOCK_DGRAM);
    cr_assert(hand_over(fd, 0, IPC_SOCKET_UDP));
    cr_assert_geq(sup.lanes[0].listeners[0][0], 0);
    cr_assert_not(hand_over(fd, 0, IPC_SOCKET_UDP), "there is one already");
}

Test(orders, a_socket_that_comes_after_a_stop_is_closed_and_starts_no_other_front)
{
    scene_open(2);
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_FRONT), STATUS_OK);
    struct child *front = scene_child(0, CHILD_FRONT);
    struct process *process = scene_process(front);
    int fd = bound(SOCK_DGRAM);
    lanes_stop(&sup, 0);
    cr_assert_not(hand_over(fd, 0, IPC_SOCKET_UDP));
    cr_expect_eq(front->state, LIFE_DRAINING);
    cr_expect_not(process->is_killed);
    cr_expect_eq(sup.lanes[0].listeners[0][0], -1);
    SCENE_NOT_LOGGED("it sent a message that it may not send");
}

Test(orders, a_socket_of_another_address_or_type_is_none)
{
    for (unsigned i = 0; i < 4; i++) {
        scene_open(1);
        processes_count = 0;
        cr_assert_eq(lanes_spawn_all(&sup, CHILD_FRONT), STATUS_OK);
        int fd = bound(i == 0 ? SOCK_STREAM : SOCK_DGRAM);
        sup.config.listen[0].port ^= i == 1;
        if (i == 2)
            fd = eventfd(0, EFD_CLOEXEC);
        int copy = dup(fd); /* the number that the one handed over gets */
        close(copy);
        cr_expect_not(hand_over(fd, i == 3, IPC_SOCKET_UDP), "case %u", i);
        cr_expect_eq(fcntl(copy, F_GETFD), -1, "case %u: it is closed", i);
        cr_expect_eq(sup.lanes[0].listeners[0][0], -1, "case %u", i);
    }
}

Test(orders, the_key_that_an_upstream_showed_is_remembered_by_its_address)
{
    char text[SHOWN_TEXT_MAX];
    struct ipc_message message = {.type = IPC_UPSTREAM_KEY, .index = 1, .pin = {1, 2, 3}};
    scene_open(1);
    sup.config.upstreams_count = 2;
    for (uint8_t i = 0; i < 2; i++)
        sup.config.upstreams[i].address =
            (struct addr){.family = ADDR_IPV4, .port = 1, .bytes = {127, 0, 0, i}};
    scene_start(1);
    struct child *worker = scene_child(0, CHILD_WORKER);
    scene_say(worker, &message, NULL, 0);
    message.pin[31] = 1;
    scene_say(worker, &message, NULL, 0);
    scene_turn(1);
    cr_assert_not(shown_text(&sup, &sup.config.upstreams[0].address, text));
    cr_assert_str_eq(text, "");
    cr_assert(shown_text(&sup, &sup.config.upstreams[1].address, text));
    cr_assert_str_eq(text, "sha256//AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=");
    message.index = 2;
    scene_say(worker, &message, NULL, 0);
    scene_turn(1);
    SCENE_LOGGED("worker.0");
    cr_assert(scene_process(worker)->is_killed, "there is no such upstream");
}

Test(orders, what_a_worker_wants_is_dialled_and_what_was_dear_is_left_alone)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    scene_open(1);
    sup.config.upstreams_count = 2;
    for (uint8_t i = 0; i < 2; i++)
        sup.config.upstreams[i].address =
            (struct addr){.family = ADDR_IPV4, .port = 1, .bytes = {127, 0, 0, i}};
    scene_start(1);
    struct child *worker = scene_child(0, CHILD_WORKER);
    scene_skip(worker);
    message = (struct ipc_message){.type = IPC_UPSTREAM_DEAR, .index = 1, .cost_us = 70000};
    scene_say(worker, &message, NULL, 0);
    message = (struct ipc_message){.type = IPC_UPSTREAM_WANT, .index = 1, .tag = 9};
    scene_say(worker, &message, NULL, 0);
    scene_turn(1);
    cr_assert_eq(scene_hear(worker, &message, fds), IPC_UPSTREAM_SOCKET);
    cr_assert_eq(message.error, IPC_ERROR_AVOIDED);
    cr_assert_eq(message.tag, 9);
}
