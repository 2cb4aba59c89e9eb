/* http_serve.h - HTTP connections: few, short, and each for one request
 * SPDX-License-Identifier: ISC
 *
 * What: all memory is in the struct. A connection is for one request, which has to be there within
 *       HTTP_SERVE_READ_MS, and its answer taken within HTTP_SERVE_WRITE_MS, however it trickles; half
 *       of one is answered with 408 then.
 *       Where all places are taken, or all of one address, the oldest gives way once it has had
 *       HTTP_SERVE_YIELD_MS; until then nobody else is let in. An honest scrape takes less.
 * Who:  exporter. Descriptors of connections are its own.
 * Ref:  docs/LIMITS.md "exporter".
 */
#pragma once

#include "base/addr.h"
#include "exporter/http_reply.h"
#include "exporter/http_request.h"

#include <poll.h>

#define HTTP_SERVE_LISTENERS   4  /* listening sockets */
#define HTTP_SERVE_CONNECTIONS 32 /* at once */
#define HTTP_SERVE_OF_ADDRESS  16 /* of them from one IPv4 address, or IPv6 /64 */
#define HTTP_SERVE_READ_MS     5000
#define HTTP_SERVE_WRITE_MS    10000
#define HTTP_SERVE_LINGER_MS   1000 /* for the other side to close, so that it sees the answer */
#define HTTP_SERVE_YIELD_MS    250
#define HTTP_SERVE_PAUSE_MS    100 /* when the machine has no room for another connection */
#define HTTP_SERVE_BATCH       16  /* connections taken in a turn from one listening socket */
#define HTTP_SERVE_POLLS       (HTTP_SERVE_LISTENERS + HTTP_SERVE_CONNECTIONS)

enum http_serve_state { HTTP_SERVE_FREE, HTTP_SERVE_READS, HTTP_SERVE_WRITES, HTTP_SERVE_LINGERS };

struct http_serve_connection {
    enum http_serve_state state;
    int fd;
    struct addr from;            /* masked: what is bounded together */
    uint64_t begun_us, until_us; /* monotonic */
    size_t used, sent;           /* octets of `head`; of the answer */
    bool is_head;
    uint8_t head[HTTP_REQUEST_MAX];
    struct http_reply reply;
};

struct http_serve { /* zeroed, then http_serve_begin() */
    int listeners[HTTP_SERVE_LISTENERS];
    unsigned listeners_count;
    /* draws the answer to a good request; `of` is the caller's */
    void (*answer)(void *of, const struct http_request *request, struct http_reply *reply);
    void *of;
    uint64_t accept_again_us;  /* the machine had no room for another one: not before */
    uint64_t answered, closed; /* requests answered; connections closed before that was sent */
    struct http_serve_connection connections[HTTP_SERVE_CONNECTIONS];
};

/** @param fds  listening sockets, non-blocking; at most HTTP_SERVE_LISTENERS */
void http_serve_begin(struct http_serve *serve, const int fds[], unsigned count,
                      void (*answer)(void *of, const struct http_request *, struct http_reply *),
                      void *of);

/**
 * What is waited for.
 *
 * @param polls    written: HTTP_SERVE_POLLS of them, -1 where there is nothing
 * @param wait_ms  in: the longest wait that suits; out: the same or less
 */
void http_serve_wait(const struct http_serve *serve, struct pollfd polls[HTTP_SERVE_POLLS],
                     uint64_t now_us, int *wait_ms);

/** Do what can be done. @param polls  as poll() left them; @param wall_s  since 1970 */
void http_serve_turn(struct http_serve *serve, const struct pollfd polls[HTTP_SERVE_POLLS],
                     uint64_t now_us, uint64_t wall_s);

/** Connections open. */
unsigned http_serve_open(const struct http_serve *serve);
