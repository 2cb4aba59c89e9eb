/* relay.c - see relay.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/relay.h"

#include "dns/dns_edns.h"
#include "os/memory.h"
#include "worker/relay_query.h"

#include <errno.h>
#include <string.h>

#define LIFE_MAX_US (30000U * 1000U) /* the longest query_ms: a front cannot ask for more */

void
relay_init(struct relay *relay, uint32_t queries, struct pool *pool, struct stats_page *stats,
           struct evloop *loop)
{
    *relay = (struct relay){.pool = pool,
                            .stats = stats,
                            .loop = loop,
                            .retries = leak_make(RELAY_RETRY_FLOOR, RELAY_RETRY_BURST, 0),
                            .failovers = leak_make(queries / RELAY_FAILOVER_PARTS, queries, 0),
                            .hedges = leak_make(0, RELAY_HEDGE_BURST, 0)};
    child_link_init(&relay->link);
    struct relay_query *table = memory_reserve((queries + (size_t)1) * sizeof *table);
    void *deadlines = memory_reserve(deadlines_bytes(queries + 1));
    if (table == NULL || deadlines == NULL)
        log_fatal("memory for %u queries cannot be reserved: %s", queries, strerror(errno));
    relay_query_table(&relay->table, table, deadlines, queries, pool->waiting);
    leak_spend(&relay->hedges, RELAY_HEDGE_BURST, 0); /* a share of traffic from the start */
}

/* --- rings ---------------------------------------------------------------------------------- */

static void
forget_all(struct relay *relay)
{
    struct relay_table *table = &relay->table;
    for (uint32_t number = 1; number <= table->used && table->alive > 0; number++) {
        struct relay_query *q = relay_query_alive(table, number);
        if (q == NULL)
            continue;
        relay_query_abandon(q);
        relay_query_give(table, q);
    }
}

enum status
relay_attach(struct relay *relay, const struct ipc_message *ring, const int fds[IPC_FDS_MAX])
{
    forget_all(relay);
    child_link_close(&relay->link, relay->loop);
    enum status status = child_link_open(&relay->link, relay->loop, CHILD_LINK_WORKER, ring, fds);
    if (status == STATUS_OK && relay->is_full) {
        relay->is_full = false;
        pool_resume(relay->pool);
    }
    return status;
}

/* A broken ring ends the front, not the worker: the supervisor is told and sends a new ring. */
static void
give_up(struct relay *relay, const char *what)
{
    child_link_break(&relay->link, relay->lane, what);
    forget_all(relay);
}

bool
relay_pop_broken(struct relay *relay, uint32_t *ring)
{
    return child_link_pop_broken(&relay->link, ring);
}

/* --- beginnings ----------------------------------------------------------------------------- */

/* Does a query of its group wait that goes before this new one? */
static bool
is_behind(const struct relay *relay, const struct relay_query *q)
{
    for (unsigned i = 0; i <= q->handoff.rank; i++)
        if (list_first(&relay->table.waiting[q->group][i]) != LIST_NONE)
            return true;
    return false;
}

static uint64_t
deadline_of(const struct handoff_query *handoff, uint64_t now)
{
    if (handoff->deadline_ms * 1000 <= now + RELAY_MARGIN_US)
        return now;
    return handoff->deadline_ms < (now + LIFE_MAX_US) / 1000
               ? handoff->deadline_ms * 1000 - RELAY_MARGIN_US
               : now + LIFE_MAX_US;
}

/* @return false: the record breaks the rules */
static bool
take_record(struct relay *relay, size_t size)
{
    struct relay_table *table = &relay->table;
    struct relay_query *q = relay_query_take(table);
    if (handoff_query_read(relay->record, size, &q->handoff) != STATUS_OK) {
        relay_query_give(table, q);
        return false;
    }
    q->since_us = relay->loop->now_us;
    q->group = (uint8_t)routes_group(relay->pool->routes, &q->handoff.question);
    q->deadline_us = deadline_of(&q->handoff, q->since_us);
    deadlines_set(&table->deadlines, relay_query_number(table, q), q->deadline_us);
    relay->unearned++;
    pool_asked(relay->pool);
    /* one that cannot be answered in time would only hold a place that others need */
    if (q->deadline_us <= pool_answer_us(relay->pool, q->group))
        relay_query_fail(relay, q, DNS_EDE_NO_REACHABLE_AUTHORITY);
    /* first come, first served among those of its rank */
    else if (is_behind(relay, q) || !relay_query_place(relay, q))
        relay_query_move(table, q, RELAY_WAITING);
    return true;
}

