/* test_tops.c - tests of tops
 * SPDX-License-Identifier: ISC
 */
#include "front/tops.h"

#include <criterion/criterion.h>
#include <math.h>

static struct tops tops;
static struct addr_lengths set = {.key = {5, 6}, .counts = {2, 1}, .lengths = {{24, 32}, {56}}};
static struct networks_report report;
static uint32_t now_s = 1000;

static void
begin(uint64_t key)
{
    addr_lengths_mark(&set);
    tops_init(&tops, (struct hash_key){key, 99}, now_s);
}

static void
come(const char *client, enum networks_kind kind)
{
    struct addr addr;
    struct addr_keys keys = {0};
    cr_assert_eq(addr_parse(client, 0, &addr), STATUS_OK);
    if (tops_note(&tops, kind))
        tops_count(&tops, kind, &set, &addr, &keys, now_s);
}

static void
told(enum networks_kind kind, unsigned place)
{
    tops_report(&tops, &set, (unsigned)kind * NETWORKS_REPORT_PLACES + place, now_s, &report);
    cr_assert_eq(report.kind, kind);
    cr_assert_eq(report.place, place);
}

Test(tops, a_network_is_told_at_each_length_with_what_it_asked)
{
    begin(1);
    for (unsigned i = 0; i < 16000; i++) {
        come("192.0.2.7", NETWORKS_QUERIES);
        come("192.0.2.8", NETWORKS_QUERIES);
    }
    told(NETWORKS_QUERIES, 0);
    cr_assert_eq(report.rows_count, 1);
    cr_assert(report.rows[0].length == 24 && report.rows[0].address[0] == 0xc0000200);
    told(NETWORKS_QUERIES, 1);
    cr_assert_eq(report.rows_count, 2);
    cr_assert(report.rows[0].length == 32 && report.rows[0].address[0] >> 8 == 0xc00002);
    told(NETWORKS_REFUSALS, 1);
    cr_assert_eq(report.rows_count, 0);
    come("2001:db8::1", NETWORKS_REFUSALS);
    for (unsigned i = 0; i < 200; i++)
        come("2001:db8::1", NETWORKS_REFUSALS);
    told(NETWORKS_REFUSALS, 0);
    cr_assert_eq(report.rows[0].family, ADDR_IPV6);
    cr_assert_eq(report.rows[0].address[0], 0x20010db8);
}

/* Whatever the period in which it asks, half of the gaps' mean among it. */
Test(tops, what_is_told_is_right_in_the_mean_and_nobody_asks_in_step)
{
    static const unsigned periods[] = {2, 3, 8, 16, 31, 32};
    for (unsigned p = 0; p < sizeof periods / sizeof *periods; p++) {
        double sum = 0;
        unsigned c = 16000, seeds = 20;
        for (uint64_t seed = 0; seed < seeds; seed++) {
            begin(seed * 7919 + 3);
            for (unsigned i = 0; i < c * periods[p]; i++)
                come(i % periods[p] == 0 ? "192.0.2.7" : "198.51.100.1", NETWORKS_QUERIES);
            told(NETWORKS_QUERIES, 1);
            double estimate = 0;
            for (unsigned i = 0; i < report.rows_count; i++)
                if (report.rows[i].address[0] == 0xc0000207)
                    estimate = (double)report.rows[i].count * report.sampled;
            cr_assert_lt(fabs(estimate - c), 5 * sqrt((double)TOPS_SAMPLED * c), "period %u: %f",
                         periods[p], estimate);
            sum += estimate;
        }
        cr_assert_lt(fabs(sum / seeds - c), 4 * sqrt((double)TOPS_SAMPLED * c / seeds));
    }
}

Test(tops, a_minute_is_told_from_its_half_on_and_then_until_that_of_the_next)
{
    begin(1);
    for (unsigned i = 0; i < 1000; i++)
        come("192.0.2.7", NETWORKS_QUERIES);
    now_s += 20;
    told(NETWORKS_QUERIES, 0);
    cr_assert_eq(report.span_s, 21, "as long as there is no whole one");
    cr_assert_eq(report.rows_count, 1);
    now_s += 45;
    told(NETWORKS_QUERIES, 0);
    cr_assert_eq(report.span_s, TOPS_WINDOW_S);
    cr_assert_eq(report.rows_count, 1);
    now_s += TOPS_ENOUGH_S - 7;
    told(NETWORKS_QUERIES, 0);
    cr_assert_eq(report.span_s, TOPS_WINDOW_S, "%u", report.span_s);
    cr_assert_eq(report.rows_count, 1);
    now_s += 1;
    told(NETWORKS_QUERIES, 0);
    cr_assert_eq(report.span_s, TOPS_ENOUGH_S, "%u", report.span_s);
    cr_assert_eq(report.rows_count, 0, "half a minute without anybody");
    now_s += 60;
    told(NETWORKS_QUERIES, 0);
    cr_assert_eq(report.rows_count, 0);
    now_s += 1000;
    told(NETWORKS_QUERIES, 0);
    cr_assert_eq(report.rows_count, 0);
}

Test(tops, other_lengths_begin_anew)
{
    begin(1);
    for (unsigned i = 0; i < 1000; i++)
        come("192.0.2.7", NETWORKS_QUERIES);
    set.lengths[0][0] = 20;
    addr_lengths_mark(&set);
    told(NETWORKS_QUERIES, 0);
    cr_assert_eq(report.rows_count, 0);
}
