/* pool.c - see pool.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/pool.h"

#include "lane/handoff.h"
#include "os/random.h"
#include "os/sys.h"
#include "worker/conn_io.h"
#include "worker/conn_watch.h"
#include "worker/tls_ticket.h"

/* a replacement has an eighth of the idle time to become ready, within what we left of it */
#define REPLACE_PARTS 8U
#define ANSWER_PART                                                                                \
    4U /* of the time of a query: with more left it is asked, however slow upstreams were */

struct conn *
pool_conn(const struct pool *pool, const struct upstream *upstream, uint32_t i)
{
    return &pool->conns[1 + upstream->index * pool->conns_count + i];
}

static uint64_t
now_of(const struct pool *pool)
{
    return pool->shared.loop->now_us;
}

static bool
is_in(const struct pool *pool, unsigned group, unsigned upstream)
{
    return (pool->routes->sets.of_group[group] >> upstream & 1) != 0;
}

/* Something is to be looked at by pool_tick() at `at_us`, or sooner. */
static void
sooner(struct pool *pool, uint64_t at_us)
{
    if (at_us < pool->shared.next_us)
        pool->shared.next_us = at_us;
}

/* --- the supervisor -------------------------------------------------------------------------- */

bool
pool_socket(struct pool *pool, uint32_t index, uint32_t tag, int fd, uint32_t error)
{
    struct conn *conn = &pool->conns[1 + tag % (pool->count * pool->conns_count)];
    if (conn->upstream->index != index) {
        if (fd >= 0)
            sys_close(fd);
        return false;
    }
    if (conn->tag == tag && conn->fsm.state == CONN_WANTED)
        conn_socket(conn, fd, error);
    else if (fd >= 0)
        sys_close(fd); /* of an attempt that was given up meanwhile */
    return true;
}

/* The first of what it has to tell; for the rest it is marked again. @return false: nothing */
static bool
take_order(struct conn *conn, struct pool_order *order)
{
    struct upstream *upstream = conn->upstream;
    *order = (struct pool_order){.index = upstream->index, .tag = conn->tag};
    if (upstream->tells_key) {
        order->key = upstream->refused_key;
        upstream->tells_key = false;
    } else if (conn->dear_us != 0) {
        order->dear_us = conn->dear_us;
        conn->dear_us = 0;
    } else if (conn->is_wanted) {
        conn->is_wanted = false;
        return true;
    } else {
        return false;
    }
    if (conn->dear_us != 0 || conn->is_wanted)
        conn_mark(conn, CONN_TO_TELL);
    return true;
}

bool
pool_next_order(struct pool *pool, struct pool_order *order)
{
    struct conn *conn;
    while ((conn = conn_next_marked(&pool->shared, CONN_TO_TELL)) != NULL) {
        if (take_order(conn, order))
            return true;
    }
    return false;
}

bool
pool_has_order(const struct pool *pool)
{
    return list_first(&pool->shared.marked[CONN_TO_TELL]) != LIST_NONE;
}

void
pool_order_failed(struct pool *pool, const struct pool_order *order)
{
    struct conn *conn = &pool->conns[1 + order->tag % (pool->count * pool->conns_count)];
    if (order->dear_us == 0 && order->key == NULL && conn->tag == order->tag)
        conn_refused(conn);
}

/* --- opening --------------------------------------------------------------------------------- */

static uint64_t
later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* When may a connection be opened? */
static uint64_t
dial_us(const struct upstream *upstream)
{
    return later(upstream->health->retry_us, upstream->dial_us);
}

bool
pool_is_busy(const struct pool *pool)
{
    uint64_t quiet_us = (uint64_t)pool->shared.config->upstream_idle_ms * 1000;
    return !pool->is_stopping && now_of(pool) < pool->used_us + quiet_us;
}

void
pool_asked(struct pool *pool)
{
    if (!pool_is_busy(pool)) {
        for (unsigned i = 0; i < pool->count; i++)
            health_hurry(&pool->health[i], now_of(pool));
        pool->shared.next_us = 0;
    }
    pool->used_us = now_of(pool);
    pool->asked++;
}

static uint32_t
next_tag(const struct pool *pool, uint32_t tag)
{
    uint32_t total = pool->count * pool->conns_count;
    return tag > UINT32_MAX - total ? tag % total + total : tag + total;
}

