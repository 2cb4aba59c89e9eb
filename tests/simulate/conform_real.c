/* conform_real.c - the scripts of conform.c on the real kernel
 * SPDX-License-Identifier: ISC
 */
#include "conform.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int listener = -1, refusing = -1, peer = -1;

static int
bind_one(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof to) != 0)
        abort();
    return fd;
}

struct sockaddr_storage
peer_address(int is_refusing)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    getsockname(is_refusing ? refusing : listener, (struct sockaddr *)&address, &size);
    return address;
}

void
peer_accept(void)
{
    peer = accept(listener, NULL, NULL);
}

void
peer_write(size_t size)
{
    static const char octets[4096];
    if (write(peer, octets, size) != (ssize_t)size)
        abort();
}

void
peer_end(void)
{
    shutdown(peer, SHUT_WR);
}

void
peer_close(void)
{
    if (peer >= 0)
        close(peer);
    peer = -1;
}

void
peer_reset(void)
{
    struct linger linger = {.l_onoff = 1};
    setsockopt(peer, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    peer_close();
}

long
peer_read(void)
{
    static char octets[1 << 16];
    long all = 0;
    for (;;) {
        ssize_t got = recv(peer, octets, sizeof octets, MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN)
            return all;
        if (got < 0)
            return -1;
        if (got == 0)
            return all > 0 ? all : -2;
        all += got;
    }
}

/* Over loopback all is done by then: a word of the kernel's own, not of another process. */
void
peer_settle(void)
{
    (void)poll(NULL, 0, 20);
}

int
main(void)
{
    signal(SIGPIPE, SIG_IGN);
    listener = bind_one();
    refusing = bind_one();
    return listen(listener, 8) != 0 ? 1 : conform_run();
}
