/* upstream_pick.c - which connection is asked, and which one besides; see upstream_pool.h
 * SPDX-License-Identifier: ISC
 */
#include "os/random.h"
#include "worker/worker.h"

/* How much may be in flight on a connection: what is answered late takes all that it may have, so
 * the last places are for who has few. Not where the server may be away. */
static uint32_t
limit_of(const struct worker *worker, unsigned rank, enum watch_doubt doubt)
{
    uint32_t cap = worker->config->upstream_in_flight;
    return cap - cap * (doubt == WATCH_CALM ? rank : HANDOFF_ORDINARY) / UPSTREAM_RANK_PART;
}

static uint32_t
crowd_of(const struct worker *worker)
{
    uint32_t part = limit_of(worker, HANDOFF_ORDINARY, WATCH_CALM);
    return part < UPSTREAM_CROWD ? part : UPSTREAM_CROWD;
}

static bool
is_roomy(const struct upstream_conn *conn, uint32_t limit)
{
    return conn->fsm.state == CONN_READY && conn->flights.count + conn->flights.late < limit;
}

static bool
is_better(const struct upstream_conn *conn, const struct upstream_conn *than)
{
    bool is_calm = conn->watch.doubt == WATCH_CALM, was_calm = than->watch.doubt == WATCH_CALM;
    return is_calm != was_calm ? is_calm : conn->flights.count < than->flights.count;
}

/*
 * The first connection that is not crowded: few busy connections make large records, many make
 * small ones. Where all are crowded, the one with the fewest. A suspect one only if all are.
 */
static struct upstream_conn *
find_room(struct worker *worker, struct upstream *upstream, const struct upstream_conn *without,
          unsigned rank, uint64_t heard_us)
{
    uint32_t crowd = crowd_of(worker);
    struct upstream_conn *open = upstream->open, *best = NULL;
    if (open != NULL && open != without && open->watch.doubt == WATCH_CALM &&
        is_roomy(open, crowd) && heard_us == 0)
        return open;
    for (uint32_t i = 0; i < worker->pool.conns_count && upstream->ready > 0; i++) {
        struct upstream_conn *conn = &upstream->conns[i];
        if (conn == without || !is_roomy(conn, limit_of(worker, rank, conn->watch.doubt)) ||
            (heard_us > 0 && conn->watch.heard_us <= heard_us))
            continue;
        if (best == NULL || is_better(conn, best))
            best = conn;
        if (conn->watch.doubt == WATCH_CALM && is_roomy(conn, crowd)) {
            best = conn;
            break;
        }
    }
    if (without == NULL && heard_us == 0)
        upstream->open = best;
    return best;
}

static bool
is_in_rate(const struct worker *worker, const struct upstream *upstream)
{
    return worker->pool.policy.qps[upstream->index] == 0 ||
           leak_free(&upstream->rate, worker->loop.now_us / 1000) > 0;
}

void
upstream_pool_spend(struct worker *worker, struct upstream *upstream)
{
    if (worker->pool.policy.qps[upstream->index] != 0)
        leak_spend(&upstream->rate, 1, worker->loop.now_us / 1000);
}

static struct upstream_ask
ask_of(const struct upstream_pool *pool)
{
    return (struct upstream_ask){.strategy = pool->policy.strategy,
                                 .count = pool->count,
                                 .weights = pool->policy.weights,
                                 .random = pool->count > 1 ? random_u32() : 1};
}

static void
open_for(struct worker *worker, struct upstream *upstream)
{
    (void)upstream_pool_open(worker, upstream);
    upstream_pool_keep_pace(worker, upstream, 1);
}

