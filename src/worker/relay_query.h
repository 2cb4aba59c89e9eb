/* relay_query.h - the queries of the relay: a table of them, where each is asked, how it ends
 * SPDX-License-Identifier: ISC
 *
 * What: a fixed table with lists through it: taking and giving entries, their state and deadline.
 *       Pages of the table are touched only as far as it was ever used at once. Entries are numbered
 *       from 1. Places a query on a connection, judges responses, asks again elsewhere within a
 *       budget, and tells the front how it ended.
 * Who:  worker: relay.c, which takes queries out of the ring and responses from connections.
 * Ref:  RFC 5452; RFC 8914 (why it failed); docs/LIMITS.md "relay".
 */
#pragma once

#include "base/leak.h"
#include "base/list.h"
#include "child/child_link.h"
#include "lane/deadlines.h"
#include "lane/handoff.h"
#include "worker/conn_io.h"
#include "worker/conn_watch.h"
#include "worker/pool.h"

/* a query fails this much before its time, so the reason arrives */
#define RELAY_MARGIN_US 20000U
#define RELAY_ASKS_MAX  2U /* one retry */
#define RELAY_MOVES_MAX 8U /* times asked at all, clean closes of the server included */

/* ways that end without a word, until only a connection heard since will do */
#define RELAY_UNHEARD_MAX 2U

/* What share of the traffic may be asked again, and how much of it at once. */
#define RELAY_RETRY_FLOOR    5U   /* retries per second however little traffic there is */
#define RELAY_RETRY_BURST    100U /* retries */
#define RELAY_SLOW_LEAVES    50U  /* retries that slow names leave for questions that failed */
#define RELAY_HEDGE_BURST    20U  /* second asks of late questions */
#define RELAY_FAILOVER_PARTS 4U   /* a quarter of the table per second, the whole of it at once */
#define RELAY_WAYS_MAX       4U   /* places where a query is under way at once */

_Static_assert(CONFIG_UPSTREAMS_MAX <= 16, "a query's sets of upstreams have 16 bits");

enum relay_state {
    RELAY_FREE,
    RELAY_WAITING, /* for a connection */
    RELAY_PICKY,   /* for one that is being opened; the ready ones are where it failed */
    RELAY_ASKED,   /* on one */
    RELAY_FAILED,  /* for room in the ring to say so */
};

struct relay_way {     /* where a query is under way */
    struct conn *conn; /* NULL: nowhere */
    uint16_t id;
};

struct relay_query {
    struct handoff_query handoff;          /* as the front asks it */
    uint64_t deadline_us;                  /* monotonic, margin taken off */
    uint64_t since_us;                     /* when it came */
    struct list_links links;               /* in the list of its state */
    struct relay_way ways[RELAY_WAYS_MAX]; /* ASKED: `ways_count` of them */
    uint16_t asked, again; /* sets of upstreams: asked; and on a connection heard since it came */
    uint16_t ede;          /* FAILED */
    uint8_t state;         /* enum relay_state */
    uint8_t group;         /* of upstreams: no other is asked */
    uint8_t asks;          /* attempts that count against it */
    uint8_t moves;         /* times written to a connection */
    uint8_t unheard;       /* ways that ended without a word */
    uint8_t ways_count;
    uint8_t rcode;    /* of an error that came without a question; NOERROR: none did */
    uint8_t upstream; /* asked last; CONFIG_UPSTREAMS_MAX: none yet */
};

struct relay_table {
    struct relay_query *queries; /* borrowed: `count` + 1 */
    uint32_t count;              /* how many there can be */
    uint32_t alive;              /* not FREE */
    uint32_t used;               /* 1..used were used before: the pages behind are untouched */
    struct list free;            /* of those */
    struct list waiting[ROUTES_GROUPS_MAX][HANDOFF_RANKS]; /* the first goes first */
    struct list picky, failed;
    uint32_t waiting_count;     /* in `waiting`; and of each group, */
    uint32_t *waiting_of;       /* borrowed: ROUTES_GROUPS_MAX of them */
    struct deadlines deadlines; /* of those that are WAITING, PICKY or ASKED, in us */
};

