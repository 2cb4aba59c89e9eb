/* test_netstat.c - what the kernel counts of the whole network namespace
 * SPDX-License-Identifier: ISC
 */
#include "os/netstat.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* 50 datagrams to a socket of the least room, that nobody reads. @return how many found none */
static unsigned
overflow(int family)
{
    struct sockaddr_in6 at6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in at4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *at = family == AF_INET ? (struct sockaddr *)&at4 : (struct sockaddr *)&at6;
    socklen_t size = family == AF_INET ? sizeof at4 : sizeof at6;
    char octets[1000] = "";
    unsigned read = 0;
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), least = 0;
    int from = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, at, size) != 0)
        cr_skip_test("no IPv6 here");
    cr_assert_eq(getsockname(fd, at, &size), 0);
    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least), 0);
    for (int i = 0; i < 50; i++)
        cr_assert_eq(sendto(from, octets, sizeof octets, 0, at, size), (ssize_t)sizeof octets);
    while (recv(fd, octets, sizeof octets, MSG_DONTWAIT) > 0)
        read++;
    close(fd);
    close(from);
    return 50 - read;
}

static void
expect_counted(int family)
{
    uint64_t before, after;
    cr_assert_eq(netstat_no_room(&before), STATUS_OK);
    unsigned lost = overflow(family);
    cr_assert_gt(lost, 10);
    cr_assert_eq(netstat_no_room(&after), STATUS_OK);
    cr_assert_geq(after - before, lost);
}

Test(netstat, what_found_no_room_is_counted)
{
    expect_counted(AF_INET);
}

Test(netstat, of_ipv6_too)
{
    expect_counted(AF_INET6);
}
