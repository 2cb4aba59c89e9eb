/* test_exporter_gather.c - readings of pages, and of pages that stop being such
 * SPDX-License-Identifier: ISC
 *
 * The connection to a service is lived in tests/integration/test_exporter.py.
 */
#include "exporter/exporter_gather.h"

#include <criterion/criterion.h>
#include <string.h>

#define S_US UINT64_C(1000000)

static struct exporter_gather gather;
static struct service_page page;

#define NO_SOCKET 1000

static void
begin(void)
{
    exporter_gather_begin(&gather, "/nothing", -1);
    page = (struct service_page){.magic = SERVICE_PAGE_MAGIC,
                                 .bytes = sizeof page,
                                 .stats_bytes = sizeof(struct stats_page),
                                 .lanes = 1,
                                 .upstreams = 1};
    stats_store(&page.updated_us, 100 * S_US);
}

Test(exporter_gather, no_page_no_figures)
{
    begin();
    exporter_gather_refresh(&gather, 100 * S_US);
    cr_expect_not(exporter_gather_is_fresh(&gather));
    cr_expect_not(gather.has_reading);
    cr_expect_not_null(strstr(gather.link.trouble, "/nothing"));
}

Test(exporter_gather, pages_of_a_service_that_hangs_grow_old)
{
    begin();
    gather.pages.of.service = &page;
    gather.link.client.fd = NO_SOCKET; /* it is connected, and nothing is sent */
    exporter_gather_refresh(&gather, 101 * S_US);
    cr_expect(exporter_gather_is_fresh(&gather));
    cr_expect_eq(gather.sight.reading.age_us, S_US);
    exporter_gather_refresh(&gather, 101 * S_US + S_US / 2);
    cr_expect_eq(gather.sight.reading.age_us, S_US, "no two readings within a second");
    exporter_gather_refresh(&gather, 110 * S_US);
    cr_expect(exporter_gather_is_fresh(&gather));
    exporter_gather_refresh(&gather, 111 * S_US + 1);
    cr_expect_not(exporter_gather_is_fresh(&gather));
    cr_expect(gather.has_reading);
}

Test(exporter_gather, pages_of_a_service_that_is_gone_are_old_at_once)
{
    begin();
    gather.pages.of.service = &page;
    gather.link.client.fd = NO_SOCKET;
    exporter_gather_refresh(&gather, 101 * S_US);
    cr_expect(exporter_gather_is_fresh(&gather));
    gather.link.client.fd = -1;
    cr_expect_not(exporter_gather_is_fresh(&gather));
    exporter_gather_refresh(&gather, 103 * S_US);
    cr_expect_not(exporter_gather_is_fresh(&gather));
    cr_expect_eq(gather.sight.reading.tally.at_us, 101 * S_US, "what was read then is of then");
    cr_expect_eq(gather.sight.reading.age_us, 3 * S_US);
    cr_expect(gather.has_reading);
}

Test(exporter_gather, histograms_are_of_the_same_reading)
{
    static struct stats_page stats;
    begin();
    gather.pages.of.service = &page;
    gather.pages.of.stats[0][0] = &stats;
    gather.link.client.fd = NO_SOCKET;
    stats_store(&stats.stages[0].buckets[0], 1);
    exporter_gather_refresh(&gather, 101 * S_US);
    stats_store(&stats.stages[0].buckets[0], 2);
    cr_expect_eq(gather.stages.buckets[0][0], 1);
    exporter_gather_refresh(&gather, 101 * S_US + S_US / 2);
    cr_expect_eq(gather.stages.buckets[0][0], 1, "no two readings within a second");
    exporter_gather_refresh(&gather, 103 * S_US);
    cr_expect_eq(gather.stages.buckets[0][0], 2);
}

Test(exporter_gather, a_page_that_is_none_any_more_says_nothing)
{
    begin();
    gather.pages.of.service = &page;
    gather.link.client.fd = NO_SOCKET; /* it is connected, and nothing is sent */
    exporter_gather_refresh(&gather, 101 * S_US);
    cr_expect(exporter_gather_is_fresh(&gather));
    page.magic = 0;
    exporter_gather_refresh(&gather, 103 * S_US);
    cr_expect_not(gather.has_reading);
    cr_expect_not(exporter_gather_is_fresh(&gather));
}

Test(exporter_gather, when_it_has_something_to_do)
{
    begin();
    gather.read_us = 101 * S_US;
    cr_expect_eq(exporter_gather_next_us(&gather), 0, "to connect");
    gather.link.asked_us = 101 * S_US;
    cr_expect_eq(exporter_gather_next_us(&gather),
                 101 * S_US + EXPORTER_LINK_RETRY_MS * UINT64_C(1000));
    gather.link.is_asking = true;
    cr_expect_eq(exporter_gather_next_us(&gather),
                 101 * S_US + EXPORTER_GATHER_STEP_MS * UINT64_C(1000), "to read");
}
