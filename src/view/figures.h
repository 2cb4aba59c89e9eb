/* figures.h - every figure that is shown or judged, from the readings
 * SPDX-License-Identifier: ISC
 *
 * What: the table of docs/VIEW.md as numbers. Page, `top` and `status` draw these and nothing else,
 *       so that they cannot differ. Rates in thousandths, shares in hundredths of a percent, times in
 *       µs; NUMBER_NONE (view/number.h) where there is no reading.
 * Who:  whoever judges or draws. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/history.h"
#include "view/number.h"
#include "view/reading.h"

struct figures_upstream {
    const struct reading_upstream *is; /* borrowed from the reading */
    uint64_t share;                    /* of all questions */
    uint64_t rate;                     /* questions per second */
    uint64_t failed;                   /* per minute, thousandths */
    uint64_t answer_us;                /* NUMBER_NONE unless it is connected */
    uint64_t errors_count;             /* responses that say that it cannot: five minutes; */
    uint64_t errors;                   /* their share of its responses; */
    uint64_t errors_others;            /* that of all others; NUMBER_NONE: they say too little */
    uint64_t errors_usual;             /* that of the hour before; NUMBER_NONE: not known */
    uint64_t errors_minute_count, errors_minute; /* as the first two, of one minute */
    bool is_usable;                              /* it can be asked, or has not been tried yet */
    bool is_asked;                               /* it was tried at all */
    bool has_spare; /* a pin stands behind the one that matches, or only one is */
};

struct figures_route { /* upstreams that are asked the same names, and no others those */
    const struct reading_route *is;     /* borrowed from the reading */
    unsigned upstreams, usable, by_pin; /* by_pin: refused because no pin matches */
    uint64_t none_us; /* monotonic: since when none is usable; 0: some are, or it is not known */
};

struct figures {
    const struct reading *reading; /* borrowed */
    const struct history *history; /* borrowed */
    uint64_t span_s;               /* what "5 minutes" really are; 0: one reading only */
    bool is_whole;                 /* `span_s` is five minutes */

    /* five minutes */
    uint64_t queries, answered, turned_away, failed, neither; /* rates */
    uint64_t parts[WHY_PARTS];                                /* rates */
    uint64_t share, cached_share, stale_share;                /* answered; of what was answered */
    uint64_t queries_count, failed_count, stale_count, full_count, dropped_count;
    uint64_t half_us, nine_us, most_us; /* time to answer: 50, 90, 99 of 100 */
    uint64_t upstream_half_us, upstream_nine_us, upstream_most_us;
    uint64_t over_limit; /* rate */
    uint64_t
        cpu; /* processor time of all processes, of one core: 100 % is one that is busy; NUMBER_NONE of a few seconds */
    /* the same of each; workers that were replaced count with the one in their place */
    uint64_t cpu_supervisor, cpu_front[SERVICE_PAGE_LANES], cpu_worker[SERVICE_PAGE_LANES];

    /* the last two readings */
    uint64_t queries_now, turned_away_now, failed_now, cached_share_now;

    /* one minute */
    uint64_t half_minute_us, most_minute_us;
    uint64_t share_minute, failed_minute_count, answered_minute_count, over_limit_minute;

    /* the last hour; NUMBER_NONE before there is half of it */
    uint64_t usual_low, usual_high; /* queries: nine in ten minutes had as much, nine no more */
    uint64_t usual_most_us;         /* 99 of 100: the median of its minutes */

    uint64_t errors_minute; /* share of errors in the responses of all upstreams, one minute */
    unsigned upstreams, usable;
    struct figures_upstream of_upstream[STATS_UPSTREAMS];
    unsigned routes,
        routes_down; /* 1 or more: the first is of names that no other has; without it */
    struct figures_route of_route[SERVICE_PAGE_ROUTES];

    uint64_t waiting, waiting_most, tcp_clients, tcp_clients_most; /* all lanes */
    uint64_t cache_bytes, cache_bytes_most;
    uint64_t memory_peak_bytes;           /* of all processes */
    uint64_t died_hour, died_ten_minutes; /* processes */
    uint64_t first_died_us;               /* monotonic: of those of the hour; 0: none died */
};

/** @param reading  the newest one, whose tally `history` ends with; both stay borrowed */
void figures_make(struct figures *figures, const struct reading *reading,
                  const struct history *history);

/** How often a counter counted, per second, in thousandths, over `span_s`; NUMBER_NONE: not known. */
uint64_t figures_rate(const struct figures *figures, enum stats_counter counter);

/** Is this upstream asked the names of this route, or of the first: those that no route has? */
static inline bool
figures_is_asked(const struct figures *figures, unsigned route, unsigned upstream)
{
    return (figures->of_route[route].is->upstreams >> upstream & 1) != 0;
}

/** Whoever is asked a name that this upstream is asked, too: a bit for each, without itself. */
uint32_t figures_peers(const struct figures *figures, unsigned upstream);

/** Can no upstream be asked any name of this route, or of the first: any that no route has? */
bool figures_is_down(const struct figures *figures, unsigned route);

/** A monotonic time as seconds since 1970, by the clocks of the reading. */
uint64_t figures_wall_s(const struct figures *figures, uint64_t monotonic_us);
