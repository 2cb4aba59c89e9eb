/* conform.c - see conform.h
 * SPDX-License-Identifier: ISC
 */
#include "conform.h"

#include "os/sys.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

static const char *script;
static int epoll_fd;

static void
show(const char *what, long value, int error)
{
    printf("%s: %s %ld%s%s\n", script, what, value, error != 0 ? " " : "",
           error != 0 ? strerrorname_np(error) : "");
}

static void
show_call(const char *what, long result)
{
    show(what, result, result < 0 ? errno : 0);
}

static void
begin(const char *name)
{
    script = name;
    epoll_fd = sys_epoll_create1(EPOLL_CLOEXEC);
}

static void
watch(int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    show_call("watch", sys_epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event));
}

static void
watch_again(int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    show_call("watch again", sys_epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event));
}

/* What epoll says of the one descriptor; 0: nothing. */
static void
show_events(const char *when)
{
    struct epoll_event event = {0};
    int count = sys_epoll_wait(epoll_fd, &event, 1, 0);
    show(when, count > 0 ? (long)event.events : 0, 0);
}

static void
show_recv(int fd)
{
    char octets[4096];
    show_call("recv", sys_recv(fd, octets, sizeof octets, 0));
}

static int
dial(bool is_refused)
{
    struct sockaddr_storage to = peer_address(is_refused);
    int fd = sys_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    show_events("fresh");
    show_call("connect", sys_connect(fd, (struct sockaddr *)&to, sizeof(struct sockaddr_in)));
    if (!is_refused)
        peer_accept();
    peer_settle();
    return fd;
}

static void
leave(int fd)
{
    sys_close(fd);
    sys_close(epoll_fd);
    peer_settle();
}

/* --- scripts --------------------------------------------------------------------------------- */

static void
ring(int fd)
{
    uint64_t one = 1;
    show_call("ring", sys_write(fd, &one, sizeof one));
}

static void
bell_on_the_edge(void)
{
    uint64_t count = 0;
    int fd = sys_eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    begin("a bell on its edge");
    watch(fd, EPOLLIN | EPOLLET);
    show_events("before");
    ring(fd);
    show_events("rung");
    show_events("once more");
    ring(fd);
    ring(fd);
    show_events("rung twice");
    watch_again(fd, EPOLLIN | EPOLLET);
    show_events("watched again");
    show_call("read", sys_read(fd, &count, sizeof count));
    show("count", (long)count, 0);
    show_call("read", sys_read(fd, &count, sizeof count));
    watch_again(fd, EPOLLIN);
    ring(fd);
    show_events("level");
    show_events("level");
    count = UINT64_MAX - 2;
    show_call("fill", sys_write(fd, &count, sizeof count));
    ring(fd);
    leave(fd);
}

static void
connection_opens(void)
{
    begin("a connection opens");
    int fd = dial(false);
    show_events("open");
    show_call("send", sys_send(fd, "hello", 5, MSG_NOSIGNAL));
    peer_settle();
    show("peer has", peer_read(), 0);
    peer_write(10);
    peer_settle();
    show_events("octets");
    show_recv(fd);
    show_recv(fd);
    leave(fd);
    show("peer has", peer_read(), 0);
    peer_close();
}

static void
connection_is_refused(void)
{
    begin("a connection is refused");
    int fd = dial(true), error = 0;
    socklen_t size = sizeof error;
    show_events("refused");
    show_call("error", sys_getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size));
    show("error", 0, error);
    show_call("send", sys_send(fd, "x", 1, MSG_NOSIGNAL));
    leave(fd);
}

static void
half_closed(void)
{
    begin("a half-closed stream");
    int fd = dial(false);
    peer_write(3);
    peer_end();
    peer_settle();
    show_events("ended");
    show_recv(fd);
    show_recv(fd);
    show_recv(fd);
    show_events("read");
    show_call("send", sys_send(fd, "more", 4, MSG_NOSIGNAL));
    peer_settle();
    show("peer has", peer_read(), 0);
    leave(fd);
    peer_close();
}

static void
reset_with_unread(void)
{
    begin("a reset behind octets");
    int fd = dial(false);
    peer_write(7);
    peer_settle();
    peer_reset();
    peer_settle();
    show_events("reset");
    show_recv(fd);
    show_recv(fd);
    show_recv(fd);
    show_events("told");
    show_call("send", sys_send(fd, "x", 1, MSG_NOSIGNAL));
    leave(fd);
}

