/* test_reading.c - tests of reading
 * SPDX-License-Identifier: ISC
 */
#include "view/reading.h"

#include "prng.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define NOW_US UINT64_C(1000000000)

static struct service_page service;
static struct stats_page pages[3];
static struct reading reading;

static void
begin(void)
{
    memset(&service, 0, sizeof service);
    memset(pages, 0, sizeof pages);
    service.magic = SERVICE_PAGE_MAGIC;
    service.bytes = sizeof service;
    service.stats_bytes = sizeof pages[0];
    snprintf(service.version, sizeof service.version, "0.1.0");
    service.started_us = 5;
    service.lanes = 2;
    service.upstreams = 2;
    service.queries = 8192;
    service.query_ms = 5000;
    snprintf(service.of_upstream[0].name, sizeof service.of_upstream[0].name, "north");
    snprintf(service.of_upstream[1].name, sizeof service.of_upstream[1].name, "south");
    service.of_upstream[0].pins = 2;
    service.of_upstream[1].verify = 2;
    service.updated_us = NOW_US - 250000;
}

static enum status
read_service(void)
{
    return reading_begin(&reading, &service, sizeof service, NOW_US, 77);
}

Test(reading, a_page_that_is_none_of_this_build_is_refused)
{
    begin();
    cr_assert_eq(read_service(), STATUS_OK);
    cr_assert_eq(reading_begin(&reading, &service, sizeof service - 1, NOW_US, 77), STATUS_INVALID);
    service.magic++;
    cr_assert_eq(read_service(), STATUS_INVALID);
    begin();
    service.bytes--;
    cr_assert_eq(read_service(), STATUS_INVALID);
    begin();
    service.stats_bytes++;
    cr_assert_eq(read_service(), STATUS_INVALID);
}

Test(reading, lanes_are_summed)
{
    begin();
    pages[0].counts[STAT_UDP_QUERIES] = 10;
    pages[0].why[WHY_ACL] = 3;
    pages[0].stages[STATS_STAGE_ANSWER].buckets[4] = 2;
    pages[0].counts[STAT_QUERIES_ALIVE] = 5;
    pages[1].counts[STAT_UDP_QUERIES] = 30;
    pages[1].why[WHY_ACL] = 4;
    pages[1].stages[STATS_STAGE_ANSWER].buckets[4] = 6;
    pages[2].upstreams[0].queries = 7;
    pages[2].upstreams[0].failures = 1;
    pages[2].stages[STATS_STAGE_UPSTREAM].buckets[9] = 1;
    service.no_room = 5;
    service.filtered = 7;
    service.of_lane[1].children[0].state = service.of_lane[1].children[1].state =
        SERVICE_PAGE_READY;
    service.of_lane[0].children[0].state = SERVICE_PAGE_READY; /* its worker is gone */
    cr_assert_eq(read_service(), STATUS_OK);
    reading_add(&reading, &pages[0], 0, 0);
    reading_add(&reading, &pages[1], 1, 0);
    reading_add(&reading, &pages[2], 0, 1);
    reading_add(&reading, &pages[2], 1, 1);
    reading_add(&reading, &pages[2], 2, 1); /* there is no such lane */
    reading_end(&reading);
    cr_assert_eq(reading.tally.counts[STAT_UDP_QUERIES], 40);
    cr_assert_eq(reading.tally.why[WHY_ACL], 7);
    cr_assert_eq(reading.tally.answer_buckets[4], 8);
    cr_assert_eq(reading.tally.upstream_buckets[9], 2);
    cr_assert_eq(reading.tally.asked[0], 14);
    cr_assert_eq(reading.tally.failed[0], 2);
    cr_assert_eq(reading.tally.drops, 5);
    cr_assert_eq(reading.tally.filtered, 7);
    cr_assert_eq(reading.serving, 1);
    cr_assert_eq(reading.of_lane[0].alive, 5);
    cr_assert_eq(reading.age_us, 250000);
    cr_assert_str_eq(reading.of_upstream[1].name, "south");
    cr_assert(reading.of_upstream[0].has_pins);
    cr_assert_not(reading.of_upstream[1].has_pins);
}

Test(reading, an_upstream_that_one_lane_can_ask_is_usable)
{
    begin();
    pages[0].upstreams[0].state = STATS_UPSTREAM_DOWN;
    pages[0].upstreams[0].cause = STATS_CAUSE_LOST;
    pages[0].upstreams[0].changed_us = 900;
    pages[0].upstreams[0].tried_us = 990;
    pages[1].upstreams[0].state = STATS_UPSTREAM_USABLE;
    pages[1].upstreams[0].connections = 1;
    pages[1].upstreams[0].changed_us = pages[1].upstreams[0].tried_us = 100;
    pages[1].upstreams[0].rtt_us = 4000;
    cr_assert_eq(read_service(), STATUS_OK);
    reading_add(&reading, &pages[0], 0, 1);
    reading_add(&reading, &pages[1], 1, 1);
    reading_end(&reading);
    cr_assert_eq(reading.of_upstream[0].state, STATS_UPSTREAM_USABLE);
    cr_assert_eq(reading.of_upstream[0].changed_us, 100);
    cr_assert_eq(reading.of_upstream[0].rtt_us, 4000, "a lane that did not measure is no zero");
}

