/* load.c - traffic for the flood benches: one honest client, and attackers of several kinds
 * SPDX-License-Identifier: ISC
 *
 * usage: load honest SERVER PORT SOURCE RATE SECONDS udp|cookie|tcp
 *        load flood  SERVER PORT SOURCES RATE SECONDS LABELS
 *        load idle   SERVER PORT CONNECTIONS SECONDS
 *        load slow   SERVER PORT CONNECTIONS SECONDS NAME
 *
 * honest asks names never asked before from one address and prints one line: sent, answered,
 * truncated, percentiles in microseconds. flood sends queries from SOURCES ("127.0.0.2" alone, or
 * "127.1.0.0+50000": so many addresses in a row), each with a random label of LABELS characters
 * (0: one name for all) and prints what was sent. idle opens connections and says nothing. slow asks
 * NAME over TCP again and again and never reads. Loopback only; everything ends by itself.
 */
#include <arpa/inet.h>
#include <errno.h>
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

#define BATCH     64
#define WAIT_US   1000000 /* an answer later than this is no answer */
#define WINDOW    65536
#define ZONE      "\5bench\7example"
#define QUERY_MAX 160

static uint64_t
now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static uint64_t
random64(void)
{
    static uint64_t s = 88172645463325252U;
    s ^= s << 13;
    s ^= s >> 7;
    s ^= s << 17;
    return s;
}

static struct sockaddr_in
address(const char *text, int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, text, &to.sin_addr) != 1 || (ntohl(to.sin_addr.s_addr) >> 24) != 127) {
        fprintf(stderr, "load: %s is not a loopback address\n", text);
        exit(2);
    }
    return to;
}

/* A query for <label>.bench.example A, with a cookie option if cookie_size > 0. */
static size_t
make_query(uint8_t *q, uint16_t id, const char *label, const uint8_t *cookie, size_t cookie_size)
{
    uint8_t *p = q;
    memcpy(p, (uint8_t[]){(uint8_t)(id >> 8), (uint8_t)id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1}, 12);
    p += 12;
    *p++ = (uint8_t)strlen(label);
    memcpy(p, label, strlen(label));
    p += strlen(label);
    memcpy(p, ZONE, sizeof ZONE);
    p += sizeof ZONE;
    memcpy(p, (uint8_t[]){0, 1, 0, 1, 0, 0, 41, 4, 208, 0, 0, 0, 0}, 13);
    p += 13;
    size_t rdata = cookie_size > 0 ? cookie_size + 4 : 0;
    *p++ = (uint8_t)(rdata >> 8);
    *p++ = (uint8_t)rdata;
    if (cookie_size > 0) {
        memcpy(p, (uint8_t[]){0, 10, (uint8_t)(cookie_size >> 8), (uint8_t)cookie_size}, 4);
        memcpy(p + 4, cookie, cookie_size);
        p += 4 + cookie_size;
    }
    return (size_t)(p - q);
}

static uint64_t sent_at[WINDOW];
static uint32_t latencies[1 << 20];
static size_t latencies_count, sent_count, truncated, errors;
static uint8_t cookie[40] = {1, 2, 3, 4, 5, 6, 7, 8};
static size_t cookie_size;

static int
compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Our own queries end with the OPT; answers too. Find the server's cookie (24 octets) behind it. */
static void
learn_cookie(const uint8_t *m, size_t size)
{
    for (size_t i = 12; cookie_size > 0 && i + 4 + 16 <= size; i++) {
        size_t length = (size_t)m[i + 2] << 8 | m[i + 3];
        if (m[i] == 0 && m[i + 1] == 10 && length >= 16 && length <= 40 && i + 4 + length <= size &&
            memcmp(m + i + 4, cookie, 8) == 0) {
            memcpy(cookie, m + i + 4, length);
            cookie_size = length;
            return;
        }
    }
}

static void
take_answer(const uint8_t *m, size_t size)
{
    if (size < 12)
        return;
    uint16_t id = (uint16_t)(m[0] << 8 | m[1]);
    learn_cookie(m, size);
    if (sent_at[id] == 0)
        return;
    uint64_t took = now_us() - sent_at[id];
    sent_at[id] = 0;
    if ((m[2] & 2) != 0)
        truncated++;
    else if ((m[3] & 15) != 0)
        errors++;
    else if (took < WAIT_US && latencies_count < sizeof latencies / sizeof latencies[0])
        latencies[latencies_count++] = (uint32_t)took;
}

