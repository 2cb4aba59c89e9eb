/* socket_programs.c - the UDP filter and the lane program attached to real sockets
 * SPDX-License-Identifier: ISC
 *
 * The cases of the unit tests again, with the kernel in place of the interpreter, in a network
 * namespace of its own. Exit 0: all as expected; 1: not; 77: no namespace to be had here.
 */
#include "gate/packet_filter.h"
#include "gate/steering.h"
#include "os/sock.h"

#include "../fixtures/socket_filter_cases.h"
#include "../fixtures/steering_lane.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LANES   3
#define CLIENTS 150
#define WAIT_MS 5000

static unsigned failures;

#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            failures++;                                                                            \
            printf("line %d: ", __LINE__);                                                         \
            printf(__VA_ARGS__);                                                                   \
            printf("\n");                                                                          \
        }                                                                                          \
    } while (0)

/* What the test itself needs from the kernel; without it there is nothing to say. */
#define NEED(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d: %s: %s\n", __LINE__, #condition, strerror(errno));                    \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static struct addr
address(const char *text, uint16_t port)
{
    struct addr addr;
    NEED(addr_parse(text, port == 0 ? 1 : port, &addr) == STATUS_OK);
    addr.port = port;
    return addr;
}

static int
open_bound(const struct addr *addr, int type, bool shared)
{
    struct sockaddr_storage to;
    socklen_t size = addr_to_socket(addr, &to);
    int fd = socket(addr->family == ADDR_IPV4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0);
    int on = 1;
    NEED(fd >= 0);
    NEED(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    if (shared)
        NEED(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0);
    if (addr->family == ADDR_IPV6)
        NEED(setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on) == 0);
    NEED(bind(fd, (struct sockaddr *)&to, size) == 0);
    return fd;
}

static bool
is_readable(int fd, int wait_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, wait_ms) == 1;
}

static void
send_to(int fd, const struct addr *to, const uint8_t *octets, size_t size)
{
    struct sockaddr_storage sockaddr;
    socklen_t length = addr_to_socket(to, &sockaddr);
    NEED(sendto(fd, octets, size, 0, (struct sockaddr *)&sockaddr, length) == (ssize_t)size);
}

/* Behind each case comes a query that always passes, so that a drop needs no waiting. */
static void
try_filter_case(int fd, const struct addr *server, const char *client,
                const struct socket_filter_case *c)
{
    static const uint8_t mark[] = {0xff, 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1};
    struct addr from = address(client, c->source_port), any = address(client, 0);
    int sender = open_bound(&from, SOCK_DGRAM, false), marker = open_bound(&any, SOCK_DGRAM, false);
    send_to(sender, server, c->octets, c->size);
    send_to(marker, server, mark, sizeof mark);
    uint8_t got[64] = {0};
    bool passed = false;
    for (;;) {
        NEED(is_readable(fd, WAIT_MS));
        ssize_t size = recv(fd, got, sizeof got, 0);
        if (size == sizeof mark && got[0] == 0xff && got[1] == 0xff)
            break;
        CHECK((size_t)size == c->size && memcmp(got, c->octets, c->size) == 0,
              "%s: something else came", c->what);
        passed = true;
    }
    CHECK(passed == c->passes, "%s: %s", c->what, passed ? "passed" : "dropped");
    close(sender);
    close(marker);
}

static void
test_filter(const char *server_text, const char *client)
{
    struct addr server = address(server_text, 5300);
    int fd = open_bound(&server, SOCK_DGRAM, false), on = 1;
    struct sock_filter program[PACKET_FILTER_MAX];
    size_t size = packet_filter_build(packet_filter_ports, packet_filter_ports_count, program);
    struct sock_fprog attach = {.len = (unsigned short)size, .filter = program};
    NEED(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &attach, sizeof attach) == 0);
    NEED(setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof on) == 0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &on, sizeof on) == -1 && errno == EPERM,
          "the filter could be taken off");
    uint32_t dropped = 0;
    for (size_t i = 0; i < SOCKET_FILTER_CASES; i++) {
        try_filter_case(fd, &server, client, &socket_filter_cases[i]);
        dropped += !socket_filter_cases[i].passes;
    }
    uint32_t memory[SK_MEMINFO_VARS];
    socklen_t length = sizeof memory;
    NEED(getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &length) == 0);
    CHECK(memory[SK_MEMINFO_DROPS] == dropped, "the kernel counted %u drops of %u",
          memory[SK_MEMINFO_DROPS], dropped);
    close(fd);
}

/* The one lane that has something to read; -1 if it is not exactly one. */
static int
readable_lane(const int lanes[LANES])
{
    struct pollfd polled[LANES];
    for (int i = 0; i < LANES; i++)
        polled[i] = (struct pollfd){.fd = lanes[i], .events = POLLIN};
    if (poll(polled, LANES, WAIT_MS) != 1)
        return -1;
    int lane = 0;
    while (polled[lane].revents == 0)
        lane++;
    return lane;
}

