/* life.c - the states of a child, and what may happen in each, and what follows its end
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/life.h"

enum life_state
life_step(enum life_state state, enum life_event event)
{
    static const enum life_state none = LIFE_STATES;
    switch (event) {
    case LIFE_IS_SPAWNED:
        return state == LIFE_GONE ? LIFE_STARTING : none;
    case LIFE_IS_SERVING: /* READY after STOP is late, and no news */
        return state == LIFE_STARTING ? LIFE_READY : none;
    case LIFE_IS_STOPPED:
        return state == LIFE_STARTING || state == LIFE_READY ? LIFE_DRAINING : none;
    case LIFE_IS_KILLED:
        return state != LIFE_GONE && state != LIFE_KILLED ? LIFE_KILLED : none;
    case LIFE_HAS_ENDED:
        return state != LIFE_GONE ? LIFE_GONE : none;
    case LIFE_LEAVES:
        return state == LIFE_READY ? LIFE_GONE : none;
    case LIFE_ARRIVES:
        return state == LIFE_GONE ? LIFE_READY : none;
    case LIFE_EVENTS:
        break;
    }
    return none;
}

enum life_aftermath
life_aftermath(enum phase phase, const struct life_end *end)
{
    switch (phase) {
    case PHASE_STARTING:
        return LIFE_START_HAS_FAILED;
    case PHASE_RUNNING:
        if (!end->was_retired)
            return LIFE_BEGINS_AGAIN;
        if (end->is_unneeded)
            return LIFE_NOTHING_FOLLOWS;
        return end->is_death ? LIFE_RETIRED_BY_DEATH : LIFE_RETIRED_IN_ORDER;
    case PHASE_STOPPING:
    case PHASE_ENDED:
        if (end->is_death && !(end->was_retired && end->is_unneeded))
            return LIFE_DIED_STOPPING;
        break;
    }
    return LIFE_NOTHING_FOLLOWS;
}
