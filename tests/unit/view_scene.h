/* view_scene.h - a service with invented figures, for tests of what is shown of it
 * SPDX-License-Identifier: ISC
 */
#pragma once

#include "view/figures.h"
#include "view/judge.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define VIEW_SCENE_S        UINT64_C(1000000)
#define VIEW_SCENE_NOW_US   (100 * 86400 * VIEW_SCENE_S)
#define VIEW_SCENE_NOW_WALL UINT64_C(1795662760) /* 26 Nov 2026 03:12:40 UTC */
#define VIEW_SCENE_MINUTE   (60 * VIEW_SCENE_S)
#define VIEW_SCENE_HOUR     (60 * VIEW_SCENE_MINUTE)
#define VIEW_SCENE_DAY      (24 * VIEW_SCENE_HOUR)

struct view_scene {
    struct reading reading;
    struct history history;
    struct figures figures;
    struct judge judge;
    struct judgement judgement;
};

static inline struct reading_upstream
view_scene_upstream(const char *name, unsigned pin, uint64_t days, uint64_t rtt_us)
{
    struct reading_upstream upstream = {.pins = 2,
                                        .has_pins = true,
                                        .pin_seen = pin,
                                        .state = STATS_UPSTREAM_USABLE,
                                        .changed_us = VIEW_SCENE_NOW_US - 8 * VIEW_SCENE_DAY,
                                        .connections = 4,
                                        .rtt_us = rtt_us,
                                        .ends_s = VIEW_SCENE_NOW_WALL + days * 86400 + 10000,
                                        .valid_days = days + 1,
                                        .tls = 0x0304};
    snprintf(upstream.name, sizeof upstream.name, "%s", name);
    return upstream;
}

/* Its certificate ends in so many days and some hours. */
static inline void
view_scene_ends(struct view_scene *scene, unsigned upstream, uint64_t days)
{
    scene->reading.of_upstream[upstream].ends_s = VIEW_SCENE_NOW_WALL + days * 86400 + 10000;
    scene->reading.of_upstream[upstream].valid_days = days + 1;
}

/* Three upstreams and two lanes; nothing was counted yet. */
static inline void
view_scene_begin(struct view_scene *scene)
{
    memset(scene, 0, sizeof *scene);
    struct reading *r = &scene->reading;
    *r = (struct reading){.wall_s = VIEW_SCENE_NOW_WALL,
                          .tally.at_us = VIEW_SCENE_NOW_US,
                          .started_us =
                              VIEW_SCENE_NOW_US - 12 * VIEW_SCENE_DAY - 4 * VIEW_SCENE_HOUR,
                          .config_s = VIEW_SCENE_NOW_WALL - 8 * 86400 - 18 * 3600 - 52 * 60 - 40,
                          .age_us = VIEW_SCENE_S / 2,
                          .phase = SERVICE_PAGE_RUNS,
                          .lanes = 2,
                          .upstreams = 3,
                          .queries_most = 8192,
                          .tcp_clients_most = 1024,
                          .cache_bytes_most = 16 << 20,
                          .query_us = 5 * VIEW_SCENE_S};
    snprintf(r->host, sizeof r->host, "ns1");
    snprintf(r->version, sizeof r->version, "0.1.0");
    r->tally.counts[STAT_MEMORY_PEAK_BYTES] = 48 << 20;
    r->supervisor.peak_bytes = 9 << 20;
    r->routes = 1;
    r->of_route[0].upstreams = 7;
    r->of_upstream[0] = view_scene_upstream("north", 1, 48, 9200);
    r->of_upstream[1] = view_scene_upstream("south", 1, 71, 11800);
    r->of_upstream[2] = view_scene_upstream("harbour", 1, 83, 14600);
}

/* So many names, of which this is the first, are asked of these upstreams alone; a bit for each. Then the figures. */
static inline void
view_scene_route(struct view_scene *scene, const char *name, unsigned names, uint32_t upstreams)
{
    struct reading *r = &scene->reading;
    struct reading_route *route = &r->of_route[r->routes++];
    snprintf(route->name, sizeof route->name, "%s", name);
    route->names = names;
    route->upstreams = upstreams;
    r->of_route[0].upstreams &= ~upstreams;
}

/* Figures of a quiet service; a test changes what it is about. */
static inline void
view_scene_figures(struct view_scene *scene)
{
    struct figures *f = &scene->figures;
    figures_make(f, &scene->reading, &scene->history);
    f->span_s = 300;
    f->is_whole = true;
    f->queries = 412500;
    f->queries_count = 123750;
    f->share = f->share_minute = 10000;
    f->answered_minute_count = 24000;
    f->cached_share = 7300;
    f->cpu = 4321;
    f->half_us = 100;
    f->nine_us = 14300;
    f->most_us = 41000;
    f->stale_share = 0;
    f->turned_away = f->failed = f->over_limit = f->over_limit_minute = 0;
    memset(f->parts, 0, sizeof f->parts);
}

/* Judge, and tell what came of it. */
static inline void
view_scene_judge(struct view_scene *scene)
{
    judge_step(&scene->judge, &scene->figures);
    judge_tell(&scene->judge, &scene->figures, &scene->judgement);
}

/* So much later, the figures being the same. */
static inline void
view_scene_pass(struct view_scene *scene, uint64_t us)
{
    scene->reading.tally.at_us += us;
    scene->reading.wall_s =
        VIEW_SCENE_NOW_WALL + (scene->reading.tally.at_us - VIEW_SCENE_NOW_US) / VIEW_SCENE_S;
}
