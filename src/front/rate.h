/* rate.h - how much a client may ask, and what proves that its address is its own
 * SPDX-License-Identifier: ISC
 *
 * What: two limiters, for clients with a proven address and for the others; DNS cookies; the list
 *       of clients that are exempt; a log line, rarely, that names a network over its rate.
 * Who:  front.
 * Ref:  gate/limiter.h, gate/cookie.h; docs/LIMITS.md "limiter", "prices", "cookie".
 */
#pragma once

#include "conf/config.h"
#include "dns/dns_edns.h"
#include "front/notice.h"
#include "front/verdict.h"
#include "gate/acl.h"
#include "gate/cookie.h"
#include "gate/crowd.h"
#include "gate/limiter.h"
#include "lane/query.h"
#include "lane/stats.h"
#include "os/clock.h"

enum rate_payer {
    RATE_UNPROVEN,
    RATE_PROVEN,
    RATE_TABLES,
    RATE_NOBODY = RATE_TABLES, /* there are no limits */
    RATE_EXEMPT,               /* not for this client */
};

struct rate {
    const struct config *config; /* borrowed, as is: */
    struct stats_page *stats;
    struct limiter tables[RATE_TABLES];
    struct addr_lengths set; /* lengths at which clients share turns, places and bounds */
    struct cookie_secrets secrets;
    bool has_cookies;
    struct acl exempt;                    /* its allow list; deny is empty */
    uint32_t percents[CONFIG_LISTEN_MAX]; /* of the limits, by listener; 0: no limits */
    struct notice over;                   /* queries over their rate */
};

/** Reserve the tables and take up a configuration; fatal if there is no memory. */
void rate_reserve(struct rate *rate, const struct config *config, struct stats_page *stats);

/** Take up another configuration. Each bucket keeps its level. */
void rate_change(struct rate *rate, const struct config *config, const struct clock_time *now);

/** Is this client on the list of those that are not limited? */
bool rate_is_exempt(const struct rate *rate, const struct addr *client);

/**
 * The stage before parsing: may this client ask now?
 *
 * @param draft    its client; payer and is_proven are written, dns may be
 * @param message  borrowed for the call; `size` octets
 * @param verdict  written if not
 * @return true: go on
 */
MUST_CHECK bool rate_pass(struct rate *rate, struct query *draft, const uint8_t *message,
                          size_t size, const struct clock_time *now, struct verdict *verdict);

/** The stage after parsing: does a cookie prove the address? Looks at it once. */
void rate_check_cookie(const struct rate *rate, struct query *draft, const struct clock_time *now);

/**
 * The network of a client, at all configured lengths; an exempt one is a network of its own.
 *
 * @param networks  a table of networks
 * @param top       of one of its trees
 * @param keys      the client's names, zeroed at first; those that are missing are added
 * @return the leaf, for one crowd_network_release()
 */
uint32_t rate_network(const struct rate *rate, struct networks *networks, uint32_t top,
                      const struct query_client *client, struct addr_keys *keys);

/**
 * How many of something each kind of network may hold.
 *
 * @param bound   for a client and for the network around it; what shorter prefixes may hold is as
 *                many times more as their rate is
 * @param bounds  written, by kind
 */
void rate_bounds(const struct rate *rate, uint32_t bound, uint32_t bounds[NETWORKS_KINDS]);

/** Pour what a query costs beyond its admission. @param price  gate/limiter.h, 0 for nothing */
void rate_charge(struct rate *rate, const struct query *query, uint32_t price,
                 const struct clock_time *now);

/** Put the server's cookie into what our OPT says, if the client sent one. */
void rate_put_cookie(const struct rate *rate, const struct query *query,
                     const struct clock_time *now, struct dns_edns_put *opt);
