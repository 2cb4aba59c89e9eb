/* tally.h - what all statistics pages had counted at one moment
 * SPDX-License-Identifier: ISC
 *
 * What: the sums over all lanes, as plain numbers. The difference of two is what happened between
 *       them, unless a count fell: then a process began anew without its page, and there is a gap.
 * Who:  whoever looks at statistics. Pure.
 * Ref:  lane/stats.h; docs/VIEW.md.
 */
#pragma once

#include "lane/service_page.h"

struct tally {
    uint64_t at_us;                           /* monotonic */
    uint64_t counts[STATS_COUNT];             /* by enum stats_counter; levels among them */
    uint64_t why[WHY_COUNT];                  /* by enum why */
    uint64_t answer_buckets[STATS_BUCKETS];   /* from a query's arrival to its answer */
    uint64_t upstream_buckets[STATS_BUCKETS]; /* from a question upstream to its answer */
    uint64_t asked[STATS_UPSTREAMS], failed[STATS_UPSTREAMS]; /* questions of each upstream */
    uint64_t responded[STATS_UPSTREAMS]; /* its responses that could be passed on, or were errors */
    uint64_t erred[STATS_UPSTREAMS];     /* errors, without repeats of a name */
    uint64_t rcodes[STATS_RCODES];       /* responses to clients */
    uint64_t drops;                      /* datagrams for which there was no room */
    uint64_t filtered;                   /* that the filter of the kernel took */
    uint64_t cpu_us;                     /* processor time of all processes; of it: */
    uint64_t cpu_supervisor_us, cpu_front_us[SERVICE_PAGE_LANES], cpu_worker_us[SERVICE_PAGE_LANES];
    uint64_t upstreams_id; /* equal: the same upstreams in the same order */
};

/** Is every count of `to` the one of `from` counted on? Levels and drops may fall. */
bool tally_continues(const struct tally *from, const struct tally *to);

/** How many queries ended so between the two; `to` continues `from`. */
uint64_t tally_part(const struct tally *from, const struct tally *to, enum why_part part);
uint64_t tally_group(const struct tally *from, const struct tally *to, enum why_group group);

/** Queries that came in between the two. */
uint64_t tally_queries(const struct tally *from, const struct tally *to);

/** Datagrams that nobody read between the two; 0 if the number fell. */
uint64_t tally_drops(const struct tally *from, const struct tally *to);

#define TALLY_ENOUGH 100 /* fewer answers than that have no percentile */

/**
 * The time within which so many of all answers between the two came: the top of their bucket, so
 * at most 25 % too long and never too short.
 *
 * @param per_mille  1..1000
 * @return µs; NUMBER_NONE of view/number.h: fewer than TALLY_ENOUGH answers
 */
uint64_t tally_answer_us(const struct tally *from, const struct tally *to, unsigned per_mille);
uint64_t tally_upstream_us(const struct tally *from, const struct tally *to, unsigned per_mille);
