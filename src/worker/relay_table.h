/* relay_table.h - the queries that a worker has under way: a fixed table with lists through it
 * SPDX-License-Identifier: ISC
 *
 * What: taking and giving entries, their state and deadline. Pages of the table are touched only as
 *       far as it was ever used at once. Entries are numbered from 1.
 * Who:  worker: relay.c, relay_query.c. No system call, no clock, no allocation.
 */
#pragma once

#include "base/list.h"
#include "conf/config.h"
#include "lane/deadlines.h"
#include "lane/handoff.h"

#define RELAY_WAYS_MAX 4U /* places where a query is under way at once */

_Static_assert(CONFIG_UPSTREAMS_MAX <= 16, "a query's sets of upstreams have 16 bits");

struct conn;

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
    struct list waiting[HANDOFF_RANKS]; /* the first goes first */
    struct list picky, failed;
    uint32_t waiting_count;     /* in `waiting` */
    struct deadlines deadlines; /* of those that are WAITING, PICKY or ASKED, in us */
};

/** @param queries    zeroed, `count` + 1 of them, borrowed for the table's life
 *  @param deadlines  zeroed, deadlines_bytes(count + 1), borrowed as well */
void relay_table_init(struct relay_table *table, struct relay_query *queries, void *deadlines,
                      uint32_t count);

uint32_t relay_table_number(const struct relay_table *table, const struct relay_query *q);

/** Is no entry free? */
bool relay_table_is_full(const struct relay_table *table);

/** An entry in state FREE, in no list yet; only where relay_table_is_full() says no. */
struct relay_query *relay_table_take(struct relay_table *table);

/** Move an entry to the end of the list of another state. Nothing else writes the state. */
void relay_table_move(struct relay_table *table, struct relay_query *q, enum relay_state state);

/** End an entry: wiped, in no list, free. */
void relay_table_give(struct relay_table *table, struct relay_query *q);

/** The entry `number`, 1..used; NULL: it is free. */
struct relay_query *relay_table_alive(const struct relay_table *table, uint32_t number);

/** The first of a list; NULL: it is empty. */
static inline struct relay_query *
relay_table_first(const struct relay_table *table, const struct list *list)
{
    uint32_t number = list_first(list);
    return number != LIST_NONE ? &table->queries[number] : NULL;
}

/** The one that is due first, if it is due at `now_us`; NULL: none is. */
struct relay_query *relay_table_due(const struct relay_table *table, uint64_t now_us);
