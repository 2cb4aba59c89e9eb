/* watch.h - is a connection silent for longer than it should be?
 * SPDX-License-Identifier: ISC
 *
 * What: between the first silence that is too long and the one that ends a connection. A table:
 *
 *   CALM → SUSPECT → LEFT            a single octet from the server leads back to CALM
 *          new queries  those in
 *          go elsewhere flight, too
 *
 *       Nothing is taken from the connection: whichever response comes first counts. Silence alone
 *       proves nothing, for a name may be slow: only a probe on the same connection that nothing
 *       followed leads to LEFT. A connection that is LEFT ends when no query is in flight.
 * Who:  worker. Pure: times are arguments, all monotonic and in µs.
 * Ref:  docs/LIMITS.md "upstream".
 */
#pragma once

#include "upstream/choice.h"
#include "upstream/flights.h"

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
struct watch_times watch_times_of(const struct health *health, uint32_t query_ms);

/** One step of the table. A sign that means nothing in a state changes nothing. */
struct watch_step watch_step(enum watch_doubt doubt, enum watch_sign sign);

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
uint64_t watch_sign_at(const struct watch *watch, const struct flights *flights,
                       const struct watch_times *times);

/** A query was written. */
void watch_wrote(struct watch *watch, uint64_t now_us);

/** The server said something: whatever was suspected is over, and silence counts anew. */
void watch_heard(struct watch *watch, uint64_t now_us);

/** The connection is over: nothing is suspected of it. */
void watch_end(struct watch *watch);

/** Look at the time. @return what is to be done now; a remedy for which there was no room is asked
 *  for again at the next look */
struct watch_remedies watch_look(struct watch *watch, const struct flights *flights,
                                 const struct watch_times *times, uint64_t now_us);

/** When the oldest query that a walk has not passed is older than `age_us` (UINT64_MAX: none is
 *  ever late in this sense); UINT64_MAX: none will be. */
uint64_t watch_late_at(const struct watch *watch, const struct flights *flights,
                       enum flights_walk walk, uint64_t age_us);

/**
 * When does a connection that is LEFT end, if nothing is heard? A name may be slow, and a server may
 * answer strictly in order: so it stays as long as a query is in flight on it, unless its
 * place is needed for a new connection.
 *
 * @param query_us  a query's life
 * @return 0: now; UINT64_MAX: it is not LEFT
 */
uint64_t watch_end_at(const struct watch *watch, const struct flights *flights,
                      const struct watch_times *times, bool is_place_needed, uint64_t query_us);

/** The earlier of: watch_sign_at(), and when what is left over is tried again. Not before now. */
uint64_t watch_next_us(const struct watch *watch, const struct flights *flights,
                       const struct watch_times *times, uint64_t now_us);