/* Tickets beyond those that connections without a socket will use. */
static bool
has_ticket(const struct pool *pool, const struct upstream *upstream, uint64_t now_ms)
{
    unsigned wanted = 0;
    for (uint32_t i = 0; i < pool->conns_count; i++)
        wanted += pool_conn(pool, upstream, i)->fsm.state == CONN_WANTED;
    return tls_ticket_count(upstream->tls, now_ms) > wanted;
}

/* With a ticket a handshake is cheap for the server, and its number is what the server allows. */
static bool
take_budget(struct pool *pool, struct upstream *upstream)
{
    uint64_t now = now_of(pool), now_ms = now / 1000;
    uint32_t price = has_ticket(pool, upstream, now_ms) ? 1 : UPSTREAM_HANDSHAKE_FULL;
    if (leak_take(&upstream->dials, price, now_ms))
        return true;
    uint64_t wait_ms = leak_wait_ms(&upstream->dials, price, now_ms);
    if (wait_ms > 1000)
        wait_ms = 1000;
    /* a quarter at random: lanes that were held back together do not try again together */
    upstream->dial_us = now + wait_ms * 1000 + (wait_ms * 250 * (random_u32() >> 16) >> 16);
    sooner(pool, upstream->dial_us);
    return false;
}

/* One more, whether others are being opened or not. */
static bool
open_one(struct pool *pool, struct upstream *upstream)
{
    if (now_of(pool) < dial_us(upstream))
        return false;
    bool is_one_closed = false;
    for (uint32_t i = 0; i < pool->conns_count; i++) {
        struct conn *conn = pool_conn(pool, upstream, i);
        is_one_closed |= conn->fsm.state == CONN_CLOSED;
        if (conn->fsm.state != CONN_IDLE)
            continue;
        if (!take_budget(pool, upstream))
            return false;
        upstream->wants_place = false;
        conn_open(conn, next_tag(pool, conn->tag));
        return true;
    }
    if (!is_one_closed && !upstream->wants_place)
        sooner(pool, now_of(pool)); /* a worn one may give its own */
    upstream->wants_place |= !is_one_closed;
    return false;
}

bool
pool_open(struct pool *pool, struct upstream *upstream)
{
    return upstream->opening > 0 || open_one(pool, upstream);
}

void
pool_keep_pace(struct pool *pool, struct upstream *upstream, uint32_t wanted)
{
    uint32_t quota = upstream->quota.known, room = upstream->opening * quota;
    if (quota == 0)
        return;
    for (unsigned group = 0; group < pool->routes->sets.count; group++)
        wanted += is_in(pool, group, upstream->index) ? pool->waiting[group] : 0;
    for (uint32_t i = 0; i < pool->conns_count; i++) {
        const struct conn *conn = pool_conn(pool, upstream, i);
        if (conn->fsm.state == CONN_READY && conn->watch.doubt == WATCH_CALM && conn->asked < quota)
            room += quota - (uint32_t)conn->asked;
    }
    for (; room < wanted && open_one(pool, upstream); room += quota)
        continue;
}

/* It may take another one's place, and an upstream may have come back. */
static void
note_ready(struct pool *pool, struct conn *conn)
{
    struct upstream *upstream = conn->upstream;
    for (uint32_t i = 0; i < pool->conns_count; i++) {
        struct conn *other = pool_conn(pool, upstream, i);
        if (other->is_replaced && other->fsm.state == CONN_READY)
            conn_retire(other);
    }
    if (upstream->health->failures > 0)
        conn_io_probe(
            conn); /* only an answer proves that it works, and no client should wait for that */
}

/* An upstream that gets no queries: is it still reachable, and how fast? */
static void
probe_quiet(struct pool *pool, struct upstream *upstream)
{
    uint64_t due = later(upstream->heard_us, upstream->probed_us) + UPSTREAM_PROBE_QUIET_US;
    if (pool->asked - upstream->probed_asked < (uint64_t)UPSTREAM_PROBE_ONE_IN * pool->count)
        due = later(due, now_of(pool) + UPSTREAM_PROBE_QUIET_US / 10);
    if (now_of(pool) < due) {
        sooner(pool, due);
        return;
    }
    for (uint32_t i = 0; i < pool->conns_count; i++) {
        struct conn *conn = pool_conn(pool, upstream, i);
        if (conn->fsm.state != CONN_READY)
            continue;
        upstream->probed_us = now_of(pool);
        upstream->probed_asked = pool->asked;
        conn_io_probe(conn);
        return;
    }
}