static int
honest_connect(const struct sockaddr_in *to, const char *source, bool tcp)
{
    int fd = socket(AF_INET, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
    struct sockaddr_in from = address(source, 0);
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (tcp)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0 ||
        connect(fd, (const struct sockaddr *)to, sizeof *to) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static uint8_t stream[1 << 20];
static size_t stream_size;

static bool
read_answers(int fd, bool tcp)
{
    if (!tcp) {
        uint8_t m[4096];
        ssize_t got;
        while ((got = recv(fd, m, sizeof m, MSG_DONTWAIT)) > 0)
            take_answer(m, (size_t)got);
        return true;
    }
    ssize_t got = recv(fd, stream + stream_size, sizeof stream - stream_size, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN))
        return false;
    stream_size += got > 0 ? (size_t)got : 0;
    size_t at = 0;
    while (stream_size - at >= 2) {
        size_t size = (size_t)stream[at] << 8 | stream[at + 1];
        if (stream_size - at - 2 < size)
            break;
        take_answer(stream + at + 2, size);
        at += 2 + size;
    }
    memmove(stream, stream + at, stream_size - at);
    stream_size -= at;
    return true;
}

static void
honest_send(int fd, bool tcp)
{
    char label[32];
    uint8_t q[2 + QUERY_MAX];
    uint16_t id = (uint16_t)sent_count;
    snprintf(label, sizeof label, "h%08x%zu", (unsigned)getpid(), sent_count);
    size_t size = make_query(q + 2, id, label, cookie, cookie_size);
    q[0] = (uint8_t)(size >> 8);
    q[1] = (uint8_t)size;
    sent_at[id] = now_us();
    sent_count++;
    if (send(fd, tcp ? q : q + 2, tcp ? size + 2 : size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        sent_at[id] = sent_at[id]; /* counted as sent and never answered */
}

static int
honest(char **argv)
{
    struct sockaddr_in to = address(argv[0], atoi(argv[1]));
    double gap = 1e6 / atof(argv[3]);
    bool tcp = strcmp(argv[5], "tcp") == 0;
    cookie_size = strcmp(argv[5], "cookie") == 0 ? 8 : 0;
    uint64_t begun = now_us(), end = begun + (uint64_t)(atof(argv[4]) * 1e6);
    size_t reconnects = 0;
    int fd = honest_connect(&to, argv[2], tcp);
    for (uint64_t now = begun; now < end + WAIT_US; now = now_us()) {
        double next = (double)begun + gap * (double)sent_count;
        bool over = now >= end;
        if (!over && (double)now >= next) {
            if (fd < 0) {
                fd = honest_connect(&to, argv[2], tcp);
                reconnects++;
                stream_size = 0;
            }
            honest_send(fd, tcp);
            continue;
        }
        struct pollfd p = {.fd = fd, .events = POLLIN};
        double wait = over ? (double)(end + WAIT_US - now) : next - (double)now;
        struct timespec ts = {.tv_sec = (time_t)(wait / 1e6),
                              .tv_nsec = (long)(wait * 1e3) % 1000000000};
        if (ppoll(&p, fd >= 0, &ts, NULL) > 0 && !read_answers(fd, tcp)) {
            close(fd);
            fd = -1;
        }
        if (over && latencies_count + truncated + errors >= sent_count)
            break;
    }
    qsort(latencies, latencies_count, sizeof latencies[0], compare);
    printf("sent=%zu answered=%zu truncated=%zu errors=%zu reconnects=%zu p50_us=%u p99_us=%u\n",
           sent_count, latencies_count, truncated, errors, reconnects,
           latencies_count ? latencies[latencies_count / 2] : 0,
           latencies_count ? latencies[latencies_count * 99 / 100] : 0);
    return 0;
}

struct packet {
    uint8_t bytes[QUERY_MAX];
    struct iovec vector;
    union {
        struct cmsghdr head;
        uint8_t room[CMSG_SPACE(sizeof(struct in_pktinfo))];
    } control;
};

static struct packet packets[BATCH];
static struct mmsghdr messages[BATCH];

static void
fill(struct packet *packet, struct msghdr *m, struct sockaddr_in *to, uint32_t source, int labels)
{
    char label[64] = "flood";
    for (int i = 0; i < labels && i < 60; i++)
        label[i] = (char)('a' + random64() % 26);
    if (labels > 0)
        label[labels < 60 ? labels : 60] = '\0';
    packet->vector = (struct iovec){
        packet->bytes, make_query(packet->bytes, (uint16_t)random64(), label, NULL, 0)};
    *m = (struct msghdr){.msg_name = to,
                         .msg_namelen = sizeof *to,
                         .msg_iov = &packet->vector,
                         .msg_iovlen = 1,
                         .msg_control = &packet->control,
                         .msg_controllen = sizeof packet->control.room};
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo)),
                          .cmsg_level = IPPROTO_IP,
                          .cmsg_type = IP_PKTINFO};
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(source)};
    memcpy(CMSG_DATA(c), &info, sizeof info);
}

