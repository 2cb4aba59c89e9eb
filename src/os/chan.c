/* chan.c - see chan.h
 * SPDX-License-Identifier: ISC
 */
#include "os/chan.h"

#include "os/sys.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

union control {
    struct cmsghdr header; /* aligns */
    char room[CMSG_SPACE(IPC_FDS_MAX * sizeof(int))];
};

enum status
chan_pair(int pair[2])
{
    int flags = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;
    if (sys_socketpair(AF_UNIX, flags, 0, pair) == 0)
        return STATUS_OK;
    pair[0] = pair[1] = -1;
    return STATUS_SYSTEM;
}

static enum status
status_of_errno(void)
{
    if (errno == EAGAIN || errno == ENOBUFS)
        return STATUS_AGAIN;
    if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
        return STATUS_CLOSED;
    return STATUS_SYSTEM;
}

enum status
chan_send(int fd, const struct ipc_message *message, const int *fds, size_t fds_count)
{
    uint8_t bytes[IPC_MESSAGE_MAX];
    struct iovec part = {.iov_base = bytes, .iov_len = ipc_encode(message, bytes)};
    union control control = {0};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    assert(fds_count <= IPC_FDS_MAX);
    if (fds_count > 0) {
        header.msg_control = control.room;
        header.msg_controllen = CMSG_SPACE(fds_count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(fds_count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, fds_count * sizeof(int));
    }
    ssize_t sent;
    do
        sent = sys_sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? status_of_errno() : STATUS_OK;
}

/*
 * Copy the descriptors out of the control data. Returns how many there are, also where that is more
 * than a message may have: CMSG_SPACE rounds up, so the kernel can put one more into the room than
 * it was made for. Those are closed here.
 */
static size_t
take_fds(struct msghdr *header, int fds[IPC_FDS_MAX])
{
    size_t count = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t here = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < here; i++, count++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
            if (count < IPC_FDS_MAX)
                fds[count] = fd;
            else
                sys_close(fd);
        }
    }
    return count;
}

enum status
chan_receive(int fd, enum ipc_side sender, struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    uint8_t bytes[IPC_MESSAGE_MAX];
    struct iovec part = {.iov_base = bytes, .iov_len = sizeof bytes};
    union control control = {0};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.room,
                            .msg_controllen = sizeof control.room};
    memset(message, 0, sizeof *message);
    for (size_t i = 0; i < IPC_FDS_MAX; i++)
        fds[i] = -1;
    ssize_t size;
    do
        size = sys_recvmsg(fd, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (size < 0 && errno == EINTR);
    if (size < 0)
        return status_of_errno();
    size_t count = take_fds(&header, fds);
    enum status status = STATUS_INVALID;
    if (size == 0 && count == 0) /* the end; an empty datagram ends its sender just as well */
        status = STATUS_CLOSED;
    else if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 && count <= IPC_FDS_MAX)
        status = ipc_decode(bytes, (size_t)size, count, sender, message);
    if (status != STATUS_OK) {
        for (size_t i = 0; i < count && i < IPC_FDS_MAX; i++) {
            sys_close(fds[i]);
            fds[i] = -1;
        }
    }
    return status;
}

void
chan_close(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fds[i] >= 0)
            sys_close(fds[i]);
}

enum status
chan_await(int fd, int timeout_ms)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    int ready;
    do
        ready = sys_poll(&waiting, 1, timeout_ms);
    while (ready < 0 && errno == EINTR);
    return ready > 0 ? STATUS_OK : STATUS_AGAIN;
}
