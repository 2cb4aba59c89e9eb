/* test_listen.c - sockets that a front is given, and those that it binds; the test is its supervisor
 * SPDX-License-Identifier: ISC
 */
#include "front/listen.h"

#include "child/child_ladder.h"
#include "child_scene.h"
#include "front/front.h"
#include "front/front_control.h"
#include "os/sock.h"

#include <netinet/in.h>
#include <sys/socket.h>

static struct config config;
static char said[IPC_TEXT_MAX]; /* the last line for the log */

/* main() up to READY */
static int
begin_only(void)
{
    static struct os os;
    static struct front front;
    child_ladder_begin(&os, &front.loop);
    front_control_begin(&front);
    child_ladder_ready(&front.inbox, &front.loop, &(struct ipc_message){.type = IPC_READY});
    return 0;
}

/* A port of 127.0.0.1 that no socket has. */
static uint16_t
free_port(void)
{
    for (;;) {
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        socklen_t size = sizeof at;
        int udp = socket(AF_INET, SOCK_DGRAM, 0), tcp = socket(AF_INET, SOCK_STREAM, 0);
        cr_assert_eq(bind(udp, (struct sockaddr *)&at, size), 0);
        cr_assert_eq(getsockname(udp, (struct sockaddr *)&at, &size), 0);
        bool is_free = bind(tcp, (struct sockaddr *)&at, size) == 0;
        close(udp);
        close(tcp);
        if (is_free)
            return ntohs(at.sin_port);
    }
}

/* A front that is to listen on 127.0.0.1. */
static void
start_lanes(uint16_t port, uint32_t lanes)
{
    scene_load("listen: [127.0.0.1]\nupstreams:\n- {name: one, address: 192.0.2.1, verify: ca, "
               "tls_name: one.example}\nlimits: {queries: 64, tcp_clients: 16}\n",
               &config);
    config.listen[0].port = port;
    config.lanes = lanes;
    scene_start(begin_only);
    scene_say_config(&config);
}

static void
start(uint16_t port)
{
    start_lanes(port, 1);
}

static void
hand_in(enum ipc_socket_kind kind, uint32_t index)
{
    int fd = socket(AF_INET, kind == IPC_SOCKET_UDP ? SOCK_DGRAM : SOCK_STREAM, 0);
    cr_assert_geq(fd, 0);
    scene_say(&(struct ipc_message){.type = IPC_LISTENER, .index = index, .kind = (uint8_t)kind},
              &fd, 1);
}

/* The front's next message, and its descriptor. @return false: it has ended */
static bool
hear(struct ipc_message *message, int *fd)
{
    int fds[IPC_FDS_MAX];
    do {
        cr_assert_eq(chan_await(scene_chan, 30000), STATUS_OK, "the front says nothing");
        enum status status = chan_receive(scene_chan, IPC_FROM_CHILD, message, fds);
        if (status == STATUS_CLOSED)
            return false;
        cr_assert_eq(status, STATUS_OK);
        if (message->type == IPC_LOG)
            memcpy(said, message->text, sizeof said);
    } while (message->type == IPC_LOG);
    *fd = fds[0];
    return true;
}

static void
expect_copy(enum ipc_socket_kind kind)
{
    struct ipc_message message;
    struct addr addr;
    int fd, type;
    cr_assert(hear(&message, &fd), "%s", said);
    cr_assert_eq(message.type, IPC_LISTENER);
    cr_expect_eq(message.kind, kind);
    cr_expect_eq(message.index, 0);
    cr_assert_eq(sock_bound(fd, &addr, &type), STATUS_OK);
    cr_expect_eq(type, kind == IPC_SOCKET_UDP ? SOCK_DGRAM : SOCK_STREAM);
    cr_expect(addr_is_equal(&addr, &config.listen[0]));
    close(fd);
}

static void
expect_ready(void)
{
    struct ipc_message message;
    int fd;
    cr_assert(hear(&message, &fd), "%s", said);
    cr_assert_eq(message.type, IPC_READY);
    cr_assert_eq(scene_end(), 0);
}

