/* limit.h - how much a client may ask, and what proves that he is who he says
 * SPDX-License-Identifier: ISC
 *
 * What: two limiters, for clients with a proven address and for the others; DNS cookies; the list
 *       of those who are exempt; one log line now and then that says who is over.
 * Who:  front.
 * Ref:  gate/limiter.h, gate/cookie.h; docs/LIMITS.md "limiter", "prices", "cookie".
 */
#pragma once

#include "conf/config.h"
#include "dns/dns_edns.h"
#include "gate/acl.h"
#include "gate/cookie.h"
#include "gate/limiter.h"
#include "gate/martian.h"
#include "gate/networks.h"
#include "lane/query.h"

struct front;

#define LIMIT_LOG_MS 10000 /* between two lines that say who is over */

enum limit_payer {
    LIMIT_UNPROVEN,
    LIMIT_PROVEN,
    LIMIT_TABLES,
    LIMIT_NOBODY = LIMIT_TABLES, /* there are no limits */
    LIMIT_EXEMPT,                /* not for this client */
};

struct limit_told {  /* a log line that comes now and then */
    uint64_t at_ms;  /* the last one; 0: none yet */
    uint64_t untold; /* since then */
};

struct limit {
    struct limiter tables[LIMIT_TABLES];
    struct prefix_set networks; /* lengths at which clients share turns, places and bounds */
    struct cookie_secrets secrets;
    bool has_cookies;
    struct acl exempt;                    /* its allow list; deny is empty */
    struct martian_ports ports;           /* sources that only reflect */
    uint32_t percents[CONFIG_LISTEN_MAX]; /* of the limits, by listener; 0: no limits */
    struct limit_told over;               /* queries over their rate */
    struct limit_told denied;             /* of who is not on the access list */
};

/** Reserve the tables; fatal if there is no memory. */
void limit_reserve(struct front *front);

/** Take up front->config after it changed. Each bucket keeps its level. */
void limit_change(struct front *front);

/** Can nobody have this source? */
bool limit_is_martian(const struct front *front, const struct query_client *client);

/** Say now and then that a client is not on the access list. @param what  it sent, as it is told */
void limit_tell_denied(struct front *front, const struct addr *client, const char *what);

/** Is this client on the list of those who are not limited? */
bool limit_is_exempt(const struct front *front, const struct addr *client);

/**
 * The stage before parsing: may this client ask now? Who may not is answered or dropped here.
 *
 * @param draft  its client; payer and is_proven are written, dns may be
 * @return true: go on
 */
MUST_CHECK bool limit_pass(struct front *front, struct query *draft, const uint8_t *message,
                           size_t size);

/** The stage after parsing: does a cookie prove the address? */
void limit_look_at_cookie(const struct front *front, struct query *draft);

/**
 * The network of a client, at all configured lengths; who is exempt is one of its own.
 *
 * @param networks  a table of networks
 * @param keys      the client's names, zeroed at first; those that are missing are added
 * @return the leaf, for one networks_release()
 */
uint32_t limit_network(const struct front *front, struct networks *networks,
                       const struct query_client *client, struct prefix_keys *keys);

/**
 * How many of something each kind of network may hold.
 *
 * @param bound   for a client and for the network around it; what shorter prefixes may hold is as
 *                many times more as their rate is
 * @param bounds  written, by kind
 */
void limit_bounds(const struct front *front, uint32_t bound, uint32_t bounds[NETWORKS_KINDS]);

/** Pour what a query costs beyond its admission. @param price  gate/limiter.h, 0 for nothing */
void limit_charge(struct front *front, const struct query *query, uint32_t price);

/** Put the server's cookie into what our OPT says, if the client sent one. */
void limit_put_cookie(const struct front *front, const struct query *query,
                      struct dns_edns_put *opt);
