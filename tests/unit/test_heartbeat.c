/* test_heartbeat.c - one that turns is never lost, one that does not always is
 * SPDX-License-Identifier: ISC
 */
#include "lane/heartbeat.h"

#include <criterion/criterion.h>

#define LOOK_US ((uint64_t)HEARTBEAT_MS * 1000)

/* @return looks until it is lost, up to `most` */
static unsigned
looks_until_lost(bool in_handshake, unsigned most)
{
    struct heartbeat heartbeat = {0};
    uint64_t now_us = 77 * LOOK_US;
    cr_assert_not(heartbeat_is_lost(&heartbeat, 5, in_handshake, now_us));
    for (unsigned looks = 1; looks <= most; looks++)
        if (heartbeat_is_lost(&heartbeat, 5, in_handshake, now_us += LOOK_US))
            return looks;
    return most + 1;
}

Test(heartbeat, one_that_does_not_turn_is_lost_after_some_looks)
{
    cr_expect_eq(looks_until_lost(false, 100), HEARTBEAT_MOST);
}

Test(heartbeat, a_handshake_has_longer_but_not_for_ever)
{
    cr_expect_eq(looks_until_lost(true, 100), HEARTBEAT_MOST_HANDSHAKE);
}

Test(heartbeat, one_turn_begins_anew)
{
    struct heartbeat heartbeat = {0};
    uint64_t now_us = LOOK_US, turns = 0;
    for (unsigned i = 0; i < 1000; i++) {
        turns += i % HEARTBEAT_MOST == 0; /* as slow as is permitted */
        cr_assert_not(heartbeat_is_lost(&heartbeat, turns, false, now_us += LOOK_US), "%u", i);
    }
}

Test(heartbeat, a_count_that_goes_back_is_a_turn_too)
{
    struct heartbeat heartbeat = {0};
    uint64_t now_us = LOOK_US;
    for (unsigned i = 0; i < 100; i++)
        cr_assert_not(heartbeat_is_lost(&heartbeat, UINT64_MAX - i, false, now_us += LOOK_US));
}

Test(heartbeat, looks_that_were_late_themselves_prove_nothing)
{
    struct heartbeat heartbeat = {0};
    uint64_t now_us = LOOK_US;
    for (unsigned i = 0; i < 100; i++)
        cr_assert_not(heartbeat_is_lost(&heartbeat, 5, false, now_us += 3 * LOOK_US), "%u", i);
}
