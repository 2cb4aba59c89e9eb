/* metrics.h - everything that is counted, for Prometheus
 * SPDX-License-Identifier: ISC
 *
 * What: the text of a scrape: one family for each row of lane/stats.def and of metrics.def. Names
 *       and labels stay; label values come from the tables and from the configuration, and never
 *       from a client.
 * Who:  exporter. Pure.
 * Ref:  docs/METRICS.md; Prometheus text format 0.0.4; OpenMetrics 1.0.
 */
#pragma once

#include "exporter/http_reply.h"
#include "view/judge.h"
#include "view/stages.h"

#define METRICS_NAME_MAX   96
#define METRICS_BUCKET_MIN 6  /* power of two: the first bound is 64 µs, ... */
#define METRICS_BUCKET_MAX 23 /* ... the last 8.4 s, before the one of all */
#define METRICS_TYPE_PLAIN "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_TYPE_OPEN  "application/openmetrics-text; version=1.0.0; charset=utf-8"

struct metrics_self { /* of the exporter */
    bool has_reading; /* there is one, */
    bool is_fresh;    /* and it is fresh */
    uint64_t age_us;  /* of the reading */
    uint64_t connects, requests, connections, closed;
};

/**
 * Add the scrape to an answer that was begun.
 *
 * @param is_open  OpenMetrics instead of plain text
 * @param figures, judgement, stages  borrowed; not looked at unless `self->is_fresh`
 */
void metrics_draw(struct http_reply *reply, bool is_open, const struct metrics_self *self,
                  const struct figures *figures, const struct judgement *judgement,
                  const struct stages *stages);

/** Add every family as a row of a table: name, type, labels, meaning; and every stage (docs/METRICS.md). */
void metrics_describe(struct http_reply *reply);
