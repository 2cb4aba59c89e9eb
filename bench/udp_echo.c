/* udp_echo.c - the floor: a UDP server that only turns a query into an answer of the same bytes
 * SPDX-License-Identifier: ISC
 *
 * usage: udp_echo ADDRESS PORT [sink]   Takes and sends batches of 64 as the front does; a sink sends
 * nothing. Runs until killed.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define BATCH 64

static uint8_t buffers[BATCH][2048];
static struct sockaddr_storage peers[BATCH];
static struct iovec vectors[BATCH];
static struct mmsghdr messages[BATCH];

static void
prepare(void)
{
    for (unsigned i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){buffers[i], sizeof buffers[i]};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &peers[i],
                                              .msg_namelen = sizeof peers[i],
                                              .msg_iov = &vectors[i],
                                              .msg_iovlen = 1};
    }
}

int
main(int argc, char **argv)
{
    bool is_sink = argc == 4 && strcmp(argv[3], "sink") == 0;
    if (argc != 3 && !is_sink)
        return 2;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    int room = 1 << 20;
    if (inet_pton(AF_INET, argv[1], &to.sin_addr) != 1 || fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) != 0 ||
        bind(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        perror("udp_echo");
        return 1;
    }
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    for (;;) {
        epoll_wait(epoll, &event, 1, -1);
        for (;;) {
            prepare();
            int count = recvmmsg(fd, messages, BATCH, 0, NULL);
            if (count <= 0)
                break;
            for (int i = 0; i < count && !is_sink; i++) {
                vectors[i].iov_len = messages[i].msg_len;
                if (messages[i].msg_len >= 12)
                    buffers[i][2] |= 0x80; /* QR */
            }
            if (!is_sink)
                sendmmsg(fd, messages, (unsigned)count, 0);
            if (count < BATCH)
                break;
        }
    }
}
