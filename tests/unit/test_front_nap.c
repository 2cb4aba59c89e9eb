/* test_front_nap.c - resting only where the processor is short of time and a rest saves some
 * SPDX-License-Identifier: ISC
 */
#include "front/front.h"

#include <criterion/criterion.h>

static struct nap nap;
static uint64_t now_us;
static struct nap_count count;

struct load {
    uint32_t gap_us;    /* between two turns */
    uint32_t queries;   /* in one turn, each answered in it */
    uint32_t questions; /* of them, that the worker works on */
    uint32_t cpu_us;    /* of this process, in one turn */
};

/* A thousand turns; how long were the last hundred rests together, on average? */
static uint32_t
nap_at(struct load load)
{
    uint32_t sum = 0;
    for (unsigned turn = 0; turn < 1000; turn++) {
        now_us += load.gap_us;
        count.cpu_us += load.cpu_us;
        count.queries += load.queries;
        count.questions += load.questions;
        count.messages += 2 * load.queries;
        if (front_nap_is_due(&nap, now_us))
            front_nap_judge(&nap, now_us, &count);
        uint32_t us = front_nap_after_turn(&nap, count.messages);
        cr_assert(us <= NAP_MAX_US);
        sum += turn >= 900 ? us : 0;
    }
    return sum / 100;
}

static void
begin(void)
{
    now_us = 12345;
    count = (struct nap_count){.cpu_us = 77, .queries = 5, .questions = 3, .messages = 11};
    front_nap_init(&nap, now_us, &count);
}

Test(front_nap, begins_without_one, .init = begin)
{
    cr_assert_eq(front_nap_after_turn(&nap, count.messages + 1), 0);
    cr_assert_not(front_nap_is_due(&nap, now_us + NAP_WINDOW_US - 1));
    cr_assert(front_nap_is_due(&nap, now_us + NAP_WINDOW_US));
}

Test(front_nap, never_delays_where_the_processor_has_time)
{
    /* however many messages pass: 2,000 to 200,000 queries a second */
    for (uint32_t queries = 1; queries < 100; queries++) {
        begin();
        struct load load = {.gap_us = 500, .queries = queries, .cpu_us = 5 * NAP_HIGH_SHARE - 1};
        cr_assert_eq(nap_at(load), 0, "%u queries in a turn", queries);
    }
}

Test(front_nap, lets_messages_gather_where_it_has_none)
{
    begin();
    struct load load = {.gap_us = 100, .queries = 2, .cpu_us = NAP_HIGH_SHARE};
    cr_assert_eq(nap_at(load), NAP_MAX_US);
    begin();
    load = (struct load){.gap_us = 2000, .queries = 30, .cpu_us = 20 * NAP_HIGH_SHARE};
    cr_assert_eq(nap_at(load), NAP_MAX_US, "in bursts");
}

Test(front_nap, counts_what_questions_cost_the_worker)
{
    begin();
    uint32_t half = NAP_HIGH_SHARE / 2 + 1;
    struct load load = {.gap_us = 100, .queries = 2, .questions = 2, .cpu_us = half};
    cr_assert_eq(nap_at(load), NAP_MAX_US);
    begin();
    load.questions = 1;
    cr_assert_eq(nap_at(load), 0, "half of them");
    begin();
    load.questions = 200; /* of clients that are gone, or a worker that lies */
    load.cpu_us = NAP_HIGH_SHARE / 2;
    cr_assert_eq(nap_at(load), 0, "no more than one for each query");
}

/* One window in which `share` per cent of the core was used, for ten messages a rest. */
static uint32_t
nap_after_window(uint32_t share)
{
    now_us += NAP_WINDOW_US;
    count.cpu_us += NAP_WINDOW_US * share / 100;
    count.queries += 5 * NAP_WINDOW_US / NAP_MAX_US;
    count.messages += 10 * NAP_WINDOW_US / NAP_MAX_US;
    front_nap_judge(&nap, now_us, &count);
    (void)front_nap_after_turn(&nap, count.messages);
    return front_nap_after_turn(&nap, count.messages);
}

Test(front_nap, changes_by_one_step_in_a_window)
{
    begin();
    for (uint32_t us = NAP_STEP_US; us <= NAP_MAX_US; us += NAP_STEP_US)
        cr_assert_eq(nap_after_window(100), us);
    cr_assert_eq(nap_after_window(100), NAP_MAX_US);
    for (uint32_t us = NAP_MAX_US; us > 0; us -= NAP_STEP_US)
        cr_assert_eq(nap_after_window(NAP_LOW_SHARE - 1), us - NAP_STEP_US);
    cr_assert_eq(nap_after_window(NAP_LOW_SHARE - 1), 0);
}

Test(front_nap, is_as_long_as_needed)
{
    /* 95 per cent without, 85 with one step, 75 with two: there it stays */
    begin();
    uint32_t us = 0;
    for (unsigned window = 0; window < 100; window++) {
        us = nap_after_window(95 - us / 5);
        cr_assert_eq(us, window == 0 ? NAP_STEP_US : 2 * NAP_STEP_US);
    }
}

Test(front_nap, does_not_wait_where_a_turn_was_full_already)
{
    begin();
    struct load load = {.gap_us = 500, .queries = NAP_FULL / 2, .cpu_us = 500};
    cr_assert_eq(nap_at(load), 0);
    load.queries--;
    cr_assert_eq(nap_at(load), NAP_MAX_US);
}

Test(front_nap, does_not_wait_where_nothing_would_gather)
{
    /* a core that is used up by few messages: much to compute for each */
    begin();
    struct load load = {.gap_us = NAP_MAX_US, .queries = NAP_GATHER / 2, .cpu_us = NAP_MAX_US};
    cr_assert_eq(nap_at(load), NAP_MAX_US);
    load.queries--;
    cr_assert_eq(nap_at(load), 0);
}

Test(front_nap, ends_with_the_first_turn_after_a_pause)
{
    begin();
    cr_assert_eq(nap_at((struct load){.gap_us = 100, .queries = 2, .cpu_us = 100}), NAP_MAX_US);
    now_us += 50 * (uint64_t)NAP_WINDOW_US;
    count.messages += 2;
    cr_assert(front_nap_is_due(&nap, now_us));
    front_nap_judge(&nap, now_us, &count);
    cr_assert_eq(front_nap_after_turn(&nap, count.messages), 0);
}
