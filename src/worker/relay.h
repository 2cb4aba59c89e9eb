/* relay.h - the worker's end of the two rings, and the queries between them
 * SPDX-License-Identifier: ISC
 *
 * What: takes queries out of the ring, places each on a connection, checks that a response belongs
 *       to it, puts the response into the other ring. A query whose response is of no use is asked
 *       once more elsewhere, inside its own time; then it fails with the reason. A connection that
 *       was lost without a word was no attempt. A query that is late, or whose connection is
 *       silent, may be under way at several places at once: the first response counts.
 * Who:  worker. It stands above the pool and the connections, and pulls: nothing calls it but the
 *       turn. relay_query.h is one query, and the table of all.
 * Ref:  lane/ring.h, lane/handoff.h; RFC 5452; RFC 8914 (why it failed).
 */
#pragma once

#include "worker/relay_query.h"

#define RELAY_BATCH 256 /* queries taken per turn */

/** Reserve the table; fatal if there is no memory. The rest is borrowed for the relay's life. */
void relay_init(struct relay *relay, uint32_t queries, struct pool *pool, struct stats_page *stats,
                struct evloop *loop);

/**
 * Take up new rings in place of the old ones; every query of the old ones is forgotten.
 *
 * @param ring  an IPC_RING message
 * @param fds   its three descriptors, given away
 * @return STATUS_OK; STATUS_INVALID; STATUS_SYSTEM (the supervisor broke its contract).
 */
MUST_CHECK enum status relay_attach(struct relay *relay, const struct ipc_message *ring,
                                    const int fds[IPC_FDS_MAX]);

/** Did the front break the ring since the last call? @param ring  written: the supervisor's name
 *  for it */
bool relay_pop_broken(struct relay *relay, uint32_t *ring);

/** Take what upstreams said, connection by connection; then relay_settle(). */
void relay_listen(struct relay *relay);

/** Take what connections have to hand over: queries of those that were closed, and those that are
 *  late or whose connection is silent, which are asked elsewhere, too. */
void relay_settle(struct relay *relay);

/** Take queries and place them, at most RELAY_BATCH; none goes before one of its rank or a better
 *  that waits. */
void relay_take(struct relay *relay);

/** Place what waits, as far as there are connections. */
void relay_place_waiting(struct relay *relay);

/** Fail what ran out of time, or cannot be asked in time. */
void relay_expire(struct relay *relay);

/** Deliver failures that found no room, make everything visible, ring the front's bell. */
void relay_publish(struct relay *relay);

/** When relay_expire() has something to do; UINT64_MAX: nothing. */
uint64_t relay_deadline_us(const struct relay *relay);

/** Has every query that was put into the ring come to its end? */
static inline bool
relay_is_done(const struct relay *relay)
{
    return relay->table.alive == 0 && !relay->link.has_more;
}

/** Before waiting for events. @return false: there is work already. */
bool relay_sleep(struct relay *relay);

/** After waiting. */
void relay_wake(struct relay *relay);
