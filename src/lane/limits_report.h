/* limits_report.h - what a front knows of one client and its limits, as plain numbers
 * SPDX-License-Identifier: ISC
 *
 * What: what travels from a front by way of the supervisor to who asked. Every member is a uint32_t,
 *       so that it goes into a message as it is (ipc/fields.h FIELD_NUMBERS). A reader bounds what it
 *       uses as an index.
 * Who:  front fills it, the supervisor passes it on, penstockctl reads it.
 * Ref:  penstockctl(8) limits.
 */
#pragma once

#include <stdint.h>

#define LIMITS_REPORT_LENGTHS 4 /* prefix lengths of a family: ADDR_LENGTHS_MAX */
#define LIMITS_REPORT_BUCKETS (2 * LIMITS_REPORT_LENGTHS)
#define LIMITS_REPORT_MILLI   1000 /* parts of a query */

enum limits_source { LIMITS_ALLOWED = 1, LIMITS_NOT_ALLOWED, LIMITS_MARTIAN };
enum limits_mode { LIMITS_ENFORCED = 1, LIMITS_DRY_RUN, LIMITS_OFF, LIMITS_EXEMPT };

struct limits_bucket {
    uint32_t is_proven; /* of clients with a proven address; else of the others */
    uint32_t length;    /* prefix length */
    uint32_t rate_per_s, burst;
    uint32_t level_milli; /* thousandths of a query in it; more than the burst is debt */
    uint32_t is_kept; /* it has a place in the table; else the level is what it would begin with */
};

struct limits_report {
    uint32_t source;      /* enum limits_source: by access list and filter */
    uint32_t mode;        /* enum limits_mode */
    uint32_t waiting;     /* queries in progress, of the client's network of the longest length */
    uint32_t proven;      /* of them, with a proven address */
    uint32_t connections; /* of that network: over TCP, open or parked */
    uint32_t refused_why; /* enum why of its last refusal that is remembered, */
    uint32_t refused_s;   /* and 1 + seconds since then; 0: none is */
    uint32_t buckets_count;
    struct limits_bucket buckets[LIMITS_REPORT_BUCKETS]; /* shortest length first */
};