/* Is there one that may still answer? */
static bool
has_hope(const struct pool *pool, const struct upstream *upstream)
{
    for (uint32_t i = 0; i < pool->conns_count; i++) {
        const struct conn *conn = pool_conn(pool, upstream, i);
        if (conn->fsm.state == CONN_READY && conn->watch.doubt != WATCH_LEFT)
            return true;
    }
    return false;
}

/* Keep a connection open; probe an upstream that was not measured for long. */
static void
keep_warm(struct pool *pool, struct upstream *upstream)
{
    bool is_busy = pool_is_busy(pool);
    if (pool->is_stopping)
        return;
    if (is_busy)
        pool_keep_pace(pool, upstream, 1);
    if (upstream->ready > 0 && (!is_busy || has_hope(pool, upstream))) {
        if (is_busy)
            probe_quiet(pool, upstream);
        return;
    }
    /* one that is down is tried without traffic too, so that its return is known */
    if (upstream->opening > 0 || (!is_busy && upstream->health->failures == 0))
        return;
    uint64_t at = dial_us(upstream);
    if (!pool_open(pool, upstream) && at > now_of(pool))
        sooner(pool, at);
}

uint64_t
pool_earliest_us(const struct pool *pool, unsigned group)
{
    uint64_t earliest = UINT64_MAX;
    for (unsigned i = 0; i < pool->count; i++) {
        const struct upstream *upstream = &pool->upstreams[i];
        if (!is_in(pool, group, i))
            continue;
        bool is_near = upstream->opening > 0 || upstream->ready > 0;
        uint64_t at = is_near ? now_of(pool) : dial_us(upstream);
        earliest = at < earliest ? at : earliest;
    }
    return earliest;
}

uint64_t
pool_answer_us(const struct pool *pool, unsigned group)
{
    uint32_t quickest = UINT32_MAX;
    for (unsigned i = 0; i < pool->count; i++) {
        uint32_t near_us = health_near_us(&pool->health[i]);
        quickest = is_in(pool, group, i) && near_us < quickest ? near_us : quickest;
    }
    uint32_t most = pool->shared.config->query_ms * 1000 / ANSWER_PART;
    return now_of(pool) + (quickest < most ? quickest : most);
}

bool
pool_is_opening(const struct pool *pool, unsigned group, unsigned except)
{
    for (unsigned i = 0; i < pool->count; i++)
        if (i != except && is_in(pool, group, i) && pool->upstreams[i].opening > 0)
            return true;
    return false;
}

void
pool_start(struct pool *pool)
{
    pool->used_us = now_of(pool);
    for (unsigned i = 0; i < pool->count; i++)
        (void)pool_open(pool, &pool->upstreams[i]);
}

/* --- picking --------------------------------------------------------------------------------- */

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

/* @return -1: none is usable */
static int
choose(const struct pool *pool, const struct choice *ask)
{
    if (pool->count == 1)
        return ask->usable != 0 ? 0 : -1;
    return choice_make(ask, pool->health);
}

/* Nobody can take a query: open for those of its group that have no connection with room. */
static void
open_for_all(struct pool *pool, unsigned group, struct conn *const found[])
{
    for (unsigned i = 0; i < pool->count; i++) {
        if (found[i] != NULL || !is_in(pool, group, i))
            continue;
        (void)pool_open(pool, &pool->upstreams[i]);
        pool_keep_pace(pool, &pool->upstreams[i], 1);
    }
}