struct upstream_conn *
upstream_pool_pick(struct worker *worker, unsigned avoid, unsigned rank, uint64_t heard_us)
{
    struct upstream_pool *pool = &worker->pool;
    struct upstream_conn *found[CONFIG_UPSTREAMS_MAX] = {NULL};
    struct upstream_ask ask = ask_of(pool);
    bool is_held_back = false; /* by its rate alone */
    for (unsigned i = 0; i < pool->count; i++) {
        struct upstream *upstream = &pool->upstreams[i];
        found[i] = find_room(worker, upstream, NULL, rank, heard_us);
        bool is_in = found[i] == NULL || is_in_rate(worker, upstream);
        is_held_back |= !is_in;
        ask.usable |= found[i] != NULL && is_in ? 1U << i : 0U;
        ask.suspect |= upstream->suspects > 0 ? 1U << i : 0U;
    }
    ask.avoid = avoid < pool->count ? 1U << avoid : 0;
    int pick = upstream_choose(&ask, pool->health);
    if (pick < 0) {
        for (unsigned i = 0; i < pool->count; i++)
            if (found[i] == NULL)
                open_for(worker, &pool->upstreams[i]);
        if (is_held_back) /* whoever waits is looked at again when a token may be there */
            upstream_pool_sooner(pool, worker->loop.now_us + 1000);
        return NULL;
    }
    if (!is_roomy(found[pick], crowd_of(worker)))
        (void)upstream_pool_open(worker, &pool->upstreams[pick]);
    upstream_pool_keep_pace(worker, &pool->upstreams[pick], 2); /* this one and the next */
    return found[pick];
}

/* A calm connection of another upstream that is well. @param asked  upstreams that are not wanted
 */
static struct upstream_conn *
find_other(struct worker *worker, const struct upstream_elsewhere *place, uint32_t asked,
           uint64_t heard_us)
{
    struct upstream_pool *pool = &worker->pool;
    struct upstream_conn *found[CONFIG_UPSTREAMS_MAX];
    struct upstream_ask ask = ask_of(pool);
    ask.random |= 1; /* nothing is explored with what is late already */
    for (unsigned i = 0; i < pool->count; i++) {
        struct upstream *upstream = &pool->upstreams[i];
        bool is_well = pool->health[i].failures == 0 && upstream->suspects == 0;
        if (upstream == place->conn->upstream || !is_well || (asked >> i & 1) != 0 ||
            !is_in_rate(worker, upstream))
            continue;
        found[i] = find_room(worker, upstream, NULL, place->rank, heard_us);
        ask.usable |= found[i] != NULL ? 1U << i : 0U;
        if (heard_us == 0 && (found[i] == NULL || !is_roomy(found[i], crowd_of(worker))))
            (void)upstream_pool_open(worker, upstream);
    }
    int pick = upstream_choose(&ask, pool->health);
    return pick >= 0 ? found[pick] : NULL;
}

/* Another calm connection of the same upstream. */
static struct upstream_conn *
find_same(struct worker *worker, const struct upstream_elsewhere *place, uint64_t heard_us)
{
    struct upstream *upstream = place->conn->upstream;
    if (!is_in_rate(worker, upstream))
        return NULL;
    struct upstream_conn *other = find_room(worker, upstream, place->conn, place->rank, heard_us);
    return other != NULL && other->watch.doubt == WATCH_CALM ? other : NULL;
}

struct upstream_conn *
upstream_pool_elsewhere(struct worker *worker, const struct upstream_elsewhere *place)
{
    struct upstream_conn *other = NULL;
    if (!place->is_silent)
        return find_other(worker, place, place->asked, 0);
    bool is_again = (place->again >> place->conn->upstream->index & 1) != 0;
    other = find_other(worker, place, place->asked, place->since_us);
    if (other == NULL && !is_again)
        other = find_same(worker, place, place->since_us);
    if (other == NULL)
        other = find_other(worker, place, place->asked, 0);
    if (other == NULL)
        other = find_other(worker, place, place->again, place->since_us);
    return other;
}

bool
upstream_pool_is_opening(const struct worker *worker, unsigned except)
{
    for (unsigned i = 0; i < worker->pool.count; i++)
        if (i != except && worker->pool.upstreams[i].opening > 0)
            return true;
    return false;
}
