/* exporter_paths.h - what is served at which path
 * SPDX-License-Identifier: ISC
 *
 * What: a table of paths, each with the function that draws its answer.
 * Who:  exporter. Drawing is pure; readings are taken before (exporter_gather.h).
 * Ref:  penstock-exporter(8).
 */
#pragma once

#include "exporter/exporter_gather.h"
#include "exporter/exporter_page.h"
#include "exporter/http_reply.h"
#include "exporter/http_request.h"
#include "exporter/metrics.h"

struct exporter_paths_view { /* what there is to draw */
    const struct exporter_gather *gather;
    struct metrics_self self;
    struct exporter_page *page; /* changed where it is drawn */
    uint64_t now_us, now_s;     /* monotonic; since 1970 */
    const char *hosts;          /* names that are ours; NULL: all are, since others can reach us */
};

/** Draw the answer to a request. */
void exporter_paths_answer(const struct exporter_paths_view *view,
                           const struct http_request *request, struct http_reply *reply);
