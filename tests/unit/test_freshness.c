/* test_freshness.c - which answers are kept, and how long
 * SPDX-License-Identifier: ISC
 */
#include "answers/freshness.h"

#include <criterion/criterion.h>

static const struct freshness limits = {
    .ttl_min_s = 5, .ttl_max_s = 86400, .negative_max_s = 900, .failure_s = 5};

static struct dns_answer
positive(uint32_t ttl_s)
{
    return (struct dns_answer){
        .flags = DNS_QR, .counts = {1, 0, 0}, .has_ttl = true, .ttl_min = ttl_s};
}

static struct dns_answer
negative(uint16_t rcode, uint32_t minimum_s)
{
    return (struct dns_answer){.flags = (uint16_t)(DNS_QR | rcode),
                               .rcode = rcode,
                               .counts = {0, 1, 0},
                               .has_ttl = true,
                               .has_soa = true,
                               .ttl_min = 3600,
                               .soa_minimum = minimum_s};
}

Test(freshness, keeps_an_answer_for_its_least_ttl_within_floor_and_ceiling)
{
    struct dns_answer answer = positive(300);
    cr_assert_eq(freshness_ttl(&limits, &answer), 300);
    answer = positive(2);
    cr_assert_eq(freshness_ttl(&limits, &answer), 5);
    answer = positive(1000000);
    cr_assert_eq(freshness_ttl(&limits, &answer), 86400);
}

Test(freshness, does_not_keep_ttl_zero_or_truncated_answers)
{
    struct dns_answer answer = positive(0);
    cr_assert_eq(freshness_ttl(&limits, &answer), 0);
    answer = positive(300);
    answer.flags |= DNS_TC;
    cr_assert_eq(freshness_ttl(&limits, &answer), 0);
}

Test(freshness, keeps_negative_answers_as_the_soa_says)
{
    struct dns_answer answer = negative(DNS_NXDOMAIN, 60);
    cr_assert_eq(freshness_ttl(&limits, &answer), 60);
    answer = negative(DNS_NOERROR, 60);
    cr_assert_eq(freshness_ttl(&limits, &answer), 60);
    answer = negative(DNS_NXDOMAIN, 100000);
    cr_assert_eq(freshness_ttl(&limits, &answer), 900);
}

Test(freshness, does_not_keep_a_negative_answer_without_soa_or_a_referral)
{
    struct dns_answer answer = negative(DNS_NXDOMAIN, 60);
    answer.has_soa = false;
    cr_assert_eq(freshness_ttl(&limits, &answer), 0);
    answer = (struct dns_answer){.flags = DNS_QR, .counts = {0, 2, 0}, .ttl_min = 300};
    cr_assert_eq(freshness_ttl(&limits, &answer), 0);
}

Test(freshness, an_alias_that_ends_in_nothing_is_kept_for_the_lesser_of_both)
{
    struct dns_answer answer = negative(DNS_NOERROR, 600);
    answer.counts[0] = 1;
    answer.ttl_min = 30;
    cr_assert_eq(freshness_ttl(&limits, &answer), 30);
}

Test(freshness, keeps_failures_briefly)
{
    struct dns_answer answer = {.flags = DNS_QR | (unsigned)DNS_SERVFAIL, .rcode = DNS_SERVFAIL};
    cr_assert_eq(freshness_ttl(&limits, &answer), 5);
    cr_assert(freshness_is_failure(&answer));
    answer = negative(DNS_NXDOMAIN, 60);
    cr_assert_not(freshness_is_failure(&answer));
}
