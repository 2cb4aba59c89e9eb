/* flights.h - the queries in flight on one connection: their ids and order, which are late, what silence means
 * SPDX-License-Identifier: ISC
 *
 * What: up to FLIGHTS_MAX ids out at once, picked at random, never one that is still out. The low
 *       ten bits name a slot, so that what belongs to an id stands in a plain array; the upper six
 *       are random too, so the whole id is as hard to guess as 16 bits allow. Queries stand in the
 *       order of writing. An abandoned one leaves the order and keeps its id until its response
 *       comes: a late response is known as such.
 *
 *       Between the first silence that is too long and the one that ends a connection there is a
 *       table:
 *
 *   CALM → SUSPECT → LEFT            a single octet from the server leads back to CALM
 *          new queries  those in
 *          go elsewhere flight, too
 *
 *       Nothing is taken from the connection: whichever response comes first counts. Silence alone
 *       proves nothing, for a name may be slow: only a probe on the same connection that nothing
 *       followed leads to LEFT. A connection that is LEFT ends when no query is in flight.
 * Who:  worker. Pure: times are arguments, all monotonic and in µs, and random numbers.
 * Ref:  RFC 5452 section 4.3 (ids not predictable), RFC 7766 section 7 (unique on a connection);
 *       docs/LIMITS.md "upstream".
 */
#pragma once

#include "upstream/health.h"

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
    uint16_t free[FLIGHTS_MAX];       /* the first free_count: slots whose id is not out, each xor
                                         its place: zeros are every slot, and quickly made */
    uint16_t full[FLIGHTS_MAX];       /* by slot, where one is out: the whole id */
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

/* --- silence --------------------------------------------------------------------------------- */

#define WATCH_AGAIN_US 20000U /* until what there was no room for is tried again */

enum watch_doubt {
    WATCH_CALM,
    WATCH_SUSPECT,
    WATCH_LEFT,
    WATCH_DOUBTS,
};

enum watch_sign {
    WATCH_QUIET, /* silent for too long while something is in flight */
    WATCH_STILL, /* and after the probe, too */
    WATCH_HEARD, /* the server said something */
    WATCH_SIGNS,
};

struct watch_remedies { /* a type of its own: what a connection's life asks for is another one */
    bool probe;         /* ask on this connection for what any server knows */
    bool leave;         /* ask elsewhere, too, what is in flight on it */
};

struct watch_step {
    enum watch_doubt doubt;
    struct watch_remedies remedies;
};

struct watch_times {     /* they change with the upstream's health only */
    uint64_t suspect_us; /* how long a query may be unanswered, before a probe */
    uint64_t answer_us;  /* how long the probe may be */
    uint64_t silence_us; /* how long a silent connection keeps a place that a new one needs */
};

struct watch { /* of one connection; 0: not so */
    enum watch_doubt doubt;
    uint64_t heard_us;     /* the server said something last */
    uint64_t unheard_us;   /* the first query after that was written */
    uint64_t suspected_us; /* SUSPECT or LEFT since */
    bool is_left_over;     /* LEFT, and not all that is in flight could be asked elsewhere */
    bool is_paused;        /* we do not read: silence is ours */
};

/** The times that follow from an upstream's health. @param query_ms  a query's life */
struct watch_times flights_times(const struct health *health, uint32_t query_ms);

/** One step of the table. A sign that means nothing in a state changes nothing. */
struct watch_step flights_step(enum watch_doubt doubt, enum watch_sign sign);

/**
 * When does silence mean something more than it does now, if nothing is heard until then?
 *
 * A query that was written since the server was heard last is due after `suspect_us`. Where all in
 * flight are older than that, the server lives and a name is slow: it is asked whether it still
 * does when as much time has passed again as the oldest had waited then, so a slow name costs a few
 * probes, and hardly one where other responses come.
 *
 * @return CALM: when it becomes WATCH_QUIET. SUSPECT: WATCH_STILL; 0 where the probe is still to be
 *         written. LEFT, paused, or nothing in flight: UINT64_MAX.
 */
uint64_t flights_sign_at(const struct watch *watch, const struct flights *flights,
                         const struct watch_times *times);

/** A query was written. */
void flights_wrote(struct watch *watch, uint64_t now_us);

/** The server said something: whatever was suspected is over, and silence counts anew. */
void flights_heard(struct watch *watch, uint64_t now_us);

/** The connection is over: nothing is suspected of it. */
void flights_calm(struct watch *watch);

/** Look at the time. @return what is to be done now; a remedy for which there was no room is asked
 *  for again at the next look */
struct watch_remedies flights_look(struct watch *watch, const struct flights *flights,
                                   const struct watch_times *times, uint64_t now_us);

/** When the oldest query that a walk has not passed is older than `age_us` (UINT64_MAX: none is
 *  ever late in this sense); UINT64_MAX: none will be. */
uint64_t flights_late_at(const struct watch *watch, const struct flights *flights,
                         enum flights_walk walk, uint64_t age_us);

/**
 * When does a connection that is LEFT end, if nothing is heard? A name may be slow, and a server may
 * answer strictly in order: so it stays as long as a query is in flight on it, unless its
 * place is needed for a new connection.
 *
 * @param query_us  a query's life
 * @return 0: now; UINT64_MAX: it is not LEFT
 */
uint64_t flights_end_at(const struct watch *watch, const struct flights *flights,
                        const struct watch_times *times, bool is_place_needed, uint64_t query_us);

/** The earlier of: flights_sign_at(), and when what is left over is tried again. Not before now. */
uint64_t flights_next_us(const struct watch *watch, const struct flights *flights,
                         const struct watch_times *times, uint64_t now_us);