/* A lane without clients asks no upstream, and has heard nothing of it since. */
Test(reading, of_lanes_without_a_connection_the_one_that_tried_last_knows)
{
    for (unsigned first = 0; first < 2; first++) {
        begin();
        pages[0].upstreams[0].state = STATS_UPSTREAM_USABLE;
        pages[0].upstreams[0].changed_us = pages[0].upstreams[0].tried_us = 100;
        pages[1].upstreams[0].state = STATS_UPSTREAM_REFUSED;
        pages[1].upstreams[0].cause = STATS_CAUSE_PIN;
        pages[1].upstreams[0].changed_us = 900;
        pages[1].upstreams[0].tried_us = 990;
        cr_assert_eq(read_service(), STATUS_OK);
        reading_add(&reading, &pages[first], 0, 1);
        reading_add(&reading, &pages[1 - first], 1, 1);
        reading_end(&reading);
        cr_expect_eq(reading.of_upstream[0].state, STATS_UPSTREAM_REFUSED);
        cr_expect_eq(reading.of_upstream[0].cause, STATS_CAUSE_PIN);
        cr_expect_eq(reading.of_upstream[0].changed_us, 900);
        pages[0].upstreams[0].tried_us = 995; /* it has asked, and closed the connection again */
        cr_assert_eq(read_service(), STATUS_OK);
        reading_add(&reading, &pages[first], 0, 1);
        reading_add(&reading, &pages[1 - first], 1, 1);
        reading_end(&reading);
        cr_expect_eq(reading.of_upstream[0].state, STATS_UPSTREAM_USABLE);
    }
}

Test(reading, a_key_that_was_changed_brings_the_certificate_that_counts)
{
    for (unsigned first = 0; first < 2; first++) {
        begin();
        pages[0].upstreams[0].pin_seen = 1;
        pages[0].upstreams[0].ends_s = 77 + 83 * 86400;
        pages[1].upstreams[0].pin_seen = 2;
        pages[1].upstreams[0].pin_changed_us = 900;
        pages[1].upstreams[0].ends_s = 77 + 6 * 86400;
        cr_assert_eq(read_service(), STATUS_OK);
        reading_add(&reading, &pages[first], 0, 1);
        reading_add(&reading, &pages[1 - first], 1, 1);
        reading_end(&reading);
        cr_expect_eq(reading.of_upstream[0].pin_seen, 2);
        cr_expect_eq(reading.of_upstream[0].ends_s, 77 + 6 * 86400);
    }
}

Test(reading, a_certificate_ends_when_the_one_that_was_renewed_does)
{
    begin();
    pages[0].upstreams[0].ends_s = 77 + 6 * 86400 + 5;
    pages[1].upstreams[0].ends_s = 77 + 5 * 86400;
    pages[0].upstreams[1].ends_s = 70;
    cr_assert_eq(read_service(), STATUS_OK);
    reading_add(&reading, &pages[0], 0, 1);
    reading_add(&reading, &pages[1], 1, 1);
    reading_end(&reading);
    cr_assert_eq(reading.of_upstream[0].ends_s, 77 + 6 * 86400 + 5);
    cr_assert_eq(reading.of_upstream[0].valid_days, 7);
    cr_assert_eq(reading.of_upstream[1].valid_days, 1, "it has ended");
}

Test(reading, of_lanes_that_agree_the_last_change_counts)
{
    begin();
    for (unsigned i = 0; i < 2; i++) {
        pages[i].upstreams[0].state = STATS_UPSTREAM_DOWN;
        pages[i].upstreams[0].changed_us = 500 - 100 * i;
        pages[i].upstreams[0].pin_seen = 2 - i;
        pages[i].upstreams[0].pin_changed_us = 50 - i;
        pages[i].upstreams[0].rtt_us = 1000 + 1000 * i;
    }
    cr_assert_eq(read_service(), STATUS_OK);
    reading_add(&reading, &pages[0], 0, 1);
    reading_add(&reading, &pages[1], 1, 1);
    reading_end(&reading);
    cr_assert_eq(reading.of_upstream[0].changed_us, 500);
    cr_assert_eq(reading.of_upstream[0].pin_seen, 2);
    cr_assert_eq(reading.of_upstream[0].rtt_us, 1500);
}

Test(reading, a_worker_that_was_replaced_counts_and_says_nothing_of_states)
{
    begin();
    pages[0].upstreams[0].state = STATS_UPSTREAM_REFUSED;
    pages[0].upstreams[0].queries = 9;
    cr_assert_eq(read_service(), STATUS_OK);
    reading_add(&reading, &pages[0], 0, 2);
    reading_end(&reading);
    cr_assert_eq(reading.of_upstream[0].state, STATS_UPSTREAM_UNASKED);
    cr_assert_eq(reading.tally.asked[0], 9);
}

