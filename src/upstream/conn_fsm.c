/* conn_fsm.c - see conn_fsm.h
 * SPDX-License-Identifier: ISC
 */
#include "upstream/conn_fsm.h"

#include <assert.h>
#include <string.h>

#define FAILED                                                                                     \
    {                                                                                              \
        .failure = true, .close = true                                                             \
    }
#define IN_ORDER                                                                                   \
    {                                                                                              \
        .goodbye = true, .close = true                                                             \
    }

struct row {
    enum conn_state state;
    enum conn_event event;
    enum conn_state next;
    struct conn_actions actions;
};

/* what is not here changes nothing */
static const struct row rows[] = {
    {CONN_IDLE, CONN_ON_WANT, CONN_WANTED, {.dial = true}},

    {CONN_WANTED, CONN_ON_SOCKET, CONN_CONNECTING, {.start = true}},
    {CONN_WANTED, CONN_ON_REFUSED, CONN_CLOSED, FAILED},
    {CONN_WANTED, CONN_ON_DEADLINE, CONN_CLOSED, FAILED},
    {CONN_WANTED, CONN_ON_RETIRE, CONN_CLOSED, {.close = true}},

    {CONN_CONNECTING, CONN_ON_CONNECTED, CONN_HANDSHAKE, {.handshake = true}},
    {CONN_CONNECTING, CONN_ON_BROKEN, CONN_CLOSED, FAILED},
    {CONN_CONNECTING, CONN_ON_DEADLINE, CONN_CLOSED, FAILED},
    {CONN_CONNECTING, CONN_ON_RETIRE, CONN_CLOSED, {.close = true}},

    {CONN_HANDSHAKE, CONN_ON_SECURED, CONN_READY, {.serve = true}},
    {CONN_HANDSHAKE, CONN_ON_UNTRUSTED, CONN_CLOSED, FAILED},
    {CONN_HANDSHAKE, CONN_ON_BROKEN, CONN_CLOSED, FAILED},
    {CONN_HANDSHAKE, CONN_ON_ENDED, CONN_CLOSED, FAILED},
    {CONN_HANDSHAKE, CONN_ON_DEADLINE, CONN_CLOSED, FAILED},
    {CONN_HANDSHAKE, CONN_ON_RETIRE, CONN_CLOSED, {.close = true}},

    {CONN_READY, CONN_ON_BROKEN, CONN_CLOSED, FAILED},
    {CONN_READY, CONN_ON_ENDED, CONN_CLOSED, IN_ORDER},
    {CONN_READY, CONN_ON_OVERDUE, CONN_CLOSED, FAILED},
    {CONN_READY, CONN_ON_RETIRE, CONN_DRAINING, {.drain = true}},

    {CONN_DRAINING, CONN_ON_DRAINED, CONN_CLOSED, IN_ORDER},
    /* it was about to end anyway: nothing to hold against the upstream */
    {CONN_DRAINING, CONN_ON_BROKEN, CONN_CLOSED, {.close = true}},
    {CONN_DRAINING, CONN_ON_ENDED, CONN_CLOSED, IN_ORDER},
    {CONN_DRAINING, CONN_ON_OVERDUE, CONN_CLOSED, {.close = true}},
    {CONN_DRAINING, CONN_ON_DEADLINE, CONN_CLOSED, {.close = true}},

    {CONN_CLOSED, CONN_ON_CLEARED, CONN_IDLE, {0}},
};

struct conn_step
conn_fsm_step(enum conn_state state, enum conn_event event)
{
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].state == state && rows[i].event == event)
            return (struct conn_step){state, rows[i].next, rows[i].actions};
    return (struct conn_step){.from = state, .state = state};
}

void
conn_fsm_raise(struct conn_fsm *fsm, enum conn_event event)
{
    assert(fsm->waiting_count < CONN_FSM_WAITING_MAX);
    fsm->waiting[fsm->waiting_count++] = (uint8_t)event;
}

bool
conn_fsm_next(struct conn_fsm *fsm, struct conn_step *step)
{
    if (fsm->is_acting || fsm->waiting_count == 0)
        return false;
    *step = conn_fsm_step(fsm->state, (enum conn_event)fsm->waiting[0]);
    fsm->waiting_count--;
    memmove(fsm->waiting, fsm->waiting + 1, fsm->waiting_count);
    fsm->state = step->state;
    fsm->is_acting = true;
    return true;
}

void
conn_fsm_done(struct conn_fsm *fsm)
{
    fsm->is_acting = false;
}

const char *
conn_fsm_text(enum conn_state state)
{
    static const char *const texts[CONN_STATES] = {"idle",  "wanted",   "connecting", "handshake",
                                                   "ready", "draining", "closed"};
    return state < CONN_STATES ? texts[state] : "?";
}
