/* world_clients.h - what clients asked, and clients over UDP
 * SPDX-License-Identifier: ISC
 *
 * What: each ask has a port of its own, so that (address, port, id) names it; its response is
 *       handed to the oracles. Over TCP its connection and id name it (world_tcp.h).
 * Who:  world.c, world_tcp.c; oracles look at asks.
 */
#pragma once

#include "base/addr.h"
#include "message.h"
#include "world.h"

struct net;
struct tcp_conn;

struct ask {
    const struct act *act;
    const struct tcp_conn *conn; /* the connection it came on; NULL: over UDP */
    struct addr from, to;
    uint16_t id, type;
    uint64_t sent_us;
    uint64_t arrived_us;                /* in the front's socket, the last time; 0: it did not */
    uint64_t ended_us;                  /* the first response left; 0: none did */
    uint64_t idle_us;                   /* process_idle_us() when it arrived */
    unsigned arrivals, responses;       /* of the datagram, and of ours to it */
    size_t size, response_size;         /* octets that arrived; of the first response */
    bool is_cut;                        /* not all of it arrived */
    uint64_t taken_us;                  /* a front took it out of its socket */
    struct net *net;                    /* its client's, where turns are judged (nets.h) */
    uint32_t slot, generation;          /* of its question in the ring */
    enum policy_fate fate;              /* that it has to have */
    bool is_flood;                      /* what is promised to others is not to it */
    bool is_excused;                    /* its client did what ends it or makes it wait */
    int64_t arrived_wall_us;            /* wall clock when it arrived */
    uint8_t cookie[MESSAGE_COOKIE_MAX]; /* that it sent */
    size_t cookie_size;
    uint64_t cookie_us;         /* when that was given to it; 0: it is its own half */
    struct message_facts facts; /* of the first response */
};

void world_clients_begin(void);
void world_clients_end(void);

/** ACT_ASK */
void world_clients_ask(const struct act *act, uint64_t number);

/** ACT_FORGE */
void world_clients_forge(const struct act *act, uint64_t number);

/** ACT_FLOOD */
void world_clients_flood(const struct act *act, uint64_t number);

/** A new ask, from an address and a port of its own to the proxy's address of that family. */
struct ask *world_clients_new(const struct act *act);
/** It is in the front's socket now. */
void world_clients_arrived(struct ask *ask);
/** Its response has come: it is read, counted and judged. */
void world_clients_response(struct ask *ask, const uint8_t *octets, size_t size);

/** The i-th ask; NULL: there are no more. */
struct ask *world_clients_at(size_t i);

uint64_t world_clients_asked(void);
uint64_t world_clients_answered(void);
/** Datagrams that the fronts sent. */
uint64_t world_clients_datagrams(void);

/** The proxy's address of the same family. */
struct addr world_clients_server(const struct addr *client);

/** The address of client `who`: 10.x.y.z, or for numbers from 2^32 on IPv6. */
struct addr world_clients_address(uint64_t who);
