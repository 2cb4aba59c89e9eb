/* pace.h - answers to one network leave at a bounded rate
 * SPDX-License-Identifier: ISC
 *
 * What: every answer to an unproven UDP client goes through here. A large one that comes too early
 *       for its network is held in a fixed table until its time; one for which there is no place or
 *       no time becomes TC=1, so that an honest client asks over TCP.
 * Who:  front.
 * Ref:  gate/pacer.h; docs/LIMITS.md "pacer".
 */
#pragma once

#include "gate/pacer.h"
#include "lane/query.h"
#include "lane/why.h"

struct front;

#define PACE_HELD        256   /* answers that wait at once */
#define PACE_NETWORKS    16384 /* with a place in time */
#define PACE_IPV4_LENGTH 24
#define PACE_IPV6_LENGTH 56
#define PACE_FREE        256 /* octets: smaller answers always leave, and are not counted */
#define PACE_HEAD_OCTETS 28  /* IPv4 and UDP headers, which the network carries too */

struct pace_held {
    struct query_client client;
    uint64_t due_ms;
    uint32_t message; /* index of its octets */
    uint16_t size;
    uint8_t why; /* enum why */
};

struct pace {
    struct pacer pacer;
    struct pace_held held[PACE_HELD]; /* `count` of them, in no order */
    uint32_t free[PACE_HELD];         /* messages that nobody uses, above `count` */
    uint8_t (*messages)[DNS_EDNS_UDP_MAX];
    uint32_t count;
    uint64_t soonest_ms; /* when the next may leave */
};

/** Reserve the tables; fatal if there is no memory. */
void pace_reserve(struct front *front);

/** Take up front->config after it changed. */
void pace_change(struct front *front);

/** Send what was composed in udp_room(), now or later, or send less. */
void pace_send(struct front *front, const struct query *query, uint8_t *room, size_t size,
               enum why why);

/** Send what has waited long enough. */
void pace_release(struct front *front);

/** When pace_release() has work next, monotonic µs; UINT64_MAX: never. */
uint64_t pace_deadline_us(const struct front *front);
