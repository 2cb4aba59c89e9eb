/* test_sock.c - what a socket is found to be
 * SPDX-License-Identifier: ISC
 */
#include "os/sock.h"

#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

Test(sock, knows_the_wildcard_of_each_family)
{
    struct addr v4 = {.family = ADDR_IPV4, .port = 53}, v6 = {.family = ADDR_IPV6, .port = 53};
    cr_assert(sock_is_wildcard(&v4) && sock_is_wildcard(&v6));
    v4.bytes[3] = 1;
    v6.bytes[15] = 1;
    cr_assert_not(sock_is_wildcard(&v4) || sock_is_wildcard(&v6));
}

Test(sock, says_what_a_socket_is_bound_to)
{
    struct addr addr;
    int type, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(fd, 0);
    cr_assert_eq(sock_bound(fd, &addr, &type), STATUS_OK);
    cr_assert(addr.family == ADDR_IPV4 && addr.port == 0 && type == SOCK_DGRAM);
    close(fd);
    cr_assert_eq(sock_bound(fd, &addr, &type), STATUS_SYSTEM, "it is closed");
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    cr_assert_eq(sock_bound(pair[0], &addr, &type), STATUS_INVALID, "no address of ours");
    close(pair[0]);
    close(pair[1]);
}

Test(sock, adopts_a_socket_of_the_right_type_only)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(fd, 0);
    cr_assert_eq(sock_adopt(fd, SOCK_STREAM), STATUS_INVALID);
    cr_assert_eq(sock_adopt(fd, SOCK_DGRAM), STATUS_OK);
    close(fd);
}
