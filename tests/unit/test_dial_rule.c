/* test_dial_rule.c - which upstream a worker gets a socket to, and how often
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/dial_rule.h"

#include "upstream/choice.h"

#include <criterion/criterion.h>
#include <string.h>

#define SECOND 1000000ULL
#define MINUTE (60 * SECOND)

static struct dial_avoided avoided;
static struct addr upstreams[CONFIG_UPSTREAMS_MAX + 4];
static struct leak budget;
static struct config config;

static void
begin(void)
{
    memset(&avoided, 0, sizeof avoided);
    memset(&budget, 0, sizeof budget);
    config.handshakes_burst = 20;
    config.handshakes_per_s = 10;
    for (unsigned i = 0; i < sizeof upstreams / sizeof upstreams[0]; i++)
        upstreams[i] =
            (struct addr){.family = ADDR_IPV4, .port = 853, .bytes = {192, 0, 2, (uint8_t)i}};
}

static enum dial_verdict
judge(uint32_t index, uint64_t now_us)
{
    return dial_rule_judge(&avoided, &upstreams[index], &budget, &config, now_us);
}

/* @return how many dials in a row may be done; `at_most` + 1: that many and more */
static unsigned
dials_at(uint64_t now_us, unsigned at_most)
{
    unsigned dials = 0;
    while (dials <= at_most && judge(0, now_us) == DIAL_GO)
        dials++;
    return dials;
}

static enum dial_avoidance
avoid(uint32_t count, uint32_t index, uint64_t now_us, uint64_t *wait_us)
{
    struct routes_sets sets = {1, {(1U << count) - 1}};
    return dial_rule_avoid(&avoided, upstreams, &sets, index, now_us, wait_us);
}

Test(dial_rule, the_last_of_a_group_is_not_avoided)
{
    struct routes_sets sets = {2, {0x3, 0x4}}; /* the third has names of its own */
    uint64_t wait_us;
    begin();
    cr_assert_eq(dial_rule_avoid(&avoided, upstreams, &sets, 2, MINUTE, &wait_us), DIAL_IS_LAST);
    cr_assert_eq(dial_rule_avoid(&avoided, upstreams, &sets, 0, MINUTE, &wait_us), DIAL_IS_AVOIDED);
    cr_assert_eq(dial_rule_avoid(&avoided, upstreams, &sets, 1, MINUTE, &wait_us), DIAL_IS_LAST);
}

Test(dial_rule, the_budget_is_what_resumed_handshakes_may_be_and_a_few)
{
    unsigned burst = 20 * UPSTREAM_HANDSHAKE_FULL + DIAL_MORE;
    begin();
    cr_assert_eq(dials_at(MINUTE, burst), burst);
    cr_assert_eq(dials_at(MINUTE + SECOND, burst), 10 * UPSTREAM_HANDSHAKE_FULL);
    cr_assert_eq(judge(0, MINUTE + SECOND), DIAL_OVER_BUDGET);
}

Test(dial_rule, a_configuration_with_a_larger_burst_gives_it_at_once)
{
    begin();
    cr_assert_eq(dials_at(MINUTE, 1000), 20 * UPSTREAM_HANDSHAKE_FULL + DIAL_MORE);
    config.handshakes_burst = 21;
    cr_assert_eq(dials_at(MINUTE, 1000), UPSTREAM_HANDSHAKE_FULL);
}

Test(dial_rule, one_that_is_avoided_costs_no_budget)
{
    uint64_t wait_us;
    begin();
    cr_assert_eq(avoid(2, 0, MINUTE, &wait_us), DIAL_IS_AVOIDED);
    cr_assert_eq(wait_us, AVOID_FIRST_US);
    for (unsigned i = 0; i < 200; i++)
        cr_assert_eq(judge(0, MINUTE), DIAL_AVOIDED);
    cr_assert_eq(judge(1, MINUTE), DIAL_GO);
    cr_assert_eq(judge(0, MINUTE + AVOID_FIRST_US), DIAL_GO);
}

Test(dial_rule, the_same_news_does_not_make_it_longer_and_a_second_time_does)
{
    uint64_t wait_us;
    begin();
    cr_assert_eq(avoid(2, 0, 0, &wait_us), DIAL_IS_AVOIDED);
    cr_assert_eq(avoid(2, 0, AVOID_FIRST_US - 1, &wait_us), DIAL_WAS_AVOIDED);
    cr_assert_eq(wait_us, 0);
    cr_assert_eq(avoid(2, 0, AVOID_FIRST_US, &wait_us), DIAL_IS_AVOIDED);
    cr_assert_eq(wait_us, 2 * AVOID_FIRST_US);
}

Test(dial_rule, the_last_one_is_left)
{
    uint64_t wait_us;
    begin();
    cr_assert_eq(avoid(1, 0, 0, &wait_us), DIAL_IS_LAST);
    for (uint32_t i = 0; i < 3; i++)
        cr_assert_eq(avoid(3, i, 0, &wait_us), i < 2 ? DIAL_IS_AVOIDED : DIAL_IS_LAST);
    cr_assert_eq(judge(2, 0), DIAL_GO);
}

Test(dial_rule, a_full_table_forgets_the_one_that_was_of_no_use_for_longest)
{
    uint64_t wait_us;
    begin();
    for (uint32_t i = 0; i < CONFIG_UPSTREAMS_MAX + 1; i++)
        cr_assert_eq(avoid(CONFIG_UPSTREAMS_MAX + 2, i, i, &wait_us), DIAL_IS_AVOIDED);
    cr_assert_eq(judge(0, SECOND), DIAL_GO);
    for (uint32_t i = 1; i < CONFIG_UPSTREAMS_MAX + 1; i++)
        cr_assert_eq(judge(i, SECOND), DIAL_AVOIDED);
}
