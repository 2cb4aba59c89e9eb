/* peer.c - see peer.h
 * SPDX-License-Identifier: ISC
 */
#include "os/peer.h"

#include "os/sys.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/un.h>

union control { /* room for one descriptor, and for a second that CMSG_SPACE leaves */
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

static enum status
status_of_errno(void)
{
    if (errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS)
        return STATUS_AGAIN;
    if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
        return STATUS_CLOSED;
    return STATUS_SYSTEM;
}

enum status
peer_accept(int listener, int *fd)
{
    int room = PEER_OUTPUT_BYTES;
    *fd = sys_accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (*fd < 0)
        return errno == EAGAIN || errno == ECONNABORTED || errno == EINTR ? STATUS_AGAIN
                                                                          : STATUS_SYSTEM;
    if (sys_setsockopt(*fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0)
        return STATUS_OK;
    int saved = errno;
    sys_close(*fd);
    *fd = -1;
    errno = saved;
    return STATUS_SYSTEM;
}

enum status
peer_identify(int fd, struct peer_who *who)
{
    struct ucred credentials;
    socklen_t size = sizeof credentials, groups_size = sizeof who->groups;
    memset(who, 0, sizeof *who);
    if (sys_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return STATUS_SYSTEM;
    who->uid = credentials.uid;
    who->gid = credentials.gid;
    who->pid = credentials.pid;
    if (sys_getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, who->groups, &groups_size) == 0)
        who->groups_count = groups_size / sizeof who->groups[0];
    return STATUS_OK;
}

enum status
peer_receive(int fd, uint8_t *bytes, size_t room, size_t *size)
{
    struct iovec part = {.iov_base = bytes, .iov_len = room};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t n;
    *size = 0;
    do
        n = sys_recvmsg(fd, &header, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return status_of_errno();
    if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
        return STATUS_INVALID;
    if (n == 0)
        return STATUS_CLOSED;
    *size = (size_t)n;
    return STATUS_OK;
}

enum status
peer_send(int fd, const uint8_t *bytes, size_t size, int passed)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    union control control = {0};
    if (passed >= 0) {
        header.msg_control = control.room;
        header.msg_controllen = CMSG_SPACE(sizeof passed);
        struct cmsghdr *c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof passed);
        memcpy(CMSG_DATA(c), &passed, sizeof passed);
    }
    ssize_t sent;
    do
        sent = sys_sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? status_of_errno() : STATUS_OK;
}

/* --- a client's end -------------------------------------------------------------------------- */

enum status
peer_connect(const char *path, int timeout_ms, int *fd)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    /* connect() waits as long for room in the queue of the listener, and nothing else does: what is
       sent and read here never waits. Zero would be for ever. */
    struct timeval most = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000L};
    size_t length = strlen(path);
    *fd = -1;
    if (length == 0 || length >= sizeof to.sun_path)
        return STATUS_INVALID;
    memcpy(to.sun_path, path, length);
    *fd = sys_socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (*fd >= 0 && sys_setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most) == 0 &&
        sys_connect(*fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return STATUS_OK;
    int saved = errno;
    if (*fd >= 0)
        sys_close(*fd);
    *fd = -1;
    errno = saved;
    return saved == EAGAIN ? STATUS_AGAIN : STATUS_SYSTEM;
}

/* @return how many descriptors came; the first is kept, others are closed */
static size_t
take_passed(struct msghdr *header, int *passed)
{
    size_t count = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t here = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < here; i++, count++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (count == 0)
                *passed = fd;
            else
                sys_close(fd);
        }
    }
    return count;
}

static enum status
take_message(int fd, uint8_t *bytes, size_t room, size_t *size, int *passed)
{
    struct iovec part = {.iov_base = bytes, .iov_len = room};
    union control control = {0};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.room,
                            .msg_controllen = sizeof control.room};
    ssize_t n;
    do
        n = sys_recvmsg(fd, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return status_of_errno();
    size_t count = take_passed(&header, passed);
    *size = (size_t)n;
    if (n > 0 && count <= 1 && (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0)
        return STATUS_OK;
    if (count > 0)
        sys_close(*passed);
    *passed = -1;
    return n == 0 && count == 0 ? STATUS_CLOSED : STATUS_INVALID;
}

enum status
peer_await(int fd, uint8_t *bytes, size_t room, size_t *size, int *passed, int timeout_ms)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    int ready;
    *size = 0;
    *passed = -1;
    do
        ready = sys_poll(&waiting, 1, timeout_ms);
    while (ready < 0 && errno == EINTR);
    if (ready <= 0)
        return ready == 0 ? STATUS_AGAIN : STATUS_SYSTEM;
    return take_message(fd, bytes, room, size, passed);
}
