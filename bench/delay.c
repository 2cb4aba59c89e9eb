/* delay.c - a TCP relay that is far away
 * SPDX-License-Identifier: ISC
 *
 * usage: delay LISTEN-PORT TARGET-PORT MS
 *
 * What comes in on one side goes out on the other MS milliseconds later, on 127.0.0.1.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PAIRS_MAX  64
#define PIECES_MAX 512
#define PIECE_MAX  16384

struct piece {
    uint64_t due_us;
    size_t size, sent; /* size 0: the end of the stream */
    uint8_t bytes[PIECE_MAX];
};

struct way { /* from one descriptor to another */
    int from, to;
    bool is_over;
    unsigned head, tail; /* pieces[head..tail) modulo PIECES_MAX */
    struct piece *pieces;
};

static struct way ways[2 * PAIRS_MAX];
static unsigned ways_count;
static uint64_t delay_us;

static uint64_t
now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

static struct sockaddr_in
local(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void
take_connection(int listener, int port)
{
    struct sockaddr_in to = local(port);
    int on = 1, ends[2] = {accept(listener, NULL, NULL), socket(AF_INET, SOCK_STREAM, 0)};
    if (ends[0] < 0 || ends[1] < 0 || ways_count == 2 * PAIRS_MAX ||
        connect(ends[1], (struct sockaddr *)&to, sizeof to) != 0) {
        close(ends[0]);
        close(ends[1]);
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        setsockopt(ends[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ways[ways_count++] = (struct way){
            .from = ends[i], .to = ends[1 - i], .pieces = calloc(PIECES_MAX, sizeof(struct piece))};
    }
}

static void
fill(struct way *way)
{
    if (way->is_over || way->tail - way->head == PIECES_MAX)
        return;
    struct piece *piece = &way->pieces[way->tail % PIECES_MAX];
    ssize_t got = recv(way->from, piece->bytes, sizeof piece->bytes, MSG_DONTWAIT);
    if (got < 0)
        return;
    way->is_over = got == 0;
    piece->size = (size_t)got;
    piece->sent = 0;
    piece->due_us = now_us() + delay_us;
    way->tail++;
}

/* @return when it has something to send; UINT64_MAX: nothing yet */
static uint64_t
drain(struct way *way, uint64_t now)
{
    while (way->head != way->tail) {
        struct piece *piece = &way->pieces[way->head % PIECES_MAX];
        if (piece->due_us > now)
            return piece->due_us;
        if (piece->size == 0) {
            shutdown(way->to, SHUT_WR);
        } else {
            ssize_t sent = send(way->to, piece->bytes + piece->sent, piece->size - piece->sent,
                                MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent < 0)
                return now + 1000;
            piece->sent += (size_t)sent;
        }
        if (piece->sent == piece->size)
            way->head++;
    }
    return UINT64_MAX;
}

int
main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    struct sockaddr_in at = local(atoi(argv[1]));
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    delay_us = (uint64_t)atoi(argv[3]) * 1000U;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 64) != 0) {
        perror("delay");
        return 1;
    }
    for (;;) {
        struct pollfd fds[2 * PAIRS_MAX + 1] = {{.fd = listener, .events = POLLIN}};
        uint64_t now = now_us(), next = now + 1000000U;
        unsigned count = ways_count;
        for (unsigned i = 0; i < count; i++) {
            uint64_t due = drain(&ways[i], now);
            next = due < next ? due : next;
            bool is_full = ways[i].tail - ways[i].head == PIECES_MAX;
            fds[i + 1] = (struct pollfd){.fd = ways[i].is_over || is_full ? -1 : ways[i].from,
                                         .events = POLLIN};
        }
        struct timespec wait = {.tv_nsec = (long)((next > now ? next - now : 0) % 1000000U * 1000)};
        if (ppoll(fds, count + 1, &wait, NULL) <= 0)
            continue;
        for (unsigned i = 0; i < count; i++)
            if (fds[i + 1].revents != 0)
                fill(&ways[i]);
        if (fds[0].revents != 0)
            take_connection(listener, atoi(argv[2]));
    }
}
