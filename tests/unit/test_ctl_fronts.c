/* test_ctl_fronts.c - tests of ctl_fronts
 * SPDX-License-Identifier: ISC
 *
 * That a running service is asked, tests/integration/test_ctl_limits.py shows.
 */
#include "ctl/ctl_fronts.h"

#include "lane/why.h"

#include <criterion/criterion.h>
#include <string.h>

static struct ctl_fronts_limits limits;
static char text[CTL_SHOW_MAX];

static struct limits_report *
begin(unsigned lane)
{
    limits.has_report[lane] = true;
    limits.of_lane[lane] = (struct limits_report){
        .source = LIMITS_ALLOWED,
        .mode = LIMITS_ENFORCED,
        .buckets_count = 2,
        .buckets = {{.length = 24, .rate_per_s = 10, .burst = 20, .is_kept = 1},
                    {.is_proven = 1, .length = 32, .rate_per_s = 40, .burst = 80}},
    };
    return &limits.of_lane[lane];
}

#define SAYS(words) cr_expect_not_null(strstr(text, words), "%s", text)

Test(ctl_fronts, the_lane_that_knows_a_client_is_shown_and_no_other)
{
    struct limits_report *report = begin(1);
    begin(0)->buckets[0].is_kept = 0;
    report->buckets[0].level_milli = 12345;
    report->refused_why = WHY_RATE_DROPPED;
    report->refused_s = 8;
    report->waiting = 3;
    cr_expect_not(ctl_fronts_knows(&limits.of_lane[0]));
    ctl_fronts_show_limits(&limits, "192.0.2.1", text);
    SAYS("192.0.2.1 may ask; its rates are enforced.\n");
    SAYS("  lane 1: 3 queries waiting, 0 TCP connections, did not prove its address lately\n");
    SAYS("    refused 7 s ago: rate limit exceeded: no response\n");
    SAYS("    /24  unproven        12.3 of 20       leaks 10/s\n");
    SAYS("    /32  proven           0.0 of 80       leaks 40/s, not kept\n");
    cr_expect_null(strstr(text, "lane 0"));
    report->buckets[1].is_kept = 1;
    report->buckets[1].level_milli = 1;
    ctl_fronts_show_limits(&limits, "192.0.2.1", text);
    SAYS("proved its address lately");
    cr_expect_null(strstr(text, "did not"));
}

Test(ctl_fronts, a_client_that_nobody_knows)
{
    ctl_fronts_show_limits(&limits, "192.0.2.1", text);
    SAYS("No front serves");
    begin(0)->buckets[0].is_kept = 0;
    limits.of_lane[0].source = LIMITS_NOT_ALLOWED;
    limits.of_lane[0].mode = LIMITS_EXEMPT;
    ctl_fronts_show_limits(&limits, "192.0.2.1", text);
    SAYS("is not on the access list");
    SAYS("exempt");
    SAYS("No front knows");
    SAYS("/24");
}

Test(ctl_fronts, numbers_that_mean_nothing_do_no_harm)
{
    memset(limits.of_lane, 0xff, sizeof limits.of_lane);
    for (unsigned lane = 0; lane < SERVICE_PAGE_LANES; lane++)
        limits.has_report[lane] = true;
    for (unsigned lane = 0; lane < SERVICE_PAGE_LANES; lane++)
        limits.of_lane[lane].buckets_count = LIMITS_REPORT_BUCKETS; /* bounded when it came */
    ctl_fronts_show_limits(&limits, "192.0.2.1", text);
    SAYS("192.0.2.1 ?; ?.");
}

/* --- networks -------------------------------------------------------------------------------- */

static struct ctl_fronts_networks networks;

static struct networks_report
report_of(uint32_t kind, uint32_t place, uint32_t count, uint32_t error)
{
    return (struct networks_report){
        .kind = kind,
        .place = place,
        .sampled = 16,
        .span_s = 60,
        .rows_count = 1,
        .rows = {{.family = ADDR_IPV4,
                  .length = 24,
                  .address = {0xc0000200},
                  .count = count,
                  .error = error}},
    };
}

Test(ctl_fronts, networks_of_all_lanes_stand_in_one_order)
{
    struct networks_report one = report_of(NETWORKS_QUERIES, 0, 60, 0);
    struct networks_report more = report_of(NETWORKS_QUERIES, 0, 600, 6);
    struct networks_report refused = report_of(NETWORKS_REFUSALS, 0, 6, 0);
    more.rows[0].address[0] = 0xc6336400;
    ctl_fronts_add(&networks, 0, &refused);
    ctl_fronts_add(&networks, 0, &one);
    ctl_fronts_add(&networks, 1, &more);
    cr_assert_eq(networks.count, 3);
    cr_expect_eq(networks.rows[0].rate_milli, 160000);
    cr_expect_eq(networks.rows[0].error_milli, 1600);
    cr_expect_eq(networks.rows[0].lane, 1);
    ctl_fronts_show_networks(&networks, text);
    SAYS("Networks of the last whole minute, which ended less than half a minute ago, from one "
         "query of 16.\nMost queries\n");
    SAYS("/s  198.51.100.0/24 (up to 1.6 /s of it are others')\n");
    SAYS("/s  192.0.2.0/24\nMost refusals by a limit\n");
}

Test(ctl_fronts, who_looks_for_networks_is_told_of_when_the_figures_are)
{
    ctl_fronts_show_networks(&networks, text);
    cr_expect_str_eq(text, "No front serves.\n");
    struct networks_report none = report_of(NETWORKS_QUERIES, 0, 0, 0);
    none.rows_count = 0;
    none.span_s = 7;
    ctl_fronts_add(&networks, 0, &none);
    ctl_fronts_show_networks(&networks, text);
    SAYS("Networks of the last 7 s, from one query of 16.\n");
    SAYS("Nobody was counted yet.\n");
    none.span_s = NETWORKS_REPORT_WHOLE;
    ctl_fronts_add(&networks, 0, &none);
    ctl_fronts_show_networks(&networks, text);
    SAYS("Nobody was counted in it; what came since is shown in less than half a minute.");
}

Test(ctl_fronts, reports_that_mean_nothing_do_no_harm)
{
    struct networks_report hostile;
    memset(&hostile, 0xff, sizeof hostile);
    ctl_fronts_add(&networks, 0, &hostile);
    cr_assert_eq(networks.count, 0);
    hostile.kind = hostile.place = 1;
    ctl_fronts_add(&networks, 0, &hostile);
    cr_assert_eq(networks.count, 0, "no such family");
    hostile.span_s = 0;
    for (unsigned i = 0; i < NETWORKS_REPORT_ROWS; i++)
        hostile.rows[i] =
            (struct networks_row){.family = ADDR_IPV6, .length = 128, .count = UINT32_MAX};
    for (unsigned i = 0; i < 200; i++)
        ctl_fronts_add(&networks, UINT32_MAX, &hostile);
    cr_assert_eq(networks.count, CTL_FRONTS_NETWORKS);
    ctl_fronts_show_networks(&networks, text);
    SAYS("/s  ::/128");
}
