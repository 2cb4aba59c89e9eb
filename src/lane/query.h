/* query.h - the queries of clients that wait for an answer
 * SPDX-License-Identifier: ISC
 *
 * What: a query as it is kept, in a fixed table of slots (lane/inflight.h). It is parsed into the
 *       draft, a slot that is no query's yet; if it must wait, the draft is kept and the next free
 *       slot becomes the draft. Slots are freed last in, first out, so that the memory in use stays
 *       small and warm.
 * Who:  front. Pure: no clock, no allocation.
 * Ref:  docs/QUERY.md; docs/LIMITS.md "queries".
 */
#pragma once

#include "base/addr.h"
#include "base/list.h"
#include "dns/dns_query.h"

#define QUERY_NONE LIST_NONE /* slots are numbered from 1 */

enum query_transport { QUERY_UDP = 1, QUERY_TCP = 2 };

struct query_client { /* what asked, and how an answer gets back */
    struct addr addr;
    /* UDP: the address that was asked, scope: interface; family ADDR_NONE: the listener's own */
    struct addr local;
    struct addr balancer; /* UDP: that spoke for it, to which the answer goes; or ADDR_NONE */
    uint32_t connection;  /* TCP: index of the connection, and */
    uint32_t connection_generation; /* its generation */
    uint8_t transport;              /* enum query_transport */
    uint8_t listener;               /* index in config.listen */
    uint8_t payer;    /* which limiter's buckets pay: enum rate_payer of front/rate.h */
    bool is_datagram; /* TCP: but it asked a balancer over UDP, which proves nothing */
    bool is_proven; /* the address is the client's own: it came over TCP, or with a valid cookie */
};

struct query {
    struct query_client client;
    uint64_t arrived_us;     /* monotonic */
    uint32_t generation;     /* odd: in use; even: free */
    struct list_links links; /* waiting for the same question, or free */
    uint32_t question;       /* slot of the one it waits for, see lane/inflight.h */
    uint32_t hash;           /* inflight_hash() of what it asks, once it is to be looked up */
    struct addr_keys keys;   /* names of the client's networks, as far as they were needed */
    uint8_t cookie;          /* enum cookie_verdict */
    bool has_stale;          /* a stale answer is kept: it may have to stand in */
    struct dns_query dns;    /* as parsed */
};

struct query_table {
    struct query *slots; /* borrowed; [0] is never used */
    uint32_t count;      /* queries alive at most */
    uint32_t touched;    /* slots ever handed out */
    uint32_t draft;      /* 0: the next one that is asked for */
    struct list free;    /* the one that was freed last comes first */
    uint32_t alive;      /* queries kept now */
};
