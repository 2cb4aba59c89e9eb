/* test_chan.c - tests of chan
 * SPDX-License-Identifier: ISC
 */
#include "os/chan.h"
#include "os/evloop.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int pair[2];

static void
open_pair(void)
{
    cr_assert_eq(chan_pair(pair), STATUS_OK);
}

TestSuite(chan, .init = open_pair);

/* If it has not changed, no descriptor was left behind. */
static unsigned
open_count(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void
send_raw(const void *bytes, size_t size, int fds_count)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(8 * sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (fds_count > 0) {
        header.msg_control = control.room;
        header.msg_controllen = CMSG_SPACE((size_t)fds_count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN((size_t)fds_count * sizeof(int));
        for (int i = 0; i < fds_count; i++)
            memcpy(CMSG_DATA(c) + (size_t)i * sizeof(int), &pair[0], sizeof(int));
    }
    cr_assert_eq(sendmsg(pair[0], &header, 0), (ssize_t)size);
}

Test(chan, carries_a_message_and_working_descriptors)
{
    int bell, fds[IPC_FDS_MAX];
    struct ipc_message got,
        sent = {.type = IPC_RING, .epoch = 4, .ring_query_bytes = 4096, .ring_answer_bytes = 8192};
    cr_assert_eq(evloop_open_bell(&bell), STATUS_OK);
    int three[] = {bell, pair[0], pair[1]};
    cr_assert_eq(chan_send(pair[0], &sent, three, 3), STATUS_OK);
    cr_assert_eq(chan_await(pair[1], -1), STATUS_OK);
    cr_assert_eq(chan_receive(pair[1], IPC_FROM_SUPERVISOR, &got, fds), STATUS_OK);
    cr_assert_arr_eq(&got, &sent, sizeof got);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
    uint64_t count = 0;
    evloop_ring_bell(bell);
    cr_assert_eq(read(fds[0], &count, sizeof count), 8);
    cr_assert_eq(count, 1);
    cr_assert_eq(fcntl(bell, F_GETFD), FD_CLOEXEC); /* still ours */
}

Test(chan, an_empty_channel_says_again_and_a_closed_one_closed)
{
    struct ipc_message got, sent = {.type = IPC_STOP};
    int fds[IPC_FDS_MAX];
    cr_assert_eq(chan_await(pair[0], 0), STATUS_AGAIN);
    cr_assert_eq(chan_receive(pair[0], IPC_FROM_CHILD, &got, fds), STATUS_AGAIN);
    close(pair[1]);
    cr_assert_eq(chan_receive(pair[0], IPC_FROM_CHILD, &got, fds), STATUS_CLOSED);
    cr_assert_eq(chan_send(pair[0], &sent, NULL, 0), STATUS_CLOSED);
}

Test(chan, a_peer_that_does_not_read_makes_it_say_again)
{
    struct ipc_message sent = {.type = IPC_STOP};
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < 100000 && status == STATUS_OK; i++)
        status = chan_send(pair[0], &sent, NULL, 0);
    cr_assert_eq(status, STATUS_AGAIN);
}

Test(chan, descriptors_of_a_message_that_breaks_the_rules_are_closed)
{
    static const uint8_t stop[] = {0, IPC_STOP}, nonsense[] = {0, 99};
    static uint8_t too_long[IPC_MESSAGE_MAX + 1] = {0, IPC_LOG};
    struct ipc_message got;
    int fds[IPC_FDS_MAX];
    unsigned before = open_count();
    struct {
        const void *bytes;
        size_t size;
        int fds;
    } bad[] = {
        {stop, 2, 1},               /* STOP brings none */
        {nonsense, 2, 3},           /* no such type */
        {stop, 2, IPC_FDS_MAX + 1}, /* one more than any message has: it fits the rounded room */
        {stop, 2, 8},
        {too_long, sizeof too_long, 2},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        send_raw(bad[i].bytes, bad[i].size, bad[i].fds);
        cr_assert_eq(chan_receive(pair[1], IPC_FROM_SUPERVISOR, &got, fds), STATUS_INVALID, "%zu",
                     i);
        for (int k = 0; k < IPC_FDS_MAX; k++)
            cr_assert_eq(fds[k], -1);
        cr_assert_eq(open_count(), before, "%zu: a descriptor was left", i);
    }
}

Test(chan, a_message_from_the_wrong_side_is_refused)
{
    struct ipc_message got, sent = {.type = IPC_READY};
    int fds[IPC_FDS_MAX];
    cr_assert_eq(chan_send(pair[0], &sent, NULL, 0), STATUS_OK);
    cr_assert_eq(chan_receive(pair[1], IPC_FROM_SUPERVISOR, &got, fds), STATUS_INVALID);
}
