/* test_conn_fsm.c - every state with every event, and no event within an action
 * SPDX-License-Identifier: ISC
 */
#include "upstream/conn_fsm.h"

#include <criterion/criterion.h>
#include <string.h>

static bool
has_socket(enum conn_state state)
{
    return state == CONN_CONNECTING || state == CONN_HANDSHAKE || state == CONN_READY ||
           state == CONN_DRAINING;
}

static bool
acts(const struct conn_step *step)
{
    static const struct conn_actions none;
    return memcmp(&step->actions, &none, sizeof none) != 0;
}

Test(conn_fsm, every_state_takes_every_event)
{
    for (unsigned s = 0; s < CONN_STATES; s++) {
        for (unsigned e = 0; e < CONN_EVENTS; e++) {
            struct conn_step step = conn_fsm_step(s, e);
            cr_assert(step.state < CONN_STATES);
            if (step.state == (enum conn_state)s)
                cr_assert_not(acts(&step), "state %u stays on %u and acts", s, e);
            /* the socket and the queries are put away exactly where a connection closes */
            bool closes = step.state == CONN_CLOSED && s != CONN_CLOSED;
            cr_assert_eq(step.actions.close, closes);
            cr_assert_eq(step.actions.serve, step.state == CONN_READY && s != CONN_READY);
            if (step.actions.goodbye)
                cr_assert(has_socket(s));
        }
    }
}

Test(conn_fsm, is_ready_only_through_a_trusted_handshake)
{
    for (unsigned s = 0; s < CONN_STATES; s++)
        for (unsigned e = 0; e < CONN_EVENTS; e++)
            if (s != CONN_READY && conn_fsm_step(s, e).state == CONN_READY)
                cr_assert(s == CONN_HANDSHAKE && e == CONN_ON_SECURED);
    cr_assert_eq(conn_fsm_step(CONN_HANDSHAKE, CONN_ON_UNTRUSTED).state, CONN_CLOSED);
}

Test(conn_fsm, a_clean_close_is_no_failure)
{
    struct conn_step step = conn_fsm_step(CONN_READY, CONN_ON_ENDED);
    cr_assert_eq(step.state, CONN_CLOSED);
    cr_assert_not(step.actions.failure);
    cr_assert(conn_fsm_step(CONN_READY, CONN_ON_BROKEN).actions.failure);
    cr_assert(conn_fsm_step(CONN_READY, CONN_ON_OVERDUE).actions.failure);
}

Test(conn_fsm, every_state_but_idle_reaches_closed)
{
    for (unsigned s = CONN_WANTED; s < CONN_CLOSED; s++) {
        unsigned state = s;
        unsigned ways = 0;
        for (unsigned e = 0; e < CONN_EVENTS; e++)
            ways += conn_fsm_step(state, e).state == CONN_CLOSED;
        cr_assert(ways > 0, "no way out of %s", conn_fsm_text(s));
    }
    /* what waits for somebody else has a deadline */
    for (unsigned s = CONN_WANTED; s <= CONN_HANDSHAKE; s++)
        cr_assert_eq(conn_fsm_step(s, CONN_ON_DEADLINE).state, CONN_CLOSED);
    cr_assert_eq(conn_fsm_step(CONN_DRAINING, CONN_ON_DEADLINE).state, CONN_CLOSED);
}

Test(conn_fsm, walks_its_whole_life)
{
    static const enum conn_event events[] = {CONN_ON_WANT,    CONN_ON_SOCKET, CONN_ON_CONNECTED,
                                             CONN_ON_SECURED, CONN_ON_RETIRE, CONN_ON_DRAINED,
                                             CONN_ON_CLEARED};
    enum conn_state state = CONN_IDLE;
    for (unsigned i = 0; i < sizeof events / sizeof events[0]; i++) {
        struct conn_step step = conn_fsm_step(state, events[i]);
        cr_assert_neq(step.state, state);
        state = step.state;
    }
    cr_assert_eq(state, CONN_IDLE);
}

/* --- the queue ------------------------------------------------------------------------------- */

Test(conn_fsm, an_event_raised_from_within_an_action_is_not_stepped_inside_it)
{
    for (unsigned s = 0; s < CONN_STATES; s++) {
        for (unsigned e = 0; e < CONN_EVENTS; e++) {
            for (unsigned then = 0; then < CONN_EVENTS; then++) {
                struct conn_fsm fsm = {.state = s};
                struct conn_step first, step;
                conn_fsm_raise(&fsm, e);
                cr_assert(conn_fsm_next(&fsm, &first));
                cr_assert(first.from == s && first.state == conn_fsm_step(s, e).state);
                /* what is done now raises something: it waits, whatever it is */
                conn_fsm_raise(&fsm, then);
                cr_assert_not(conn_fsm_next(&fsm, &step));
                cr_assert_eq(fsm.state, first.state);
                conn_fsm_done(&fsm);
                cr_assert(conn_fsm_next(&fsm, &step));
                cr_assert_eq(step.from, first.state);
                cr_assert_eq(fsm.state, conn_fsm_step(first.state, then).state);
                conn_fsm_done(&fsm);
                cr_assert_not(conn_fsm_next(&fsm, &step));
            }
        }
    }
}

Test(conn_fsm, events_are_stepped_in_the_order_of_raising)
{
    struct conn_fsm fsm = {.state = CONN_HANDSHAKE};
    struct conn_step step;
    conn_fsm_raise(&fsm, CONN_ON_SECURED);
    conn_fsm_raise(&fsm, CONN_ON_RETIRE);
    conn_fsm_raise(&fsm, CONN_ON_DRAINED);
    static const enum conn_state states[] = {CONN_READY, CONN_DRAINING, CONN_CLOSED};
    for (unsigned i = 0; i < 3; i++) {
        cr_assert(conn_fsm_next(&fsm, &step));
        cr_assert_eq(step.state, states[i]);
        conn_fsm_done(&fsm);
    }
    cr_assert_not(conn_fsm_next(&fsm, &step));
}