struct conn *
pool_pick(struct pool *pool, unsigned group, unsigned avoid, unsigned rank, uint64_t heard_us)
{
    struct conn *found[CONFIG_UPSTREAMS_MAX] = {NULL};
    struct choice ask = ask_of(pool);
    bool is_held_back = false; /* by its rate alone */
    for (unsigned i = 0; i < pool->count; i++) {
        struct upstream *upstream = &pool->upstreams[i];
        if (!is_in(pool, group, i))
            continue;
        found[i] = find_room(pool, upstream, NULL, rank, heard_us);
        bool is_in = found[i] == NULL || upstream_is_in_rate(upstream, now_of(pool));
        is_held_back |= !is_in;
        ask.usable |= found[i] != NULL && is_in ? 1U << i : 0U;
        ask.suspect |= upstream->suspects > 0 ? 1U << i : 0U;
    }
    ask.avoid = avoid < pool->count ? 1U << avoid : 0;
    int pick = choose(pool, &ask);
    if (pick < 0) {
        open_for_all(pool, group, found);
        if (is_held_back) /* waiting queries are placed again when the rate may allow it */
            sooner(pool, now_of(pool) + 1000);
        return NULL;
    }
    if (!conn_has_place(found[pick], crowd_of(pool)))
        (void)pool_open(pool, &pool->upstreams[pick]);
    pool_keep_pace(pool, &pool->upstreams[pick], 2); /* this one and the next */
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
        if (upstream == place->conn->upstream || !is_in(pool, place->group, i) || !is_well ||
            (asked >> i & 1) != 0 || !upstream_is_in_rate(upstream, now_of(pool)))
            continue;
        found[i] = find_room(pool, upstream, NULL, place->rank, heard_us);
        ask.usable |= found[i] != NULL ? 1U << i : 0U;
        if (heard_us == 0 && (found[i] == NULL || !conn_has_place(found[i], crowd_of(pool))))
            (void)pool_open(pool, upstream);
    }
    int pick = choose(pool, &ask);
    return pick >= 0 ? found[pick] : NULL;
}

