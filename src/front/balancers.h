/* balancers.h - who speaks for others, and for whom
 * SPDX-License-Identifier: ISC
 *
 * What: a datagram from an address that `proxy` lists loses its PROXY header here, before anything
 *       is judged: from then on its client is the one that the header names, and the balancer is
 *       only where the answer goes. One without a sound header is dropped. What a header is refused
 *       for is counted, and rarely told.
 * Who:  front: for each datagram, where `proxy` lists somebody; front/tcp_accept.c for connections.
 * Ref:  gate/proxy_header.h; docs/BALANCER.md.
 */
#pragma once

#include "conf/config.h"
#include "front/notice.h"
#include "front/verdict.h"
#include "gate/acl.h"
#include "gate/proxy_header.h"
#include "lane/query.h"
#include "lane/stats.h"
#include "os/clock.h"

struct balancers {
    struct stats_page *stats; /* borrowed */
    bool has_some;
    struct acl listed;     /* its allow list; deny is empty */
    struct notice refused; /* headers that were refused */
};

/** Take up a configuration, at first or a new one; fatal if its list cannot be used.
 *  @param stats  borrowed for life */
void balancers_change(struct balancers *balancers, const struct config *config,
                      struct stats_page *stats);

/** Does this address speak for others? */
bool balancers_has(const struct balancers *balancers, const struct addr *from);

/** A header names a client, or is a health check: count it. */
void balancers_count(struct balancers *balancers, enum proxy_header_verdict verdict);

/**
 * A balancer sent no sound header: count it, and tell it if nothing was told lately.
 *
 * @param verdict  NONE, VERSION, MALFORMED (or MORE: cut off) or ADDRESS
 * @param what     is dropped, for the log: "datagram" or "connection"
 */
void balancers_refuse(struct balancers *balancers, const struct addr *from,
                      enum proxy_header_verdict verdict, const char *what,
                      const struct clock_time *now);

/**
 * Is this a header where none may be, of a sender that is not listed, or behind another? Counts it.
 *
 * @param verdict  written if it is: dropped
 */
MUST_CHECK bool balancers_strays(struct balancers *balancers, const uint8_t *message, size_t size,
                                 struct verdict *verdict);

/**
 * What balancers_pass() does where somebody is listed.
 *
 * @param client   of a datagram: address, port and `balancer` are written if a header names them
 * @param message  moved behind the header, borrowed as before; `size` octets
 * @param verdict  written on false
 */
MUST_CHECK bool balancers_unwrap(struct balancers *balancers, struct query_client *client,
                                 const uint8_t **message, size_t *size,
                                 const struct clock_time *now, struct verdict *verdict);

/** The stage: is this a datagram of a client's own, or may its sender speak for the one it names? A
 *  connection's client was asked for when it opened. @return true: go on */
static inline bool
balancers_pass(struct balancers *balancers, struct query_client *client, const uint8_t **message,
               size_t *size, const struct clock_time *now, struct verdict *verdict)
{
    return !balancers->has_some || balancers_unwrap(balancers, client, message, size, now, verdict);
}