struct relay {
    struct pool *pool; /* borrowed, like */
    struct stats_page *stats;
    struct evloop *loop; /* now_us is the time of the turn */
    uint32_t lane;       /* for the log */
    /* to the front; `has_more` also where queries lost their connection this turn */
    struct child_link link;
    bool is_full;      /* the ring to the front: nothing is read from upstreams */
    size_t full_bytes; /* the record that found no room last */
    struct relay_table table;
    struct leak retries, hedges, failovers; /* what may still be asked again, but for */
    unsigned first_group; /* whose queries are placed first, next time; any number */
    uint32_t unearned;    /* queries that came since retries and hedges were asked of last */
    uint8_t record[HANDOFF_QUERY_MAX];
};

/* Why a query is no longer under way on a connection. */
enum relay_loss {
    RELAY_LOST,    /* it broke: an attempt, and asking elsewhere is failover */
    RELAY_ENDED,   /* the server closed in order: not an attempt */
    RELAY_UNHEARD, /* nothing was heard on it since it was asked: not an attempt */
    RELAY_SPOILT,  /* it drew a response of no use: an attempt, and asking again a retry */
};

/* --- the table ------------------------------------------------------------------------------- */

/** @param queries    zeroed, `count` + 1 of them, borrowed for the table's life
 *  @param deadlines  zeroed, deadlines_bytes(count + 1), borrowed as well
 *  @param waiting_of  zeroed, written: how many of each group wait; borrowed as well */
void relay_query_table(struct relay_table *table, struct relay_query *queries, void *deadlines,
                       uint32_t count, uint32_t waiting_of[ROUTES_GROUPS_MAX]);

uint32_t relay_query_number(const struct relay_table *table, const struct relay_query *q);

/** Is no entry free? */
bool relay_query_is_full(const struct relay_table *table);

/** An entry in state FREE, in no list yet; only where relay_query_is_full() says no. */
struct relay_query *relay_query_take(struct relay_table *table);

/** Move an entry to the end of the list of another state. Nothing else writes the state. */
void relay_query_move(struct relay_table *table, struct relay_query *q, enum relay_state state);

/** End an entry: wiped, in no list, free. */
void relay_query_give(struct relay_table *table, struct relay_query *q);

/** The entry `number`, 1..used; NULL: it is free. */
struct relay_query *relay_query_alive(const struct relay_table *table, uint32_t number);

/** The first of a list; NULL: it is empty. */
struct relay_query *relay_query_first(const struct relay_table *table, const struct list *list);

/** The one that is due first, if it is due at `now_us`; NULL: none is. */
struct relay_query *relay_query_due(const struct relay_table *table, uint64_t now_us);

/* --- one query ------------------------------------------------------------------------------- */

/** Put a query on a connection, or among the picky. @return false: no connection can take it. */
bool relay_query_place(struct relay *relay, struct relay_query *q);

/** A response came: judge it, and take it from its connection unless there is no room for it. */
void relay_query_answer(struct relay *relay, struct conn *conn,
                        const struct conn_response *response);

/** A query is under way on `conn` no more. If nowhere else either, it is asked again or fails. */
void relay_query_lost(struct relay *relay, struct relay_query *q, const struct conn *conn,
                      enum relay_loss loss);

/**
 * Ask a query that is under way on `conn` at one more place, too, if it makes sense and the budget
 * has one left. Of silent upstreams each is asked at most twice, the second time on a connection
 * that was heard since the query came; more often only where another query is to blame.
 * @return false: there is no room elsewhere now; nothing changed.
 */
bool relay_query_ask_elsewhere(struct relay *relay, struct relay_query *q, const struct conn *conn,
                               enum conn_late why);

/** A query's responses are not needed any more, wherever it is under way. */
void relay_query_abandon(struct relay_query *q);

/** A query has no answer: relay_query_tell() will say so. @param ede  RFC 8914 */
void relay_query_fail(struct relay *relay, struct relay_query *q, uint16_t ede);

/** Tell the front that a query failed, and end it. @return false: there is no room now */
bool relay_query_tell(struct relay *relay, struct relay_query *q);