/* Another calm connection of the same upstream. */
static struct conn *
find_same(struct pool *pool, const struct pool_elsewhere *place, uint64_t heard_us)
{
    struct upstream *upstream = place->conn->upstream;
    if (!upstream_is_in_rate(upstream, now_of(pool)))
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

/* --- news ------------------------------------------------------------------------------------ */

bool
pool_is_down(const struct pool *pool, unsigned group)
{
    for (unsigned i = 0; i < pool->count; i++)
        if (is_in(pool, group, i) &&
            (pool->upstreams[i].ready > 0 || pool->health[i].failures < UPSTREAM_DOWN_FAILURES))
            return false;
    return true;
}

/* Is there a group of which no other upstream answers? */
static bool
is_lone(const struct pool *pool, const struct upstream *upstream)
{
    uint32_t well = 0;
    for (unsigned i = 0; i < pool->count; i++)
        if (i != upstream->index && pool->upstreams[i].ready > 0 && pool->health[i].failures == 0)
            well |= 1U << i;
    for (unsigned group = 0; group < pool->routes->sets.count; group++)
        if (is_in(pool, group, upstream->index) && (pool->routes->sets.of_group[group] & well) == 0)
            return true;
    return false;
}

static void
count_failure(struct pool *pool, struct upstream *upstream, bool was_attempt)
{
    bool is_short = is_lone(pool, upstream) && pool_is_busy(pool);
    upstream_failed(upstream, now_of(pool));
    health_failed(upstream->health, now_of(pool), random_u32(), is_short);
    for (unsigned group = 0; was_attempt && group < pool->routes->sets.count; group++)
        if (is_in(pool, group, upstream->index) && pool_is_down(pool, group))
            pool->given_up |= UINT64_C(1) << group;
}

/* One connection of an upstream is silent: probe those that were not used since. */
static void
probe_others(struct pool *pool, const struct conn *conn)
{
    for (uint32_t i = 0; i < pool->conns_count; i++) {
        struct conn *other = pool_conn(pool, conn->upstream, i);
        if (other != conn && other->fsm.state == CONN_READY && other->flights.count == 0 &&
            other->watch.heard_us < conn->watch.suspected_us)
            conn_io_probe(other);
    }
}

static void
settle(struct pool *pool, struct conn *conn)
{
    struct upstream *upstream = conn->upstream;
    struct conn_news news = conn_take_news(conn);
    if (news.is_closed && pool->latest[upstream->index] == conn)
        pool->latest[upstream->index] = NULL;
    if (news.has_failed)
        count_failure(pool, upstream, news.was_attempt);
    if (news.is_opened && conn->fsm.state == CONN_READY)
        note_ready(pool, conn);
    if (news.is_left || (news.is_silent && upstream->ready <= 1)) /* the only one may be lost */
        (void)pool_open(pool, upstream);
    if (news.is_left)
        probe_others(pool, conn);
}

void
pool_settle(struct pool *pool)
{
    struct conn *conn;
    while ((conn = conn_next_marked(&pool->shared, CONN_NEWS)) != NULL)
        settle(pool, conn);
}

uint64_t
pool_take_given_up(struct pool *pool)
{
    uint64_t given_up = pool->given_up;
    pool->given_up = 0;
    return given_up;
}

/* --- time ------------------------------------------------------------------------------------ */

/* Nothing is in flight: close before the server does. One that is needed is replaced first. */
static void
tick_idle(struct pool *pool, struct conn *conn)
{
    struct upstream *upstream = conn->upstream;
    uint64_t configured_us = (uint64_t)pool->shared.config->upstream_idle_ms * 1000;
    uint64_t limit_us = health_idle_us(upstream->server_idle_us, configured_us);
    uint64_t now = now_of(pool), end = conn->used_us + limit_us;
    uint64_t last = end + limit_us / REPLACE_PARTS;
    if (now < end) {
        conn_sooner(conn, end);
        return;
    }
    bool is_needed = upstream->ready == 1 && pool_is_busy(pool);
    if (is_needed && now < last && pool_open(pool, upstream)) {
        conn->is_replaced = true;
        conn_sooner(conn, last);
        return;
    }
    if (!conn->is_replaced)
        upstream->server_idle_us = health_idle_outlived(upstream->server_idle_us, configured_us);
    conn_retire(conn);
}

/* Queries that nobody waits for any more hold its places until it ends. That costs nobody a place
 * where a fresh connection is there first. Where there is no room for one, the most worn one makes it,
 * the only one not before half of its places are gone; none while no other may be opened. */
static void
renew_worn(struct pool *pool, struct upstream *upstream)
{
    struct conn *most = NULL;
    bool has_fresh = false;
    for (uint32_t i = 0; i < pool->conns_count && upstream->ready > 0; i++) {
        struct conn *conn = pool_conn(pool, upstream, i);
        bool is_calm = conn->fsm.state == CONN_READY && conn->watch.doubt == WATCH_CALM;
        if (conn->fsm.state == CONN_DRAINING && conn->is_worn_out)
            return; /* one after the other */
        has_fresh |= is_calm && !conn_is_worn(conn);
        if (is_calm && conn_is_worn(conn) &&
            (most == NULL || conn->flights.late > most->flights.late))
            most = conn;
    }
    if (most == NULL || !pool_is_busy(pool))
        return;
    bool is_full = most->flights.late >= pool->shared.config->upstream_in_flight;
    if (has_fresh || (!pool_open(pool, upstream) && upstream->wants_place &&
                      now_of(pool) >= dial_us(upstream) && (upstream->ready > 1 || is_full)))
        conn_wear_out(most);
}

void
pool_tick(struct pool *pool)
{
    if (now_of(pool) < pool->shared.next_us)
        return;
    pool->shared.next_us = UINT64_MAX;
    for (uint32_t number = 1; number <= pool->count * pool->conns_count; number++) {
        struct conn *conn = &pool->conns[number];
        if (conn->fsm.state == CONN_IDLE)
            continue;
        conn_watch_tick(conn);
        if (conn->fsm.state == CONN_READY && conn->flights.count == 0)
            tick_idle(pool, conn);
    }
    pool_settle(pool);
    for (unsigned i = 0; i < pool->count; i++) {
        renew_worn(pool, &pool->upstreams[i]);
        keep_warm(pool, &pool->upstreams[i]);
    }
}

uint64_t
pool_deadline_us(const struct pool *pool)
{
    for (unsigned mark = 0; mark < CONN_MARKS; mark++)
        if (mark != CONN_TO_TELL && list_first(&pool->shared.marked[mark]) != LIST_NONE)
            return 0;
    return pool->shared.next_us;
}

void
pool_flush(struct pool *pool)
{
    struct conn *conn;
    while ((conn = conn_next_marked(&pool->shared, CONN_TO_FLUSH)) != NULL)
        conn_io_flush(conn);
}

void
pool_resume(struct pool *pool)
{
    for (uint32_t number = 1; number <= pool->count * pool->conns_count; number++)
        conn_io_resume(&pool->conns[number]);
}

void
pool_stop(struct pool *pool)
{
    pool->is_stopping = true;
}

void
pool_end(struct pool *pool)
{
    for (uint32_t number = 1; number <= pool->count * pool->conns_count; number++)
        conn_end(&pool->conns[number]);
}
