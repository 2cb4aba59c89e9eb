/* pool_open.h - when connections are opened, kept, and asked whether they still work
 * SPDX-License-Identifier: ISC
 *
 * What: one connection is opened at a time, within a budget of handshakes, never during back-off;
 *       where a server answers a number of queries on each, as many as the traffic needs.
 * Who:  worker: pool_turn.c, pool_pick.c.
 * Ref:  docs/LIMITS.md "upstream", "leak".
 */
#pragma once

#include "worker/pool.h"

/* not measured for so long: probed, if there is traffic */
#define UPSTREAM_PROBE_QUIET_US 10000000U
#define UPSTREAM_PROBE_ONE_IN   50U /* queries, for each probe of a quiet upstream */

/** Is there traffic, so that connections are kept? */
bool pool_open_is_busy(const struct pool *pool);

/** A query came. */
void pool_open_asked(struct pool *pool);

/** Open one more connection, unless one is being opened, or back-off or budget forbid it.
 *  @return it is being opened */
bool pool_open_more(struct pool *pool, struct upstream *upstream);

/** Where the server answers a number of queries on a connection: open as many as `wanted` queries
 *  will need, and those that wait, within the budget. */
void pool_open_keep_pace(struct pool *pool, struct upstream *upstream, uint32_t wanted);

/** A connection is ready: it may take another one's place, and an upstream may have come back. */
void pool_open_ready(struct pool *pool, struct conn *conn);

/** Keep a connection open; probe an upstream that was not measured for long. */
void pool_open_keep_warm(struct pool *pool, struct upstream *upstream);

/** The earliest time at which an upstream could be ready: now while one is being opened. */
uint64_t pool_open_earliest_us(const struct pool *pool);

/** Is a connection being opened to another upstream than `except`? */
bool pool_open_is_under_way(const struct pool *pool, unsigned except);
