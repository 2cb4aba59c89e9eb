/* pool_pick.h - which connection a query goes to, and which one besides
 * SPDX-License-Identifier: ISC
 *
 * What: the upstream by the configured strategy (upstream/choice.h), on it a connection
 *       that has room and is not suspect.
 * Who:  worker: the relay.
 * Ref:  upstream/choice.h; docs/LIMITS.md "upstream".
 */
#pragma once

#include "worker/pool.h"

#define UPSTREAM_RANK_PART 8U  /* of the places on a connection: each rank leaves so much */
#define UPSTREAM_CROWD     64U /* queries in flight on a connection: another one helps */

/**
 * A ready connection with room, of the upstream that is to be asked next.
 * @param avoid     upstream not to be asked if there is another; CONFIG_UPSTREAMS_MAX: none
 * @param rank      enum handoff_rank: from each but the first an eighth of the places is kept
 * @param heard_us  the connection was heard later than this; 0: any
 * @return NULL: there is none; connections are opened as far as that is allowed.
 */
struct conn *pool_pick_first(struct pool *pool, unsigned avoid, unsigned rank, uint64_t heard_us);

struct pool_elsewhere {      /* one more place for a query */
    const struct conn *conn; /* not this one */
    unsigned rank;           /* enum handoff_rank */
    uint64_t since_us;       /* when it came */
    uint32_t asked, again;   /* upstreams: asked; asked on a connection heard since */
    bool is_silent; /* `conn` is: the whole network may have forgotten our connections, so one that
                       was heard since the query came is better than any other */
};

/** Another upstream that is well and was not asked, else another connection. @return NULL: there is
 *  none now. */
struct conn *pool_pick_elsewhere(struct pool *pool, const struct pool_elsewhere *place);