void
relay_take(struct relay *relay)
{
    relay->link.has_more = false;
    if (!child_link_is_usable(&relay->link))
        return;
    stats_set(relay->stats, STAT_RING_DEPTH, ring_depth(&relay->link.from_peer));
    enum status status = STATUS_OK;
    int taken = 0;
    for (; taken < RELAY_BATCH && !relay_query_is_full(&relay->table) && status == STATUS_OK;
         taken++) {
        size_t size;
        status = ring_take(&relay->link.from_peer, relay->record, sizeof relay->record, &size);
        if (status == STATUS_OK && !take_record(relay, size)) {
            give_up(relay, "broke the ring of queries: a record that is none");
            return;
        }
    }
    if (status == STATUS_INVALID) {
        give_up(relay, "broke the ring of queries: an index out of bounds");
        return;
    }
    relay->link.has_more =
        relay->link.has_more || (status == STATUS_OK && !relay_query_is_full(&relay->table));
    child_link_release(&relay->link);
}

/* Fail those of a group that wait; of each rank up to the first that has time beyond `until_us`. */
static void
give_up_until(struct relay *relay, unsigned group, uint64_t until_us)
{
    struct relay_table *table = &relay->table;
    for (unsigned rank = 0; rank < HANDOFF_RANKS; rank++) {
        struct relay_query *q;
        while ((q = relay_query_first(table, &table->waiting[group][rank])) != NULL &&
               q->deadline_us <= until_us)
            relay_query_fail(relay, q,
                             q->moves > 0 ? DNS_EDE_NETWORK_ERROR : DNS_EDE_NO_REACHABLE_AUTHORITY);
    }
}

static unsigned
groups_of(const struct relay *relay)
{
    return relay->pool->routes->sets.count;
}

/* Those of one group that wait do not hold up those of another. */
static void
place_group(struct relay *relay, unsigned group)
{
    struct relay_table *table = &relay->table;
    struct relay_query *q;
    if (table->waiting_of[group] > 0)
        give_up_until(relay, group, pool_answer_us(relay->pool, group));
    for (unsigned rank = 0; rank < HANDOFF_RANKS && table->waiting_of[group] > 0; rank++)
        while ((q = relay_query_first(table, &table->waiting[group][rank])) != NULL)
            if (!relay_query_place(relay, q))
                break;
}

void
relay_place_waiting(struct relay *relay)
{
    struct relay_table *table = &relay->table;
    /* each of the picky once: one that stays is put behind the others */
    uint32_t last = list_last(&table->picky, LIST_TABLE(table->queries, links));
    struct relay_query *q = NULL;
    for (int i = 0; i < RELAY_BATCH && last != LIST_NONE && q != &table->queries[last]; i++) {
        q = relay_query_first(table, &table->picky);
        if (!relay_query_place(relay, q))
            relay_query_move(table, q, RELAY_WAITING);
    }
    /* where two groups share an upstream, each is first in its turn */
    unsigned groups = groups_of(relay), first = relay->first_group++ % groups;
    for (unsigned i = 0; i < groups && table->waiting_count > 0; i++)
        place_group(relay, (first + i) % groups);
}

/* --- time ----------------------------------------------------------------------------------- */

void
relay_expire(struct relay *relay)
{
    struct relay_query *q;
    while ((q = relay_query_due(&relay->table, relay->loop->now_us)) != NULL)
        relay_query_fail(relay, q, DNS_EDE_NO_REACHABLE_AUTHORITY);
    /* a query does not wait for a connection that cannot be ready in time */
    for (unsigned group = 0; group < groups_of(relay) && relay->table.waiting_count > 0; group++)
        if (relay->table.waiting_of[group] > 0)
            give_up_until(relay, group, pool_earliest_us(relay->pool, group));
}

