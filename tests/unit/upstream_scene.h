/* upstream_scene.h - a worker's pool with TLS servers in the same process, for the tests above it
 * SPDX-License-Identifier: ISC
 *
 * Each connection is a socket pair: one end is the worker's, at the other one a server of mbedTLS
 * shakes hands and keeps what it is asked until the test lets it answer. Time is a variable: a turn
 * reads the events of real descriptors and looks at the clock of the scene.
 */
#pragma once

#include "tls_scene.h"

#include "base/bytes.h"
#include "dns/dns_query.h"
#include "os/evloop.h"
#include "worker/conn_io.h"
#include "worker/conn_watch.h"
#include "worker/pool_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEERS   64  /* server ends in a scene */
#define ASKED   256 /* queries that a server end keeps */
#define TURN_US 1000U

struct peer_query { /* as the server got it */
    uint16_t id;
    uint8_t wire[512];
    size_t size;
};

struct peer { /* a server's end of one connection */
    struct server server;
    unsigned upstream;
    int fd;         /* -1: closed */
    bool is_done;   /* handshake */
    bool is_deaf;   /* reads nothing, as a server that hangs */
    bool has_ended; /* the worker closed */
    uint8_t in[65536];
    size_t in_size;
    struct peer_query asked[ASKED]; /* and not answered */
    unsigned asked_count, asked_ever;
};

struct scene_of_upstreams {
    struct config config;
    struct stats_page stats;
    struct evloop loop;
    struct pool pool;
    uint64_t now_us;
    struct peer *peers[PEERS];
    unsigned peers_count;
    bool is_refusing[CONFIG_UPSTREAMS_MAX]; /* no socket for it */
    bool is_mute[CONFIG_UPSTREAMS_MAX];     /* a socket whose other end does nothing */
    bool is_prompt;                         /* servers answer what they read, at once */
    unsigned wanted[CONFIG_UPSTREAMS_MAX];  /* sockets that were asked for */
};

static struct scene_of_upstreams scene;

/* --- the servers ----------------------------------------------------------------------------- */

static inline int
peer_send(void *owner, const unsigned char *from, size_t size)
{
    ssize_t sent = send(((struct peer *)owner)->fd, from, size, MSG_NOSIGNAL);
    if (sent >= 0)
        return (int)sent;
    return errno == EAGAIN ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_SSL_CONN_EOF;
}

static inline int
peer_receive(void *owner, unsigned char *to, size_t size)
{
    ssize_t got = recv(((struct peer *)owner)->fd, to, size, 0);
    if (got >= 0)
        return (int)got;
    return errno == EAGAIN ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_SSL_CONN_EOF;
}

static inline struct peer *
peer_add(unsigned upstream, int fd)
{
    struct peer *peer = calloc(1, sizeof *peer);
    cr_assert_lt(scene.peers_count, PEERS);
    scene.peers[scene.peers_count++] = peer;
    server_init(&peer->server, CHAIN(&leaf, &inter));
    server_begin(&peer->server);
    mbedtls_ssl_set_bio(&peer->server.ssl, peer, peer_send, peer_receive, NULL);
    peer->upstream = upstream;
    peer->fd = fd;
    peer->is_deaf = scene.is_mute[upstream];
    return peer;
}

static inline void
peer_take_queries(struct peer *peer)
{
    const uint8_t *message;
    size_t at = 0, size;
    while (bytes_frame_peek(peer->in + at, peer->in_size - at, 0, 512, &message, &size) ==
           BYTES_FRAME_OK) {
        cr_assert_lt(peer->asked_count, ASKED);
        struct peer_query *query = &peer->asked[peer->asked_count++];
        query->id = (uint16_t)(message[0] << 8 | message[1]);
        query->size = size;
        memcpy(query->wire, message, size);
        peer->asked_ever++;
        at += BYTES_FRAME_HEADER + size;
    }
    memmove(peer->in, peer->in + at, peer->in_size - at);
    peer->in_size -= at;
}

static inline void
peer_turn(struct peer *peer)
{
    if (peer->fd < 0 || peer->is_deaf)
        return;
    if (!peer->is_done)
        peer->is_done = mbedtls_ssl_handshake(&peer->server.ssl) == 0;
    while (peer->is_done) {
        int got = mbedtls_ssl_read(&peer->server.ssl, peer->in + peer->in_size,
                                   sizeof peer->in - peer->in_size);
        peer->has_ended |= got != MBEDTLS_ERR_SSL_WANT_READ && got <= 0;
        if (got <= 0)
            break;
        peer->in_size += (size_t)got;
        peer_take_queries(peer);
    }
}

/* Octets as the server sends them. */
static inline void
peer_write(struct peer *peer, const uint8_t *from, size_t size)
{
    for (size_t at = 0; at < size;) {
        int put = mbedtls_ssl_write(&peer->server.ssl, from + at, size - at);
        cr_assert_gt(put, 0, "%x", (unsigned)-put);
        at += (size_t)put;
    }
}

/* The end of the question in a message. */
static inline size_t
peer_question_end(const struct peer_query *query)
{
    size_t at = DNS_HEADER_SIZE;
    while (query->wire[at] != 0)
        at += (size_t)query->wire[at] + 1;
    return at + 1 + 4;
}

