/* pool_pick.c - see pool_pick.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/pool_pick.h"

#include "lane/handoff.h"
#include "os/random.h"
#include "worker/pool_open.h"

/* How much may be in flight on a connection: slow responses fill all places there are, so the
 * last ones are kept for networks with few queries. Not where the server may be unreachable. */
static uint32_t
limit_of(const struct pool *pool, unsigned rank, enum watch_doubt doubt)
{
    uint32_t cap = pool->shared.config->upstream_in_flight;
    return cap - cap * (doubt == WATCH_CALM ? rank : HANDOFF_ORDINARY) / UPSTREAM_RANK_PART;
}

static uint32_t
crowd_of(const struct pool *pool)
{
    uint32_t part = limit_of(pool, HANDOFF_ORDINARY, WATCH_CALM);
    return part < UPSTREAM_CROWD ? part : UPSTREAM_CROWD;
}

static bool
is_better(const struct conn *conn, const struct conn *than)
{
    bool is_calm = conn->watch.doubt == WATCH_CALM, was_calm = than->watch.doubt == WATCH_CALM;
    return is_calm != was_calm ? is_calm : conn->flights.count < than->flights.count;
}

/*
 * The first connection that is not crowded: few busy connections make large records, many make
 * small ones. Where all are crowded, the one with the fewest. A suspect one only if all are.
 */
static struct conn *
find_room(struct pool *pool, struct upstream *upstream, const struct conn *without, unsigned rank,
          uint64_t heard_us)
{
    uint32_t crowd = crowd_of(pool);
    struct conn *latest = pool->latest[upstream->index], *best = NULL;
    if (latest != NULL && latest != without && latest->watch.doubt == WATCH_CALM &&
        conn_has_place(latest, crowd) && heard_us == 0)
        return latest;
    for (uint32_t i = 0; i < pool->conns_count && upstream->ready > 0; i++) {
        struct conn *conn = pool_conn(pool, upstream, i);
        if (conn == without || !conn_has_place(conn, limit_of(pool, rank, conn->watch.doubt)) ||
            (heard_us > 0 && conn->watch.heard_us <= heard_us))
            continue;
        if (best == NULL || is_better(conn, best))
            best = conn;
        if (conn->watch.doubt == WATCH_CALM && conn_has_place(conn, crowd)) {
            best = conn;
            break;
        }
    }
    if (without == NULL && heard_us == 0)
        pool->latest[upstream->index] = best;
    return best;
}

static struct choice
ask_of(const struct pool *pool)
{
    return (struct choice){.strategy = pool->policy.strategy,
                           .count = pool->count,
                           .weights = pool->policy.weights,
                           .random = pool->count > 1 ? random_u32() : 1};
}

/* Nobody can take a query: open for those that have no connection with room. */
static void
open_for_all(struct pool *pool, struct conn *const found[])
{
    for (unsigned i = 0; i < pool->count; i++) {
        if (found[i] != NULL)
            continue;
        (void)pool_open_more(pool, &pool->upstreams[i]);
        pool_open_keep_pace(pool, &pool->upstreams[i], 1);
    }
}

struct conn *
pool_pick_first(struct pool *pool, unsigned avoid, unsigned rank, uint64_t heard_us)
{
    struct conn *found[CONFIG_UPSTREAMS_MAX] = {NULL};
    struct choice ask = ask_of(pool);
    bool is_held_back = false; /* by its rate alone */
    for (unsigned i = 0; i < pool->count; i++) {
        struct upstream *upstream = &pool->upstreams[i];
        found[i] = find_room(pool, upstream, NULL, rank, heard_us);
        bool is_in = found[i] == NULL || upstream_is_in_rate(upstream, pool_now(pool));
        is_held_back |= !is_in;
        ask.usable |= found[i] != NULL && is_in ? 1U << i : 0U;
        ask.suspect |= upstream->suspects > 0 ? 1U << i : 0U;
    }
    ask.avoid = avoid < pool->count ? 1U << avoid : 0;
    int pick = choice_make(&ask, pool->health);
    if (pick < 0) {
        open_for_all(pool, found);
        if (is_held_back) /* waiting queries are placed again when the rate may allow it */
            pool_sooner(pool, pool_now(pool) + 1000);
        return NULL;
    }
    if (!conn_has_place(found[pick], crowd_of(pool)))
        (void)pool_open_more(pool, &pool->upstreams[pick]);
    pool_open_keep_pace(pool, &pool->upstreams[pick], 2); /* this one and the next */
    return found[pick];
}

/* A calm connection of another upstream that is well. @param asked  those that are not wanted */
static struct conn *
find_other(struct pool *pool, const struct pool_elsewhere *place, uint32_t asked, uint64_t heard_us)
{
    struct conn *found[CONFIG_UPSTREAMS_MAX];
    struct choice ask = ask_of(pool);
    ask.random |= 1; /* nothing is explored with what is late already */
    for (unsigned i = 0; i < pool->count; i++) {
        struct upstream *upstream = &pool->upstreams[i];
        bool is_well = pool->health[i].failures == 0 && upstream->suspects == 0;
        if (upstream == place->conn->upstream || !is_well || (asked >> i & 1) != 0 ||
            !upstream_is_in_rate(upstream, pool_now(pool)))
            continue;
        found[i] = find_room(pool, upstream, NULL, place->rank, heard_us);
        ask.usable |= found[i] != NULL ? 1U << i : 0U;
        if (heard_us == 0 && (found[i] == NULL || !conn_has_place(found[i], crowd_of(pool))))
            (void)pool_open_more(pool, upstream);
    }
    int pick = choice_make(&ask, pool->health);
    return pick >= 0 ? found[pick] : NULL;
}

/* Another calm connection of the same upstream. */
static struct conn *
find_same(struct pool *pool, const struct pool_elsewhere *place, uint64_t heard_us)
{
    struct upstream *upstream = place->conn->upstream;
    if (!upstream_is_in_rate(upstream, pool_now(pool)))
        return NULL;
    struct conn *other = find_room(pool, upstream, place->conn, place->rank, heard_us);
    return other != NULL && other->watch.doubt == WATCH_CALM ? other : NULL;
}

struct conn *
pool_pick_elsewhere(struct pool *pool, const struct pool_elsewhere *place)
{
    struct conn *other = NULL;
    if (!place->is_silent)
        return find_other(pool, place, place->asked, 0);
    bool is_again = (place->again >> place->conn->upstream->index & 1) != 0;
    other = find_other(pool, place, place->asked, place->since_us);
    if (other == NULL && !is_again)
        other = find_same(pool, place, place->since_us);
    if (other == NULL)
        other = find_other(pool, place, place->asked, 0);
    if (other == NULL)
        other = find_other(pool, place, place->again, place->since_us);
    return other;
}