static int
flood(char **argv)
{
    struct sockaddr_in to = address(argv[0], atoi(argv[1]));
    char *plus = strchr(argv[2], '+');
    uint32_t sources = plus != NULL ? (uint32_t)atoi(plus + 1) : 1;
    if (plus != NULL)
        *plus = '\0';
    uint32_t first = ntohl(address(argv[2], 0).sin_addr.s_addr);
    double rate = atof(argv[3]);
    int labels = atoi(argv[5]);
    int fds[16]; /* sixteen source ports, for a little variety */
    for (unsigned i = 0; i < 16; i++)
        fds[i] = socket(AF_INET, SOCK_DGRAM, 0);
    uint64_t begun = now_us(), end = begun + (uint64_t)(atof(argv[4]) * 1e6), sent = 0;
    for (uint64_t now = begun; now < end; now = now_us()) {
        double due = (double)(now - begun) * rate / 1e6;
        unsigned count = due > (double)sent
                             ? (due - (double)sent > BATCH ? BATCH : (unsigned)(due - (double)sent))
                             : 0;
        if (count == 0) {
            usleep(200);
            continue;
        }
        for (unsigned i = 0; i < count; i++)
            fill(&packets[i], &messages[i].msg_hdr, &to, first + (uint32_t)((sent + i) % sources),
                 labels);
        int done = sendmmsg(fds[sent / BATCH % 16], messages, count, MSG_DONTWAIT);
        sent += done > 0 ? (uint64_t)done : 0;
        for (unsigned i = 0; i < 16; i++) { /* answers are thrown away */
            uint8_t junk[64];
            while (recv(fds[i], junk, sizeof junk, MSG_DONTWAIT) > 0)
                continue;
        }
    }
    printf("sent=%llu\n", (unsigned long long)sent);
    return 0;
}

static int
connections(char **argv, const char *name)
{
    struct sockaddr_in to = address(argv[0], atoi(argv[1]));
    size_t count = (size_t)atoi(argv[2]), open_count = 0;
    int *fds = calloc(count, sizeof *fds);
    uint8_t q[2 + QUERY_MAX];
    size_t size = name != NULL ? make_query(q + 2, 1, name, NULL, 0) : 0;
    q[0] = 0;
    q[1] = (uint8_t)size;
    uint64_t end = now_us() + (uint64_t)(atof(argv[3]) * 1e6);
    int small = 4096;
    for (size_t i = 0; fds != NULL && i < count; i++)
        fds[i] = -1;
    for (size_t i = 0; fds != NULL && now_us() < end; i = (i + 1) % count) {
        if (fds[i] < 0) { /* (re)connect from one of many addresses */
            struct sockaddr_in from = {.sin_family = AF_INET,
                                       .sin_addr.s_addr = htonl(0x7f200000U + (uint32_t)i)};
            fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
            if (name != NULL)
                setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
            if (bind(fds[i], (struct sockaddr *)&from, sizeof from) != 0 ||
                (connect(fds[i], (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)) {
                close(fds[i]);
                fds[i] = -1;
            } else {
                open_count++;
            }
        } else if (name != NULL) {
            if (send(fds[i], q, size + 2, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN &&
                errno != ENOTCONN) {
                close(fds[i]);
                fds[i] = -1;
            }
        } else {
            uint8_t byte;
            ssize_t got = recv(fds[i], &byte, 1, MSG_DONTWAIT);
            if (got == 0 || (got < 0 && errno != EAGAIN && errno != ENOTCONN)) {
                close(fds[i]);
                fds[i] = -1;
            }
        }
        if (i % 64 == 63)
            usleep(3000); /* about 20,000 steps a second at most */
    }
    printf("opened=%zu\n", open_count);
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc == 8 && strcmp(argv[1], "honest") == 0)
        return honest(argv + 2);
    if (argc == 8 && strcmp(argv[1], "flood") == 0)
        return flood(argv + 2);
    if (argc == 6 && strcmp(argv[1], "idle") == 0)
        return connections(argv + 2, NULL);
    if (argc == 7 && strcmp(argv[1], "slow") == 0)
        return connections(argv + 2, argv[6]);
    fprintf(stderr, "usage: see the head of load.c\n");
    return 2;
}
