/* test_unread.c - datagrams that nobody read
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/unread.h"

#include "supervisor_scene.h"

#include <arpa/inet.h>
#include <netinet/in.h>

Test(unread, what_found_no_room_is_bounded_by_what_the_namespace_counted)
{
    cr_expect_eq(unread_no_room(20, true, true, 0), 0);
    cr_expect_eq(unread_no_room(20, true, true, 5), 5);
    cr_expect_eq(unread_no_room(20, true, true, 50), 20, "others had none either");
    cr_expect_eq(unread_no_room(20, false, true, 0), 20, "no filter could have taken them");
    cr_expect_eq(unread_no_room(20, true, false, 0), 20, "nobody says otherwise");
}

/* A socket of the least room, that nobody reads. */
static int
make_socket(struct sockaddr_in *at)
{
    socklen_t size = sizeof *at;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), least = 0;
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least), 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)at, sizeof *at), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)at, &size), 0);
    return fd;
}

/* So many datagrams to it. */
static void
flood(const struct sockaddr_in *at, int count)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    for (int i = 0; i < count; i++)
        cr_assert_gt(sendto(fd, at, sizeof *at, 0, (const struct sockaddr *)at, sizeof *at), 0);
    close(fd);
}

static uint64_t
counted(void)
{
    unread_look(&sup);
    return atomic_load(&sup.page->no_room) + atomic_load(&sup.page->filtered);
}

Test(unread, each_is_counted_once)
{
    struct sockaddr_in at;
    scene_open(1);
    sup.config.listen_count = 1;
    sup.config.filter_kernel = 1;
    cr_assert_eq(counted(), 0);
    sup.lanes[0].listeners[0][IPC_SOCKET_UDP - 1] = make_socket(&at);
    flood(&at, 10);
    uint64_t first = counted();
    cr_assert(first > 0 && first < 10, "%d", (int)first);
    cr_assert_eq(counted(), first);
    flood(&at, 100);
    cr_assert_eq(counted(), first + 100);
    cr_assert_geq(atomic_load(&sup.page->no_room), first + 100 - 1);
}

Test(unread, what_was_dropped_before_the_socket_was_ours_is_past)
{
    struct sockaddr_in at;
    scene_open(1);
    sup.config.listen_count = 1;
    sup.lanes[0].listeners[0][IPC_SOCKET_UDP - 1] = make_socket(&at);
    flood(&at, 100);
    unread_begin(&sup);
    cr_assert_eq(counted(), 0);
    flood(&at, 100);
    cr_assert_eq(counted(), 100);
}
