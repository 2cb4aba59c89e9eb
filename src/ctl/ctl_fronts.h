/* ctl_fronts.h - what fronts know of clients, asked for and shown
 * SPDX-License-Identifier: ISC
 *
 * What: the reports of all lanes, as text and as JSON. What stands in them is bounded before it is
 *       used, as all that the service sends.
 * Who:  penstockctl limits, networks.
 * Ref:  lane/limits_report.h, lane/networks_report.h; penstockctl(8).
 */
#pragma once

#include "base/addr.h"
#include "control/control_client.h"
#include "ctl/ctl_show.h"
#include "lane/limits_report.h"
#include "lane/networks_report.h"

struct ctl_fronts_limits {
    bool has_report[SERVICE_PAGE_LANES];
    struct limits_report of_lane[SERVICE_PAGE_LANES];
};

/**
 * Ask for what each front knows of a client.
 *
 * @param address  as the command line has it; the service judges it
 * @return STATUS_OK; others as control_client_ask()
 */
MUST_CHECK enum status ctl_fronts_ask_limits(struct control_client *client, const char *address,
                                             struct ctl_fronts_limits *limits);

/** Does the front of this lane know anything of the client? */
bool ctl_fronts_knows(const struct limits_report *report);

/** @param address  what was asked about, for the first line */
void ctl_fronts_show_limits(const struct ctl_fronts_limits *limits, const char *address,
                            char text[CTL_SHOW_MAX]);

#define CTL_FRONTS_NETWORKS (SERVICE_PAGE_LANES * NETWORKS_REPORTS * NETWORKS_REPORT_ROWS)
#define CTL_FRONTS_SHOWN    10 /* networks of a kind and a length, as text */

struct ctl_fronts_network {
    unsigned lane;
    enum networks_kind kind;
    unsigned place; /* in the configured lengths, 0: the shortest */
    struct addr_prefix network;
    uint64_t rate_milli, error_milli; /* thousandths per second; how much of it may be others' */
};

struct ctl_fronts_networks { /* by kind, then length, then rate: the highest first */
    unsigned count, sampled; /* one query of so many was counted */
    unsigned span_s;         /* of the front that told of the longest time */
    struct ctl_fronts_network rows[CTL_FRONTS_NETWORKS];
};

/** Ask for the networks that ask most. @return as ctl_fronts_ask_limits() */
MUST_CHECK enum status ctl_fronts_ask_networks(struct control_client *client,
                                               struct ctl_fronts_networks *networks);

/** Add what one front told. */
void ctl_fronts_add(struct ctl_fronts_networks *networks, unsigned lane,
                    const struct networks_report *report);

void ctl_fronts_show_networks(const struct ctl_fronts_networks *networks, char text[CTL_SHOW_MAX]);
