/* family.h - families of metrics, and their samples in a scrape
 * SPDX-License-Identifier: ISC
 *
 * What: the rows of metrics.def, and how a family and a sample of it are written in either format.
 * Who:  metrics, metrics_upstreams. Pure.
 * Ref:  docs/METRICS.md; Prometheus text format 0.0.4; OpenMetrics 1.0.
 */
#pragma once

#include "exporter/http_reply.h"

#include <stdbool.h>
#include <stdint.h>

#define FAMILY_LABELS_MAX 288 /* a domain name, or two names of 63 octets, and what stands around */

enum family_kind { FAMILY_COUNTER, FAMILY_GAUGE, FAMILY_HISTOGRAM };

enum family_row {
#define METRIC(row, name, kind, labels, text) FAMILY_##row,
#include "exporter/metrics.def"
#undef METRIC
    FAMILIES
};

struct family {
    const char *name, *labels, *text; /* as in metrics.def */
    enum family_kind kind;
};

struct family_out { /* where to, and how */
    struct http_reply *reply;
    bool is_open; /* OpenMetrics instead of plain text */
};

/** A row of metrics.def. Static. */
const struct family *family_of(enum family_row row);

/** Its HELP and TYPE, in front of its samples. */
void family_begin(const struct family_out *out, const struct family *family);

/** One sample. @param labels  with their braces; "": none */
void family_add(const struct family_out *out, const struct family *family, const char *labels,
                uint64_t value);

/** One sample that is a time. @param us  µs; it is shown in seconds */
void family_seconds(const struct family_out *out, const struct family *family, const char *labels,
                    uint64_t us);

/** The whole family, of one sample without labels. */
void family_one(const struct family_out *out, enum family_row row, uint64_t value);

/** Its row of docs/METRICS.md. */
void family_describe(struct http_reply *reply, const struct family *family);