/* Answer the `at`-th query that is kept, with no record. @param more  octets of padding behind */
static inline void
peer_answer(struct peer *peer, unsigned at, uint8_t rcode)
{
    uint8_t reply[2 + 512];
    cr_assert_lt(at, peer->asked_count);
    const struct peer_query *query = &peer->asked[at];
    size_t size = peer_question_end(query);
    memcpy(reply + 2, query->wire, size);
    reply[0] = (uint8_t)(size >> 8);
    reply[1] = (uint8_t)size;
    reply[2 + 2] = (uint8_t)(DNS_QR >> 8) | (query->wire[2] & 1);
    reply[2 + 3] = 0x80 | rcode;
    memset(reply + 2 + 6, 0, 6);
    peer_write(peer, reply, 2 + size);
    peer->asked[at] = peer->asked[--peer->asked_count];
}

static inline void
peer_answer_all(struct peer *peer)
{
    while (peer->fd >= 0 && peer->asked_count > 0)
        peer_answer(peer, 0, DNS_NOERROR);
}

/* In order, or as a reset. */
static inline void
peer_close(struct peer *peer, bool in_order)
{
    if (in_order)
        mbedtls_ssl_close_notify(&peer->server.ssl);
    close(peer->fd);
    peer->fd = -1;
}

/* --- the supervisor -------------------------------------------------------------------------- */

static inline void
scene_dial(const struct pool_order *order)
{
    int pair[2];
    scene.wanted[order->index]++;
    if (scene.is_refusing[order->index]) {
        cr_assert(pool_socket(&scene.pool, order->index, order->tag, -1, ECONNREFUSED));
        return;
    }
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    peer_add(order->index, pair[1]);
    cr_assert(pool_socket(&scene.pool, order->index, order->tag, pair[0], 0));
}

/* --- turns ----------------------------------------------------------------------------------- */

/* Events are marked, time is the scene's; the servers and the supervisor had their turn before. */
static inline void
scene_events(void)
{
    struct pool_order order;
    while (pool_next_order(&scene.pool, &order))
        if (order.dear_us == 0)
            scene_dial(&order);
    for (unsigned i = 0; i < scene.peers_count; i++) {
        peer_turn(scene.peers[i]);
        if (scene.is_prompt)
            peer_answer_all(scene.peers[i]);
    }
    evloop_turn(&scene.loop, 0);
    scene.now_us += TURN_US;
    scene.loop.now_us = scene.now_us;
}

static inline void
scene_begin(unsigned upstreams, unsigned connections)
{
    setup();
    scene = (struct scene_of_upstreams){.now_us = 1000000};
    scene.config = (struct config){.upstreams_count = upstreams,
                                   .upstream_connections = connections,
                                   .upstream_in_flight = 64,
                                   .upstream_idle_ms = 10000,
                                   .query_ms = 4000,
                                   .connect_ms = 2000,
                                   .queries = 64,
                                   .handshakes_per_s = 1000,
                                   .handshakes_burst = 1000,
                                   .retry_percent = 10,
                                   .tls_versions = CONFIG_TLS13};
    for (unsigned i = 0; i < upstreams; i++) {
        scene.config.upstreams[i] = policy(CONFIG_VERIFY_PIN, NAME, &leaf, NULL);
        scene.config.upstreams[i].weight = 1;
        snprintf(scene.config.upstreams[i].name, sizeof scene.config.upstreams[i].name, "u%u", i);
    }
    cr_assert_eq(evloop_open(&scene.loop), STATUS_OK);
    scene.loop.now_us = scene.now_us;
}

static inline void
scene_reserve_pool(void)
{
    pool_setup(&scene.pool, &scene.config, &scene.stats, &scene.loop, NULL, 0);
}

/* The server's end of the connection that is `nth` of an upstream's since the beginning. */
static inline struct peer *
scene_peer(unsigned upstream, unsigned nth)
{
    for (unsigned i = 0; i < scene.peers_count; i++)
        if (scene.peers[i]->upstream == upstream && nth-- == 0)
            return scene.peers[i];
    cr_assert(false, "upstream %u has no such connection", upstream);
    return NULL;
}

static inline uint64_t
scene_count(enum stats_counter counter)
{
    return atomic_load(&scene.stats.counts[counter]);
}

/* A query as the front hands it over. @param name  one letter for each query */
static inline struct handoff_query
scene_query(uint32_t slot)
{
    struct handoff_query query = {.slot = slot,
                                  .generation = 1,
                                  .deadline_ms = scene.now_us / 1000 + 4000,
                                  .flags = DNS_RD,
                                  .rank = HANDOFF_LIGHT};
    uint8_t wire[] = {
        1, (uint8_t)('a' + slot % 26), 1, (uint8_t)('a' + slot / 26 % 26), 4, 't', 'e', 's', 't',
        0};
    memcpy(query.question.name.wire, wire, sizeof wire);
    query.question.name.size = sizeof wire;
    query.question.type = 1;
    query.question.class = DNS_CLASS_IN;
    return query;
}