static void
send_after_reset(void)
{
    begin("sending after a reset");
    int fd = dial(false);
    peer_reset();
    peer_settle();
    show_call("send", sys_send(fd, "x", 1, MSG_NOSIGNAL));
    show_call("send", sys_send(fd, "x", 1, MSG_NOSIGNAL));
    show_recv(fd);
    leave(fd);
}

static void
closing_unread(void)
{
    begin("closing with octets unread");
    int fd = dial(false);
    peer_write(5);
    peer_settle();
    leave(fd);
    show("peer has", peer_read(), 0);
    peer_close();
}

static void
peer_closed(void)
{
    begin("sending to a closed peer");
    int fd = dial(false);
    peer_close();
    peer_settle();
    show_events("closed");
    show_call("send", sys_send(fd, "x", 1, MSG_NOSIGNAL));
    peer_settle();
    show_call("send", sys_send(fd, "x", 1, MSG_NOSIGNAL));
    show_recv(fd);
    leave(fd);
}

static void
window_is_full(void)
{
    static char octets[65536];
    begin("a full window");
    int fd = dial(false), calls = 0;
    long sent;
    while ((sent = sys_send(fd, octets, sizeof octets, MSG_NOSIGNAL)) > 0 && calls++ < 10000)
        ;
    show_call("send", sent);
    watch_again(fd, EPOLLOUT);
    show_events("full");
    for (int i = 0; i < 200 && peer_read() > 0; i++)
        peer_settle();
    show_events("read");
    leave(fd);
    peer_close();
}

static long
send_with(int channel, int carried)
{
    char control[CMSG_SPACE(sizeof(int))] = {0}, octets[3] = "ab";
    struct iovec part = {octets, sizeof octets};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (carried >= 0) {
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof carried);
        memcpy(CMSG_DATA(c), &carried, sizeof carried);
    }
    return sys_sendmsg(channel, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* @return the descriptor that came along; -1: none */
static int
show_receive(int channel, size_t room)
{
    char control[CMSG_SPACE(sizeof(int))] = {0}, octets[8];
    struct iovec part = {octets, room};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof control};
    int fd = -1;
    long size = sys_recvmsg(channel, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    show_call("receive", size);
    if (size < 0)
        return -1;
    show("flags", header.msg_flags & (MSG_TRUNC | MSG_CTRUNC), 0);
    show("control", (long)header.msg_controllen, 0);
    if (header.msg_controllen > 0)
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof fd);
    return fd;
}

static void
channel(void)
{
    int pair[2], bell = sys_eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    uint64_t count;
    begin("a channel");
    show_call("pair",
              sys_socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair));
    (void)show_receive(pair[0], 8);
    watch(pair[0], EPOLLIN | EPOLLRDHUP);
    show_events("empty");
    show_call("send", send_with(pair[1], bell));
    sys_close(bell); /* the message has it still */
    show_events("a message");
    int passed = show_receive(pair[0], 8);
    show("passed", passed >= 0, 0);
    ring(passed);
    show_call("read", sys_read(passed, &count, sizeof count));
    sys_close(passed);
    show_call("send", send_with(pair[1], -1));
    (void)show_receive(pair[0], 2);
    show_call("send", send_with(pair[1], -1));
    sys_close(pair[1]);
    show_events("the other end is closed");
    (void)show_receive(pair[0], 8);
    (void)show_receive(pair[0], 8);
    show_call("send", send_with(pair[0], -1));
    leave(pair[0]);
}

static void
channel_is_full(void)
{
    int pair[2], count = 0;
    begin("a full channel");
    show_call("pair",
              sys_socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair));
    while (send_with(pair[1], -1) > 0 && count < 100000)
        count++;
    show_call("send", send_with(pair[1], -1));
    show("messages", count, 0);
    sys_close(pair[1]);
    leave(pair[0]);
}

static void
closed_descriptor(void)
{
    begin("a closed descriptor");
    int fd = sys_eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN};
    watch(fd, EPOLLIN);
    show_call("twice", sys_epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event));
    show_events("open");
    sys_close(fd);
    show_events("closed");
    show_call("remove", sys_epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, &event));
    show_call("close", sys_close(fd));
    sys_close(epoll_fd);
}

int
conform_run(void)
{
    bell_on_the_edge();
    connection_opens();
    connection_is_refused();
    half_closed();
    reset_with_unread();
    send_after_reset();
    closing_unread();
    peer_closed();
    window_is_full();
    channel();
    channel_is_full();
    closed_descriptor();
    return 0;
}
