/* test_upstream_fsm.c - every state with every event
 * SPDX-License-Identifier: ISC
 */
#include "upstream/upstream_fsm.h"

#include <criterion/criterion.h>

static bool
has_socket(enum upstream_state state)
{
    return state == UPSTREAM_CONNECTING || state == UPSTREAM_HANDSHAKE || state == UPSTREAM_READY ||
           state == UPSTREAM_DRAINING;
}

Test(upstream_fsm, every_state_takes_every_event)
{
    for (unsigned s = 0; s < UPSTREAM_STATES_COUNT; s++) {
        for (unsigned e = 0; e < UPSTREAM_EVENTS_COUNT; e++) {
            struct upstream_step step = upstream_step(s, e);
            cr_assert(step.state < UPSTREAM_STATES_COUNT);
            if (step.state == (enum upstream_state)s)
                cr_assert_eq(step.actions, 0, "state %u stays on %u and acts", s, e);
            /* the socket and the queries are put away exactly where a connection closes */
            bool closes = step.state == UPSTREAM_CLOSED && s != UPSTREAM_CLOSED;
            cr_assert_eq((step.actions & UPSTREAM_DO_CLOSE) != 0, closes);
            cr_assert_eq((step.actions & UPSTREAM_DO_SERVE) != 0,
                         step.state == UPSTREAM_READY && s != UPSTREAM_READY);
            if (step.actions & UPSTREAM_DO_GOODBYE)
                cr_assert(has_socket(s));
        }
    }
}

Test(upstream_fsm, is_ready_only_through_a_trusted_handshake)
{
    for (unsigned s = 0; s < UPSTREAM_STATES_COUNT; s++)
        for (unsigned e = 0; e < UPSTREAM_EVENTS_COUNT; e++)
            if (s != UPSTREAM_READY && upstream_step(s, e).state == UPSTREAM_READY)
                cr_assert(s == UPSTREAM_HANDSHAKE && e == UPSTREAM_ON_SECURED);
    cr_assert_eq(upstream_step(UPSTREAM_HANDSHAKE, UPSTREAM_ON_UNTRUSTED).state, UPSTREAM_CLOSED);
}

Test(upstream_fsm, a_clean_close_is_no_failure)
{
    struct upstream_step step = upstream_step(UPSTREAM_READY, UPSTREAM_ON_ENDED);
    cr_assert_eq(step.state, UPSTREAM_CLOSED);
    cr_assert_eq(step.actions & UPSTREAM_DO_FAILURE, 0);
    cr_assert(upstream_step(UPSTREAM_READY, UPSTREAM_ON_BROKEN).actions & UPSTREAM_DO_FAILURE);
    cr_assert(upstream_step(UPSTREAM_READY, UPSTREAM_ON_OVERDUE).actions & UPSTREAM_DO_FAILURE);
}

Test(upstream_fsm, every_state_but_idle_reaches_closed)
{
    for (unsigned s = UPSTREAM_WANTED; s < UPSTREAM_CLOSED; s++) {
        unsigned state = s;
        unsigned ways = 0;
        for (unsigned e = 0; e < UPSTREAM_EVENTS_COUNT; e++)
            ways += upstream_step(state, e).state == UPSTREAM_CLOSED;
        cr_assert(ways > 0, "no way out of %s", upstream_state_text(s));
    }
    /* what waits for somebody else has a deadline */
    for (unsigned s = UPSTREAM_WANTED; s <= UPSTREAM_HANDSHAKE; s++)
        cr_assert_eq(upstream_step(s, UPSTREAM_ON_DEADLINE).state, UPSTREAM_CLOSED);
    cr_assert_eq(upstream_step(UPSTREAM_DRAINING, UPSTREAM_ON_DEADLINE).state, UPSTREAM_CLOSED);
}

Test(upstream_fsm, walks_its_whole_life)
{
    static const enum upstream_event events[] = {
        UPSTREAM_ON_WANT,   UPSTREAM_ON_SOCKET,  UPSTREAM_ON_CONNECTED, UPSTREAM_ON_SECURED,
        UPSTREAM_ON_RETIRE, UPSTREAM_ON_DRAINED, UPSTREAM_ON_CLEARED};
    enum upstream_state state = UPSTREAM_IDLE;
    for (unsigned i = 0; i < sizeof events / sizeof events[0]; i++) {
        struct upstream_step step = upstream_step(state, events[i]);
        cr_assert_neq(step.state, state);
        state = step.state;
    }
    cr_assert_eq(state, UPSTREAM_IDLE);
}
