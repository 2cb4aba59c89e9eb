/* test_rest.c - resting only where there is much to do */
#include "core/rest.h"

#include <criterion/criterion.h>

/* Turns `gap_us` apart; returns how many of the last hundred were followed by a rest. */
static unsigned
rests_at(struct rest *rest, uint64_t *now_us, uint32_t gap_us)
{
    unsigned rests = 0;
    for (unsigned turn = 0; turn < 1000; turn++) {
        *now_us += gap_us;
        uint32_t us = rest_after_turn(rest, *now_us);
        cr_assert(us == 0 || us == REST_US);
        rests += turn >= 900 && us > 0;
    }
    return rests;
}

Test(rest, never_delays_a_quiet_process)
{
    struct rest rest;
    uint64_t now_us = 12345;
    rest_init(&rest, now_us);
    cr_assert_eq(rest_after_turn(&rest, now_us + 1), 0, "the first turn says nothing");
    cr_assert_eq(rests_at(&rest, &now_us, 2000), 0);
    cr_assert_eq(rests_at(&rest, &now_us, REST_GAP_US + 50), 0);
}

Test(rest, lets_work_gather_while_turns_follow_closely)
{
    struct rest rest;
    uint64_t now_us = 0;
    rest_init(&rest, now_us);
    cr_assert_eq(rests_at(&rest, &now_us, 20), 100);
    cr_assert_eq(rests_at(&rest, &now_us, REST_US + 50), 100, "a rest itself does not end it");
}

Test(rest, ends_at_once_after_a_pause)
{
    struct rest rest;
    uint64_t now_us = 0;
    rest_init(&rest, now_us);
    cr_assert_eq(rests_at(&rest, &now_us, 20), 100);
    now_us += 10000;
    cr_assert_eq(rest_after_turn(&rest, now_us), 0);
}