Test(reading, other_names_are_other_upstreams)
{
    begin();
    cr_assert_eq(read_service(), STATUS_OK);
    uint64_t id = reading.tally.upstreams_id;
    service.of_upstream[1].name[0] = 'S';
    cr_assert_eq(read_service(), STATUS_OK);
    cr_assert_neq(reading.tally.upstreams_id, id);
}

/* Whatever stands in shared memory, what is read of it is in bounds. */
Test(reading, random_pages_are_read_within_bounds)
{
    struct prng prng = prng_begin("reading");
    for (unsigned round = 0; round < 2000; round++) {
        begin();
        prng_fill(&prng, &service, sizeof service);
        prng_fill(&prng, &pages[0], sizeof pages[0]);
        service.magic = SERVICE_PAGE_MAGIC;
        service.bytes = sizeof service;
        service.stats_bytes = sizeof pages[0];
        cr_assert_eq(read_service(), STATUS_OK);
        for (unsigned place = 0; place < 4; place++)
            reading_add(&reading, &pages[0], prng_below(&prng, 20), place);
        reading_end(&reading);
        cr_assert(reading.lanes <= SERVICE_PAGE_LANES && reading.upstreams <= STATS_UPSTREAMS);
        for (unsigned i = 0; i < reading.upstreams; i++) {
            const struct reading_upstream *up = &reading.of_upstream[i];
            cr_assert_lt(strlen(up->name), sizeof up->name);
            cr_assert_leq(up->pin_seen, up->pins);
            cr_assert(up->state <= STATS_UPSTREAM_DOWN && up->cause <= STATS_CAUSE_LOST);
            for (const char *c = up->name; *c != '\0'; c++)
                cr_assert(*c > ' ' && *c < 127, "no control character reaches a terminal");
        }
    }
}

Test(reading, what_each_process_has_used)
{
    begin();
    service.cpu_user_us = 70;
    service.cpu_system_us = 8;
    service.memory_peak_bytes = 4096;
    service.of_lane[1].children[0].pid = 12;
    cr_assert_eq(read_service(), STATUS_OK);
    pages[0].counts[STAT_CPU_USER_US] = 500;
    pages[0].counts[STAT_CPU_SYSTEM_US] = 22;
    pages[0].counts[STAT_MEMORY_PEAK_BYTES] = 8192;
    reading_add(&reading, &pages[0], 1, 0);
    reading_add(&reading, &pages[0], 1, SERVICE_PAGE_CHILDREN); /* no place */
    reading_end(&reading);
    cr_assert_eq(reading.supervisor.cpu_us, 78);
    cr_assert_eq(reading.supervisor.peak_bytes, 4096);
    cr_assert_eq(reading.of_lane[1].processes[0].pid, 12);
    cr_assert_eq(reading.of_lane[1].processes[0].cpu_us, 522);
    cr_assert_eq(reading.of_lane[1].processes[0].peak_bytes, 8192);
    cr_assert_eq(reading.of_lane[0].processes[0].cpu_us, 0);
    cr_assert_eq(reading.tally.cpu_us, 600);
    cr_assert_eq(reading.tally.cpu_supervisor_us, 78);
    cr_assert_eq(reading.tally.cpu_front_us[1], 522);
    reading_add(&reading, &pages[0], 1, 1);
    reading_add(&reading, &pages[0], 1, 2); /* the worker before it */
    cr_assert_eq(reading.tally.cpu_worker_us[1], 1044);
}

Test(reading, routes_are_those_of_upstreams_that_are_there)
{
    begin();
    cr_assert_eq(read_service(), STATUS_OK);
    cr_expect_eq(reading.routes, 1, "a page that tells of none: all are asked all names");
    cr_expect_eq(reading.of_route[0].upstreams, 3);
    service.routes = 2;
    service.of_route[0].upstreams = 1;
    service.of_route[1].upstreams = UINT64_MAX;
    service.of_route[1].names = UINT64_MAX;
    memset(service.of_route[1].name, 'x', sizeof service.of_route[1].name);
    service.of_route[1].name[4] = '\n';
    cr_assert_eq(read_service(), STATUS_OK);
    cr_expect_eq(reading.routes, 2);
    cr_expect_eq(reading.of_route[0].upstreams, 1);
    cr_expect_eq(reading.of_route[0].names, 0);
    cr_expect_eq(reading.of_route[1].upstreams, 3);
    cr_expect_eq(reading.of_route[1].names, 512);
    cr_expect_eq(strlen(reading.of_route[1].name), SERVICE_PAGE_ROUTE_MAX - 1);
    cr_expect_eq(reading.of_route[1].name[4], '?');
    service.routes = UINT64_MAX;
    cr_assert_eq(read_service(), STATUS_OK);
    cr_expect_eq(reading.routes, SERVICE_PAGE_ROUTES);
}
