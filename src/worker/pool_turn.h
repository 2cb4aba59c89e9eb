/* pool_turn.h - what the pool does in a turn: takes news of its connections, looks at the clock
 * SPDX-License-Identifier: ISC
 *
 * What: a failure counts against its upstream, a new connection takes another one's place, one that
 *       is silent has a second one opened beside it, one that is idle is closed.
 * Who:  worker: the turn, and the relay.
 * Ref:  docs/LIMITS.md "upstream".
 */
#pragma once

#include "worker/pool.h"

/** Open the first connection to each upstream. */
void pool_turn_start(struct pool *pool);

/** Deadlines of all connections; opens what traffic needs. */
void pool_turn_tick(struct pool *pool);

/** Take up what happened on connections: failures, new ones, silence. */
void pool_turn_settle(struct pool *pool);

/** Did an attempt fail since the last call, while no upstream can be reached? */
bool pool_turn_take_given_up(struct pool *pool);
