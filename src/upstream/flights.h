/* flights.h - the queries in flight on one connection: their ids, their order, which are late
 * SPDX-License-Identifier: ISC
 *
 * What: up to FLIGHTS_MAX ids out at once, picked at random, never one that is still out. The low
 *       ten bits name a slot, so that what belongs to an id stands in a plain array; the upper six
 *       are random too, so the whole id is as hard to guess as 16 bits allow. Queries stand in the
 *       order of writing. An abandoned one leaves the order and keeps its id until its response
 *       comes: a late response is known as such.
 * Who:  worker. Pure: time and random numbers are arguments.
 * Ref:  RFC 5452 section 4.3 (ids not predictable), RFC 7766 section 7 (unique on a connection).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FLIGHTS_BITS   10
#define FLIGHTS_MAX    (1U << FLIGHTS_BITS)
#define FLIGHTS_NOBODY UINT32_MAX       /* flight.query: it was abandoned */
#define FLIGHTS_PROBE  (UINT32_MAX - 1) /* flight.query: a probe of our own */

/* Why the order is walked: each walk has a place of its own in it. */
enum flights_walk {
    FLIGHTS_HEDGE,     /* a query that is later than nearly all */
    FLIGHTS_SLOW,      /* one that its server, which lives, does not answer */
    FLIGHTS_ELSEWHERE, /* all of them, from the oldest, once the connection is given up on */
    FLIGHTS_WALKS,
};

struct flight {
    uint32_t query;        /* the caller's name for it; FLIGHTS_NOBODY, FLIGHTS_PROBE */
    uint16_t older, newer; /* slots, in the order of writing; FLIGHTS_MAX: none */
    uint64_t sent_us;      /* when it was written, monotonic */
};

struct flights {
    uint32_t count;                   /* in the order, a probe included */
    uint32_t late;                    /* ids out whose query was abandoned */
    uint16_t oldest, newest;          /* slots; FLIGHTS_MAX: none */
    uint16_t walk[FLIGHTS_WALKS];     /* the oldest that a walk has not passed; FLIGHTS_MAX: none */
    uint16_t probe;                   /* the probe's slot; FLIGHTS_MAX: none is in flight */
    uint16_t free_count;              /* ids not out */
    uint16_t free[FLIGHTS_MAX];       /* the first free_count: slots whose id is not out */
    uint16_t full[FLIGHTS_MAX];       /* by slot: the whole id last given out */
    uint8_t is_out[FLIGHTS_MAX];      /* by slot */
    struct flight slots[FLIGHTS_MAX]; /* by slot */
};

/** Nothing is in flight, and every id is free. */
void flights_init(struct flights *flights);

/**
 * A query is written.
 *
 * @param query   the caller's name for it, or FLIGHTS_PROBE (one at a time)
 * @param random  32 fresh random bits
 * @param now_us  monotonic
 * @param id      written
 * @return false: all FLIGHTS_MAX ids are out (`id` is 0), nothing changed.
 */
bool flights_add(struct flights *flights, uint32_t query, uint32_t random, uint64_t now_us,
                 uint16_t *id);

/** What is out under exactly this id; NULL: nothing is. Valid until the id is free again. */
const struct flight *flights_find(const struct flights *flights, uint16_t id);

/** The response to `id` came: the id is free again. One that is not out is left alone. */
void flights_end(struct flights *flights, uint16_t id);

/** The response to `id` is not needed any more; the id stays out. @return false: it was not. */
bool flights_abandon(struct flights *flights, uint16_t id);

/** Take the oldest query out of the order; its id is free. @return false: there is none. */
bool flights_pop(struct flights *flights, struct flight *flight);

/** When the oldest in the order was written; 0: there is none. */
uint64_t flights_oldest_us(const struct flights *flights);

/** When the probe in flight was written; 0: there is none. */
uint64_t flights_probe_us(const struct flights *flights);

/** The id of the probe in flight; only where flights_probe_us() is not 0. */
uint16_t flights_probe_id(const struct flights *flights);

/** Queries in the order, without the probe. */
uint32_t flights_awaited(const struct flights *flights);

/** When the next query of a walk was written; 0: the walk is at its end. */
uint64_t flights_walk_us(const struct flights *flights, enum flights_walk walk);

/** Has the walk this query before it, and no older one? */
bool flights_walk_is_at(const struct flights *flights, enum flights_walk walk, uint16_t id);

/** Go one query further. @return it, the caller's or FLIGHTS_PROBE; FLIGHTS_NOBODY: the end. */
uint32_t flights_walk_on(struct flights *flights, enum flights_walk walk);

/** Begin again at the oldest. */
void flights_walk_anew(struct flights *flights, enum flights_walk walk);
