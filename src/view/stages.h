/* stages.h - how long the stages of a query took since the start
 * SPDX-License-Identifier: ISC
 *
 * What: the histograms of all processes, added up by stage. The two that are judged are in a tally,
 *       too, with those of the last minutes.
 * Who:  whoever shows all that is counted. Pure.
 * Ref:  lane/stages.def, lane/stats.h; docs/VIEW.md.
 */
#pragma once

#include "lane/service_page.h"

struct stages {
    uint64_t buckets[STATS_STAGES][STATS_BUCKETS];
};

/** @param stages  written; @param pages  borrowed for the call */
void stages_read(struct stages *stages, const struct service_page_set *pages);

/** How often was it measured? */
uint64_t stages_count(const struct stages *stages, enum stats_stage stage);

/**
 * The time within which so many of all came: the top of their bucket, at most 25 % too long and never
 * too short.
 *
 * @param per_mille  1..1000
 * @return µs; NUMBER_NONE of view/number.h: it was never measured
 */
uint64_t stages_us(const struct stages *stages, enum stats_stage stage, unsigned per_mille);