static void
expect_fatal(const char *words)
{
    struct ipc_message message;
    int fd;
    cr_assert_not(hear(&message, &fd), "type %d", message.type);
    int status = scene_end();
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1, "0x%x", (unsigned)status);
    cr_expect_not_null(strstr(said, words), "%s", said);
}

Test(listen, what_is_missing_is_bound_and_a_copy_of_each_goes_to_the_supervisor)
{
    start(free_port());
    scene_say_type(IPC_START);
    expect_copy(IPC_SOCKET_UDP);
    expect_copy(IPC_SOCKET_TCP);
    expect_ready();
}

Test(listen, what_was_handed_in_is_not_bound_again)
{
    start(free_port());
    hand_in(IPC_SOCKET_UDP, 0);
    scene_say_type(IPC_START);
    expect_copy(IPC_SOCKET_TCP);
    expect_ready();
}

Test(listen, a_socket_that_there_is_already_or_for_no_address_is_fatal)
{
    start(free_port());
    hand_in(IPC_SOCKET_TCP, 0);
    hand_in(IPC_SOCKET_TCP, 0);
    expect_fatal("was not asked for");
    start(free_port());
    hand_in(IPC_SOCKET_UDP, 1);
    expect_fatal("was not asked for");
}

/* A socket of our account that shares its address. @return its port */
static uint16_t
share(int type)
{
    const int one = 1;
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr = {htonl(INADDR_LOOPBACK)},
                             .sin_port = htons(free_port())};
    int fd = socket(AF_INET, type, 0); /* until the test ends */
    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one), 0);
    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    cr_assert(type == SOCK_DGRAM || listen(fd, 1) == 0);
    return ntohs(at.sin_port);
}

Test(listen, the_first_of_several_lanes_joins_no_server_that_shares_its_address)
{
    start_lanes(share(SOCK_DGRAM), 2);
    scene_say_type(IPC_START);
    expect_fatal("(UDP): Address already in use; another server has it");
    start_lanes(share(SOCK_STREAM), 2);
    scene_say_type(IPC_START);
    expect_copy(IPC_SOCKET_UDP);
    expect_fatal("(TCP): Address already in use; another server has it");
}

Test(listen, an_address_is_shared_with_the_penstock_that_hands_over)
{
    start_lanes(share(SOCK_DGRAM), 2);
    scene_say(&(struct ipc_message){.type = IPC_READING, .reads = 0}, NULL, 0);
    scene_say_type(IPC_START);
    expect_copy(IPC_SOCKET_UDP);
    expect_copy(IPC_SOCKET_TCP);
    expect_ready();
}

Test(listen, addresses_of_ours_that_meet_are_all_served)
{
    scene_load(
        "listen: [127.0.0.1, 0.0.0.0, 127.0.0.2]\nlanes: 2\nupstreams:\n- {name: one, address: "
        "192.0.2.1, verify: ca, tls_name: one.example}\n"
        "limits: {queries: 64, tcp_clients: 16}\n",
        &config);
    uint16_t port = free_port();
    for (uint32_t i = 0; i < config.listen_count; i++)
        config.listen[i].port = port;
    scene_start(begin_only);
    scene_say_config(&config);
    scene_say_type(IPC_START);
    struct ipc_message message;
    for (uint32_t i = 0; i < 6; i++) {
        int fd;
        cr_assert(hear(&message, &fd), "%s", said);
        cr_assert_eq(message.type, IPC_LISTENER);
        close(fd);
    }
    expect_ready();
}

Test(listen, an_address_that_another_server_has_is_named)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    int other = socket(AF_INET, SOCK_DGRAM, 0);
    cr_assert_eq(bind(other, (struct sockaddr *)&at, size), 0);
    cr_assert_eq(getsockname(other, (struct sockaddr *)&at, &size), 0);
    start(ntohs(at.sin_port));
    scene_say_type(IPC_START);
    expect_fatal("another server has it");
    close(other);
}
