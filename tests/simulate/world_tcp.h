/* world_tcp.h - clients over TCP
 * SPDX-License-Identifier: ISC
 *
 * What: connections to the fronts, each with the queries that were asked on it. A response belongs
 *       to a query of its own connection, by its id; what else comes on a connection is a violation.
 *       What a client does to deserve its end is remembered for oracle_tcp.c.
 * Who:  world.c; oracles look at connections.
 * Ref:  RFC 7766.
 */
#pragma once

#include "stream.h"
#include "world_clients.h"

#define TCP_CONNS_MAX       4096
#define TCP_ASKS_MAX        256 /* queries on one connection */
#define TCP_NUMBER(act)     ((act)->number & 0xffff)
#define TCP_PIECES(act)     ((act)->number >> 16 & 0xffff) /* octets of a segment; 0: any */
#define TCP_WINDOW(act)     ((act)->number >> 32)          /* octets toward it; 0: 64 KiB */
#define TCP_JITTER_US       (20 * KERNEL_MS) /* of segments in pieces: a query takes so long */
#define TCP_STREAM_DELAY_US 100

enum tcp_hang_up {
    TCP_HANG_UP_HALF, /* it sends no more, and takes responses */
    TCP_HANG_UP_CLOSE,
    TCP_HANG_UP_RESET,
};

struct tcp_conn {
    const struct act *act; /* that opened it */
    struct stream *stream; /* NULL: it is over, or was never open */
    struct addr from, to;
    bool is_flood;
    bool is_denied; /* by the access list */
    struct ask *asks[TCP_ASKS_MAX];
    unsigned asks_count;
    size_t ends_at[TCP_ASKS_MAX]; /* the octet behind each, counted from the connection's first */
    uint8_t said[8192];           /* of this moment, not sent yet */
    size_t said_size;
    size_t sent, arrived, taken; /* octets toward the front, in its socket, and read */
    uint8_t heard[2 + 512];      /* of a response that is not whole yet */
    size_t heard_size;
    uint64_t busy_us; /* it connected, an octet of it arrived or a response came, the last time */
    /* what it did */
    uint64_t junk_us; /* it sent what is no query, or no end of one, and announced so many octets */
    uint64_t junk_announced;
    uint64_t deaf_us; /* how long it read nothing, together */
    uint64_t deaf_until_us;
    uint64_t silent_us; /* it said that it sends no more */
    bool has_left;      /* it closed or reset it */
    uint64_t closed_us; /* the front closed it */
};

void world_tcp_begin(void);
void world_tcp_end(void);

void world_tcp_connect(const struct act *act, uint64_t number);
void world_tcp_crowd_in(const struct act *act, uint64_t number);
void world_tcp_say(const struct act *act, uint64_t number);
void world_tcp_junk(const struct act *act, uint64_t number);
void world_tcp_deaf(const struct act *act, uint64_t number);
void world_tcp_hang_up(const struct act *act, uint64_t number);

/** The connection of this number; NULL: none was opened. */
struct tcp_conn *world_tcp_at(unsigned number);
