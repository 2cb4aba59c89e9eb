/* networks_report.h - which networks ask most, as plain numbers
 * SPDX-License-Identifier: ISC
 *
 * What: as lane/limits_report.h: a front fills it, one for each kind and place in the configured
 *       lengths; every member is a uint32_t.
 * Who:  front fills it, the supervisor passes it on, penstockctl reads it.
 * Ref:  penstockctl(8) networks; gate/heavy.h.
 */
#pragma once

#include <stdint.h>

#define NETWORKS_REPORT_ROWS   16
#define NETWORKS_REPORT_PLACES 4  /* prefix lengths of a family: ADDR_LENGTHS_MAX */
#define NETWORKS_REPORT_WHOLE  60 /* seconds of a whole window */

enum networks_kind { NETWORKS_QUERIES, NETWORKS_REFUSALS, NETWORKS_REPORT_KINDS };

#define NETWORKS_REPORTS (NETWORKS_REPORT_KINDS * NETWORKS_REPORT_PLACES) /* of one front */

struct networks_row {
    uint32_t family, length;
    uint32_t address[4]; /* in host order, most significant first; IPv4: the first */
    uint32_t count;      /* sampled */
    uint32_t error;      /* of which so many may be others' */
};

struct networks_report {
    uint32_t kind;    /* enum networks_kind */
    uint32_t place;   /* in the lengths of a family, 0: the shortest */
    uint32_t sampled; /* one of so many was counted */
    uint32_t
        span_s; /* NETWORKS_REPORT_WHOLE: of the last whole window, that ended less than half of one ago;
                       * less, at least 1: until now */
    uint32_t total; /* counted */
    uint32_t rows_count;
    struct networks_row rows[NETWORKS_REPORT_ROWS]; /* highest counts first */
};
