/* test_peer.c - a Unix socket with a stranger at the other end
 * SPDX-License-Identifier: ISC
 */
#include "os/peer.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listener, service, client;
static char path[64];

static void
begin(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(path, sizeof path, "/tmp/penstock-peer-%d", (int)getpid());
    strcpy(at.sun_path, path);
    listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(listen(listener, 4), 0);
    cr_assert_eq(peer_accept(listener, &service), STATUS_AGAIN);
    cr_assert_eq(peer_connect(path, 1000, &client), STATUS_OK);
    cr_assert_eq(peer_accept(listener, &service), STATUS_OK);
}

static void
end(void)
{
    unlink(path);
}

static unsigned
open_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

Test(peer, who_it_is_comes_from_the_kernel, .init = begin, .fini = end)
{
    struct peer_who who;
    cr_assert_eq(peer_identify(service, &who), STATUS_OK);
    cr_assert_eq(who.uid, getuid());
    cr_assert_eq(who.gid, getgid());
    gid_t groups[PEER_GROUPS_MAX];
    cr_assert_eq(who.groups_count, (size_t)getgroups(PEER_GROUPS_MAX, groups));
}

Test(peer, messages_and_one_descriptor_cross, .init = begin, .fini = end)
{
    uint8_t bytes[8];
    size_t size;
    int passed;
    cr_assert_eq(peer_receive(service, bytes, sizeof bytes, &size), STATUS_AGAIN);
    cr_assert_eq(peer_send(client, (const uint8_t *)"ask", 3, -1), STATUS_OK);
    cr_assert_eq(peer_receive(service, bytes, sizeof bytes, &size), STATUS_OK);
    cr_assert_eq(size, 3);
    cr_assert_eq(peer_send(service, (const uint8_t *)"page", 4, listener), STATUS_OK);
    cr_assert_eq(peer_await(client, bytes, sizeof bytes, &size, &passed, 1000), STATUS_OK);
    cr_assert_eq(size, 4);
    cr_assert_geq(passed, 0);
    cr_assert_eq(fcntl(passed, F_GETFD), FD_CLOEXEC);
    cr_assert_eq(peer_await(client, bytes, sizeof bytes, &size, &passed, 1), STATUS_AGAIN);
    close(client);
    cr_assert_eq(peer_receive(service, bytes, sizeof bytes, &size), STATUS_CLOSED);
    cr_assert_eq(peer_send(service, (const uint8_t *)"late", 4, -1), STATUS_CLOSED);
}

Test(peer, a_descriptor_from_a_client_is_never_ours, .init = begin, .fini = end)
{
    uint8_t bytes[8];
    size_t size;
    unsigned before = open_descriptors();
    cr_assert_eq(peer_send(client, (const uint8_t *)"ask", 3, listener), STATUS_OK);
    cr_assert_eq(peer_receive(service, bytes, sizeof bytes, &size), STATUS_INVALID);
    cr_assert_eq(open_descriptors(), before);
}

Test(peer, what_is_too_long_is_refused, .init = begin, .fini = end)
{
    uint8_t bytes[8];
    size_t size;
    int passed;
    cr_assert_eq(peer_send(client, (const uint8_t *)"123456789", 9, -1), STATUS_OK);
    cr_assert_eq(peer_receive(service, bytes, sizeof bytes, &size), STATUS_INVALID);
    cr_assert_eq(peer_send(service, (const uint8_t *)"123456789", 9, listener), STATUS_OK);
    unsigned before = open_descriptors();
    cr_assert_eq(peer_await(client, bytes, sizeof bytes, &size, &passed, 1000), STATUS_INVALID);
    cr_assert_eq(passed, -1);
    cr_assert_eq(open_descriptors(), before);
}

Test(peer, what_is_not_read_fills_little_memory_and_nobody_waits, .init = begin, .fini = end)
{
    uint8_t bytes[500] = {0};
    unsigned sent = 0;
    while (peer_send(service, bytes, sizeof bytes, listener) == STATUS_OK)
        sent++;
    cr_assert_gt(sent, 2);
    cr_assert_lt(sent, 64);
    cr_assert_eq(peer_send(service, bytes, sizeof bytes, -1), STATUS_AGAIN);
}

Test(peer, a_listener_that_takes_nobody_is_not_waited_for_for_ever, .init = begin, .fini = end)
{
    int fd;
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < 8 && status == STATUS_OK; i++)
        status = peer_connect(path, 20, &fd);
    cr_assert_eq(status, STATUS_AGAIN);
    cr_assert_eq(fd, -1);
}

Test(peer, nobody_is_there)
{
    int fd;
    char longest[200];
    cr_assert_eq(peer_connect("/tmp/penstock-nobody", 1000, &fd), STATUS_SYSTEM);
    cr_assert_eq(errno, ENOENT);
    cr_assert_eq(fd, -1);
    memset(longest, 'x', sizeof longest);
    longest[199] = '\0';
    cr_assert_eq(peer_connect(longest, 1000, &fd), STATUS_INVALID);
    cr_assert_eq(peer_connect("", 1000, &fd), STATUS_INVALID);
}
