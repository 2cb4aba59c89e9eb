/* view_hour.h - an hour of readings with invented figures, for tests of what is shown of it
 * SPDX-License-Identifier: ISC
 */
#pragma once

#include "view_scene.h"

enum view_hour {
    VIEW_HOUR_WELL, /* 412.5 queries a second */
    VIEW_HOUR_TROUBLE, /* the first upstream is asked nothing for half of it; a network is over its limit */
    VIEW_HOUR_IDLE,
    VIEW_HOUR_HUGE, /* as many as numbers hold */
};

#define VIEW_HOUR_STEP_S 10

static inline unsigned
view_hour_bucket(uint64_t us)
{
    unsigned bucket = 0;
    while (stats_bucket_top(bucket) < us)
        bucket++;
    return bucket;
}

/* What came in ten seconds, so many seconds before the newest reading. */
static inline void
view_hour_add(struct tally *t, enum view_hour what, unsigned ago_s)
{
    uint64_t times = what == VIEW_HOUR_HUGE ? 1000000 : 1;
    bool is_over = what == VIEW_HOUR_TROUBLE && ago_s < 8 * 60;
    bool is_refused = what == VIEW_HOUR_TROUBLE && ago_s < 31 * 60;
    unsigned wave = ago_s / 60 % 7;
    t->at_us += VIEW_HOUR_STEP_S * VIEW_SCENE_S;
    if (what == VIEW_HOUR_IDLE)
        return;
    t->counts[STAT_UDP_QUERIES] += (4000 + 20 * wave) * times;
    t->counts[STAT_TCP_QUERIES] += 125 * times;
    t->why[WHY_CACHE_HIT] += (2822 + 20 * wave) * times;
    t->why[WHY_ANSWERED] += 962 * times;
    t->why[WHY_LOCAL] += 61 * times;
    t->why[WHY_BLOCKED] += 88 * times;
    t->why[WHY_ACL] += 5 * times;
    t->why[WHY_RATE_SLIPPED] += is_over ? 93 : 0;
    t->why[WHY_RATE_DROPPED] += is_over ? 92 : 0;
    t->why[WHY_TIMEOUT] += ago_s % 60 == 0 ? times : 0;
    t->answer_buckets[view_hour_bucket(60)] += 500 * times;
    t->answer_buckets[view_hour_bucket(100)] += (2322 + 20 * wave) * times;
    t->answer_buckets[view_hour_bucket(12000)] += 700 * times;
    t->answer_buckets[view_hour_bucket(20000)] += 220 * times;
    t->answer_buckets[view_hour_bucket(41000)] += 42 * times;
    t->upstream_buckets[view_hour_bucket(9000)] += 200 * times;
    t->upstream_buckets[view_hour_bucket(12000)] += 500 * times;
    t->upstream_buckets[view_hour_bucket(20000)] += 262 * times;
    for (unsigned i = 0; i < STATS_UPSTREAMS; i++) {
        static const unsigned shares[] = {590, 290, 82}, others[] = {0, 590, 372};
        t->asked[i] += i < 3 ? (is_refused ? others[i] : shares[i]) * times : 0;
    }
    t->failed[0] += is_refused ? 2 : 0;
}

/* Readings of so many seconds, each ten seconds; the newest is the scene's. */
static inline void
view_hour(struct view_scene *scene, enum view_hour what, unsigned seconds)
{
    struct tally *t = &scene->reading.tally;
    t->at_us = VIEW_SCENE_NOW_US - seconds * VIEW_SCENE_S;
    if (what != VIEW_HOUR_IDLE) {
        t->why[WHY_CACHE_HIT] = 296114823;
        t->why[WHY_ANSWERED] = 104920551;
        t->why[WHY_BLOCKED] = 9204377;
        t->why[WHY_TIMEOUT] = 18233;
    }
    t->counts[STAT_QUERIES_ALIVE] = 37;
    t->counts[STAT_TCP_CLIENTS] = 112;
    t->counts[STAT_CACHE_BYTES] = UINT64_C(31247564);
    history_add(&scene->history, t);
    for (unsigned left = seconds; left >= VIEW_HOUR_STEP_S; left -= VIEW_HOUR_STEP_S) {
        view_hour_add(t, what, left - VIEW_HOUR_STEP_S);
        history_add(&scene->history, t);
    }
    for (unsigned i = 0; i < scene->reading.lanes; i++)
        scene->reading.of_lane[i] = (struct reading_lane){.alive = 19 - i,
                                                          .to_worker_bytes = 410 / (i + 1),
                                                          .to_front_bytes = 1126,
                                                          .connections = 4};
}
