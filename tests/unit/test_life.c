/* test_life.c - every state of a child with every event, and what follows every end
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/life.h"

#include <criterion/criterion.h>

#define NO LIFE_STATES

Test(life, every_state_and_every_event)
{
    static const enum life_state next[LIFE_STATES][LIFE_EVENTS] = {
        /* spawned, serving, stopped, killed, ended, leaves, arrives */
        [LIFE_GONE] = {LIFE_STARTING, NO, NO, NO, NO, NO, LIFE_READY},
        [LIFE_STARTING] = {NO, LIFE_READY, LIFE_DRAINING, LIFE_KILLED, LIFE_GONE, NO, NO},
        [LIFE_READY] = {NO, NO, LIFE_DRAINING, LIFE_KILLED, LIFE_GONE, LIFE_GONE, NO},
        [LIFE_DRAINING] = {NO, NO, NO, LIFE_KILLED, LIFE_GONE, NO, NO},
        [LIFE_KILLED] = {NO, NO, NO, NO, LIFE_GONE, NO, NO},
    };
    for (enum life_state state = LIFE_GONE; state < LIFE_STATES; state++)
        for (enum life_event event = LIFE_IS_SPAWNED; event < LIFE_EVENTS; event++)
            cr_expect_eq(life_step(state, event), next[state][event], "state %d, event %d", state,
                         event);
}

Test(life, whoever_is_there_can_be_killed_and_can_end)
{
    for (enum life_state state = LIFE_STARTING; state < LIFE_STATES; state++) {
        cr_expect_eq(life_step(state, LIFE_HAS_ENDED), LIFE_GONE);
        if (state != LIFE_KILLED)
            cr_expect_eq(life_step(state, LIFE_IS_KILLED), LIFE_KILLED);
    }
}

Test(life, every_end_has_what_follows)
{
    for (unsigned i = 0; i < 8; i++) {
        struct life_end end = {
            .was_retired = i & 1, .is_unneeded = i >> 1 & 1, .is_death = i >> 2 & 1};
        bool is_expected = end.was_retired && end.is_unneeded;
        enum life_aftermath running = end.is_death ? LIFE_RETIRED_BY_DEATH : LIFE_RETIRED_IN_ORDER;
        enum life_aftermath stopping =
            end.is_death && !is_expected ? LIFE_DIED_STOPPING : LIFE_NOTHING_FOLLOWS;
        if (!end.was_retired)
            running = LIFE_BEGINS_AGAIN;
        else if (is_expected)
            running = LIFE_NOTHING_FOLLOWS;
        cr_expect_eq(life_aftermath(PHASE_STARTING, &end), LIFE_START_HAS_FAILED);
        cr_expect_eq(life_aftermath(PHASE_RUNNING, &end), running, "%u", i);
        cr_expect_eq(life_aftermath(PHASE_STOPPING, &end), stopping, "%u", i);
        cr_expect_eq(life_aftermath(PHASE_ENDED, &end), stopping, "%u", i);
    }
}
