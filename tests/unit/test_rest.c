/* test_rest.c - resting only where there is much to do */
#include "core/rest.h"

#include <criterion/criterion.h>

static struct rest rest;
static uint64_t now_us, messages;

/* Turns `gap_us` apart with `count` messages each; how many of the last hundred led to a rest? */
static unsigned
rests_at(uint32_t gap_us, uint32_t count)
{
    unsigned rests = 0;
    for (unsigned turn = 0; turn < 1000; turn++) {
        now_us += gap_us;
        messages += count;
        uint32_t us = rest_after_turn(&rest, now_us, messages);
        cr_assert(us == 0 || us == REST_US);
        rests += turn >= 900 && us > 0;
    }
    return rests;
}

static void
begin(void)
{
    now_us = 12345;
    messages = 0;
    rest_init(&rest, now_us);
}

Test(rest, never_delays_a_quiet_process, .init = begin)
{
    cr_assert_eq(rest_after_turn(&rest, now_us + 1, 1000), 0, "the first turn says nothing");
    begin();
    cr_assert_eq(rests_at(1000, 1), 0);
    cr_assert_eq(rests_at(20000, 10), 0);
}

Test(rest, lets_messages_gather_while_many_pass, .init = begin)
{
    cr_assert_eq(rests_at(100, 1), 100, "one by one");
    cr_assert_eq(rests_at(REST_US + 100, 2), 100, "a rest itself does not end it");
    cr_assert_eq(rests_at(2000, 20), 100, "in bursts");
}

Test(rest, does_not_wait_where_a_turn_was_full_already, .init = begin)
{
    cr_assert_eq(rests_at(500, REST_FULL), 0);
    cr_assert_eq(rests_at(500, REST_FULL - 1), 100);
}

Test(rest, ends_with_the_first_turn_after_a_pause, .init = begin)
{
    cr_assert_eq(rests_at(100, 1), 100);
    cr_assert_eq(rest_after_turn(&rest, now_us + 50 * REST_WINDOW_US, messages + 1), 0);
}
