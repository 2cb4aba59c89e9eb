/* history.h - readings of the last hour in fixed memory
 * SPDX-License-Identifier: ISC
 *
 * What: whole tallies of the last five minutes, and of the last hour a few sums each ten seconds. It
 *       has no pointers, so it can be copied between processes.
 * Who:  whoever reads statistics more than once. Pure: time comes with the tallies.
 * Ref:  docs/VIEW.md, docs/LIMITS.md "view".
 */
#pragma once

#include "view/tally.h"

#define HISTORY_STEP_MS     10000  /* between two tallies or points that are kept */
#define HISTORY_NEAR_MS     500    /* readings nearer to each other are one: no rate of so little */
#define HISTORY_SHORT_MS    60000  /* "one minute" */
#define HISTORY_LONG_MS     300000 /* "five minutes" */
#define HISTORY_HOUR_MS     3600000 /* "the last hour" */
#define HISTORY_TALLIES     31      /* five minutes and both ends */
#define HISTORY_POINTS      361     /* an hour and both ends */
#define HISTORY_COLUMNS_MAX 120

struct history_point {
    uint64_t at_us;                                          /* monotonic */
    uint64_t queries, answered, cached, turned_away, failed; /* counts, as the tally had them */
    uint32_t asked[STATS_UPSTREAMS], erred[STATS_UPSTREAMS]; /* modulo 2^32 */
    uint64_t half_us, most_us; /* of the minute before: 50 and 99 of 100; NUMBER_NONE: too few */
    uint64_t is_begin;         /* nothing continues up to here */
};

struct history { /* all zero: no reading yet. No bool: a foreign page may hold any octet */
    struct tally newest, before;
    uint64_t has_newest, has_before; /* `before` is what `newest` continues */
    struct tally tallies[HISTORY_TALLIES];
    unsigned tallies_count, tallies_next;
    struct history_point points[HISTORY_POINTS];
    unsigned points_count, points_next;
};

/** One more. A tally that is not later than the newest is ignored; one that does not continue it is
 * a gap: figures of spans begin anew. */
void history_add(struct history *history, const struct tally *tally);

/**
 * The tally that lies so far behind the newest, or a little more; else the oldest since the last
 * gap, which is then nearer. NULL: there is none but the newest.
 */
const struct tally *history_back(const struct history *history, uint64_t span_ms);

/**
 * Can what was copied from elsewhere be used? Its numbers may be wrong, but stand where they belong,
 * and nothing in it is later than its newest reading.
 */
bool history_is_sound(const struct history *history);

/**
 * How many errors an upstream usually answers with: in the hour, but for the last `span_ms` of it.
 *
 * @return hundredths of a percent of what it was asked; NUMBER_NONE: there is not half an hour of
 *         readings, or it was asked less than TALLY_ENOUGH times
 */
uint64_t history_usual_errors(const struct history *history, unsigned upstream, uint64_t span_ms);

/** Monotonic time of the oldest point; 0: none. */
uint64_t history_begin_us(const struct history *history);

enum history_series {
    HISTORY_QUERIES,     /* thousandths per second */
    HISTORY_CACHED,      /* of what was answered, in hundredths of a percent */
    HISTORY_HALF,        /* µs within which half were answered */
    HISTORY_MOST,        /* and 99 of 100 */
    HISTORY_TURNED_AWAY, /* thousandths per second */
    HISTORY_FAILED,      /* likewise */
    HISTORY_UPSTREAM,    /* plus an upstream's index: questions, thousandths per second */
};

/**
 * The last hour, cut into columns of equal length that end with the newest reading.
 *
 * @param which    an enum history_series, or HISTORY_UPSTREAM + 0..15
 * @param columns  1..HISTORY_COLUMNS_MAX
 * @param values   written, oldest first; NUMBER_NONE: no reading
 */
void history_columns(const struct history *history, unsigned which, unsigned columns,
                     uint64_t values[]);
