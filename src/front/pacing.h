/* pacing.h - answers to one network leave at a bounded rate
 * SPDX-License-Identifier: ISC
 *
 * What: judges every answer to a UDP client. A large one to an unproven client that comes too early
 *       for its network is held in a fixed table until its time; one for which there is no place or
 *       no time is to be cut down, so that an honest client asks over TCP.
 * Who:  front, deliver.c.
 * Ref:  gate/pacer.h; docs/LIMITS.md "pacer".
 */
#pragma once

#include "conf/config.h"
#include "front/rate.h"
#include "gate/pacer.h"
#include "lane/query.h"
#include "lane/why.h"

#define PACING_HELD        256   /* answers that wait at once */
#define PACING_NETWORKS    16384 /* with a place in time */
#define PACING_IPV4_LENGTH 24
#define PACING_IPV6_LENGTH 56
#define PACING_FREE        256 /* octets: smaller answers always leave, and are not counted */
#define PACING_HEAD_OCTETS 28  /* IPv4 and UDP headers, which the network carries too */

struct pacing_held {
    struct query_client client;
    uint64_t due_ms;
    uint32_t message; /* index of its octets */
    uint16_t size;
    uint8_t why; /* enum why */
};

struct pacing {
    struct pacer pacer;
    bool is_on;
    struct pacing_held held[PACING_HELD]; /* `count` of them, in no order */
    uint32_t free[PACING_HELD];           /* places not in use, above `count` */
    uint8_t (*messages)[DNS_EDNS_UDP_MAX];
    uint32_t count;
    uint64_t soonest_ms; /* when the next may leave */
    uint32_t looked;     /* a look at all that are held has come to here, */
    uint64_t later_ms;   /* and this is the soonest that it leaves held; 0: none yet */
};

enum pacing_verdict {
    PACING_SEND,
    PACING_HOLD,  /* it is kept, and leaves by pacing_next() */
    PACING_SHORT, /* nothing so large may be sent */
};

/** Reserve the tables and take up a configuration; fatal if there is no memory. */
void pacing_reserve(struct pacing *pacing, const struct config *config);

/** Take up another configuration. */
void pacing_change(struct pacing *pacing, const struct config *config);

/**
 * May an answer leave now?
 *
 * @param client   of UDP; payer and is_proven tell whether it is limited
 * @param message  borrowed, `size` octets; copied where it is held
 * @param why      counted when it has left
 * @param now_ms   monotonic
 */
enum pacing_verdict pacing_judge(struct pacing *pacing, const struct query_client *client,
                                 const uint8_t *message, size_t size, enum why why,
                                 uint64_t now_ms);

/** The answer that pacing_judge() has just decided to hold. */
const struct pacing_held *pacing_newest(const struct pacing *pacing);

/** An answer that has waited long enough, until pacing_give(). NULL: there is none now. To be
 *  called until then. */
const struct pacing_held *pacing_next(struct pacing *pacing, uint64_t now_ms);

/** The octets of an answer that pacing_next() gave. */
const uint8_t *pacing_message(const struct pacing *pacing, const struct pacing_held *held);

/** The answer that pacing_next() gave last has left: wipe its place. */
void pacing_give(struct pacing *pacing);

/** When pacing_next() has work next, monotonic µs; UINT64_MAX: never. */
uint64_t pacing_deadline_us(const struct pacing *pacing);