static void
ask_as(const struct addr *client, const struct addr *server, int type, const int lanes[LANES],
       uint32_t wanted)
{
    struct sockaddr_storage to;
    socklen_t size = addr_to_socket(server, &to);
    int fd = open_bound(client, type, false);
    char text[ADDR_TEXT_MAX];
    NEED(connect(fd, (struct sockaddr *)&to, size) == 0);
    if (type == SOCK_DGRAM)
        NEED(send(fd, "?", wanted % 2, 0) >= 0); /* an empty datagram has to find its lane too */
    int lane = readable_lane(lanes);
    CHECK(lane == (int)wanted, "%s %s: lane %d, not %u", type == SOCK_DGRAM ? "UDP" : "TCP",
          addr_format(client, text), lane, wanted);
    if (lane >= 0 && type == SOCK_DGRAM) {
        char octet;
        NEED(recv(lanes[lane], &octet, 1, 0) >= 0);
    } else if (lane >= 0) {
        int accepted = accept(lanes[lane], NULL, NULL);
        NEED(accepted >= 0);
        close(accepted);
    }
    close(fd);
}

static struct addr
random_client(enum addr_family family)
{
    struct addr client = {.family = (uint8_t)family};
    if (family == ADDR_IPV4) {
        client.bytes[0] = 127;
        for (unsigned i = 1; i < 4; i++)
            client.bytes[i] = (uint8_t)(1 + rand() % 250);
    } else {
        memcpy(client.bytes, (uint8_t[]){0x20, 1, 0xd, 0xb8}, 4);
        for (unsigned i = 4; i < 16; i++)
            client.bytes[i] = (uint8_t)rand();
    }
    return client;
}

/* A balancer's datagrams: each goes to the lane of the client that its header names. */
static void
ask_behind(int balancer, const struct steering *s, const struct addr *client,
           const int lanes[LANES])
{
    bool is_ipv4 = client->family == ADDR_IPV4;
    uint8_t octets[52] = "\r\n\r\n\0\r\nQUIT\n", got[64];
    octets[12] = 0x21;
    octets[13] = is_ipv4 ? 0x12 : 0x22;
    octets[15] = is_ipv4 ? 12 : 36;
    memcpy(octets + 16, client->bytes, is_ipv4 ? 4 : 16);
    ssize_t size = is_ipv4 ? 28 : 52;
    NEED(send(balancer, octets, (size_t)size, 0) == size);
    int lane = readable_lane(lanes);
    char text[ADDR_TEXT_MAX];
    CHECK(lane == (int)steering_lane(s, client), "%s behind a balancer: lane %d",
          addr_format(client, text), lane);
    if (lane >= 0)
        NEED(recv(lanes[lane], got, sizeof got, 0) == size);
}

static void
test_steering_behind(const char *server_text)
{
    struct addr server = address(server_text, 5302), any = address(server_text, 0);
    struct sockaddr_storage to;
    socklen_t size = addr_to_socket(&server, &to);
    struct steering s;
    struct sock_filter program[STEERING_MAX];
    NEED(steering_init(&s, LANES, 20, 48, (struct hash_key){3, 4}) == STATUS_OK);
    struct sock_fprog attach = {.len = (unsigned short)steering_build(&s, true, program),
                                .filter = program};
    int lanes[LANES], balancer = open_bound(&any, SOCK_DGRAM, false);
    for (unsigned i = 0; i < LANES; i++)
        lanes[i] = open_bound(&server, SOCK_DGRAM, true);
    NEED(setsockopt(lanes[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &attach, sizeof attach) == 0);
    NEED(connect(balancer, (struct sockaddr *)&to, size) == 0);
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct addr client = random_client(i % 2 == 0 ? ADDR_IPV4 : ADDR_IPV6);
        ask_behind(balancer, &s, &client, lanes);
    }
    for (unsigned i = 0; i < CLIENTS / 4; i++) { /* and without a header as ever */
        struct addr client = random_client(server.family);
        ask_as(&client, &server, SOCK_DGRAM, lanes, steering_lane(&s, &client));
    }
    for (unsigned i = 0; i < LANES; i++)
        close(lanes[i]);
    close(balancer);
}

static void
test_steering(const char *server_text, int type)
{
    struct addr server = address(server_text, 5301);
    struct steering s;
    struct sock_filter program[STEERING_MAX];
    NEED(steering_init(&s, LANES, 20, 48, (struct hash_key){3, 4}) == STATUS_OK);
    struct sock_fprog attach = {.len = (unsigned short)steering_build(&s, false, program),
                                .filter = program};
    int lanes[LANES];
    unsigned counts[LANES] = {0};
    for (unsigned i = 0; i < LANES; i++) {
        lanes[i] = open_bound(&server, type, true);
        if (type == SOCK_STREAM)
            NEED(listen(lanes[i], 16) == 0);
    }
    NEED(setsockopt(lanes[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &attach, sizeof attach) == 0);
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct addr client = random_client(server.family);
        uint32_t lane = steering_lane(&s, &client);
        counts[lane]++;
        ask_as(&client, &server, type, lanes, lane);
    }
    for (unsigned i = 0; i < LANES; i++) {
        CHECK(counts[i] > 0, "lane %u was never tried", i);
        close(lanes[i]);
    }
}

int
main(void)
{
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return 77;
    /* 2001:db8::/32 becomes our own, as 127/8 is */
    if (system("ip link set lo up && ip -6 route add local 2001:db8::/32 dev lo") != 0)
        return 77;
    test_filter("127.0.0.1", "127.0.0.2");
    test_filter("2001:db8::1", "2001:db8::2");
    test_steering("127.0.0.1", SOCK_DGRAM);
    test_steering("127.0.0.1", SOCK_STREAM);
    test_steering("2001:db8::1", SOCK_DGRAM);
    test_steering("2001:db8::1", SOCK_STREAM);
    test_steering_behind("127.0.0.1");
    test_steering_behind("2001:db8::1");
    printf("%u failures\n", failures);
    return failures == 0 ? 0 : 1;
}