uint64_t
relay_deadline_us(const struct relay *relay)
{
    uint64_t at = relay->table.deadlines.first_at;
    for (unsigned group = 0; group < groups_of(relay) && relay->table.waiting_count > 0; group++) {
        if (relay->table.waiting_of[group] == 0)
            continue;
        uint64_t earliest = pool_earliest_us(relay->pool, group);
        at = earliest > relay->loop->now_us && earliest < at ? earliest : at;
    }
    return at;
}

/* --- what connections hand over -------------------------------------------------------------- */

void
relay_listen(struct relay *relay)
{
    struct conn *conn;
    struct conn_response response;
    while ((conn = conn_next_marked(&relay->pool->shared, CONN_TO_READ)) != NULL) {
        conn_io_read(conn);
        while (conn_io_next(conn, &response))
            relay_query_answer(relay, conn, &response);
    }
    relay_settle(relay);
}

static enum relay_loss
loss_of(enum conn_loss loss)
{
    switch (loss) {
    case CONN_LOSS_BROKEN:
        return RELAY_LOST;
    case CONN_LOSS_ENDED:
        return RELAY_ENDED;
    case CONN_LOSS_UNHEARD:
        break;
    }
    return RELAY_UNHEARD;
}

static void
take_orphans(struct relay *relay)
{
    struct conn *conn;
    uint32_t number;
    enum conn_loss loss;
    while ((conn = conn_next_marked(&relay->pool->shared, CONN_ORPHANED)) != NULL)
        while (conn_pop_orphan(conn, &number, &loss))
            relay_query_lost(relay, &relay->table.queries[number], conn, loss_of(loss));
}

static void
help_late(struct relay *relay, struct conn *conn)
{
    uint32_t number;
    enum conn_late why;
    while (conn_watch_next_late(conn, &number, &why))
        if (!relay_query_ask_elsewhere(relay, &relay->table.queries[number], conn, why))
            conn_watch_leave_over(conn, why);
}

void
relay_settle(struct relay *relay)
{
    struct conn *conn;
    do {
        pool_settle(relay->pool);
        /* all upstreams of a group are down and one more attempt failed: the queries that waited for
         * it fail now. Later ones wait for the next attempt, so no query waits for more than one */
        for (uint64_t groups = pool_take_given_up(relay->pool); groups != 0; groups &= groups - 1)
            give_up_until(relay, (unsigned)__builtin_ctzll(groups), UINT64_MAX);
        take_orphans(relay);
        conn = conn_next_marked(&relay->pool->shared, CONN_LATE);
        if (conn != NULL)
            help_late(relay, conn);
    } while (conn != NULL);
}

/* --- sleep and wake -------------------------------------------------------------------------- */

void
relay_publish(struct relay *relay)
{
    if (relay->link.memory == NULL)
        return;
    struct relay_query *q;
    while ((q = relay_query_first(&relay->table, &relay->table.failed)) != NULL)
        if (!relay_query_tell(relay, q))
            break;
    if (relay->link.to_peer.broken && !relay->link.is_broken)
        give_up(relay, "broke the ring of answers: an index out of bounds");
    child_link_publish(&relay->link);
}

bool
relay_sleep(struct relay *relay)
{
    if (relay->link.has_more)
        return false;
    return !child_link_is_usable(&relay->link) || relay_query_is_full(&relay->table) ||
           child_link_sleep(&relay->link);
}

void
relay_wake(struct relay *relay)
{
    if (relay->link.memory == NULL)
        return;
    child_link_wake(&relay->link);
    if (!relay->is_full || relay->link.to_peer.broken)
        return;
    if (!ring_fits(&relay->link.to_peer, relay->full_bytes) &&
        ring_await_room(&relay->link.to_peer, relay->full_bytes))
        return; /* not yet; the bell is asked for again */
    relay->is_full = false;
    pool_resume(relay->pool);
}
