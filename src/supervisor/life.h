/* life.h - the states of a child, what may happen in each, and what follows its end
 * SPDX-License-Identifier: ISC
 *
 * What: one step of a child's life; children.c performs it. What the end of a process means depends
 *       on whether penstock starts, runs or stops; deaths.c acts on it.
 * Who:  supervisor. Pure.
 * Ref:  docs/ARCHITECTURE.md "processes".
 */
#pragma once

#include <stdbool.h>

enum life_state {
    LIFE_GONE,     /* no process; another is started at `restart_at_us`, if ever */
    LIFE_STARTING, /* spawned, not READY */
    LIFE_READY,    /* serves */
    LIFE_DRAINING, /* was told to STOP */
    LIFE_KILLED,   /* got SIGKILL from us; its end is waited for */
    LIFE_STATES    /* none of them: the event may not happen */
};

enum life_event {
    LIFE_IS_SPAWNED, /* a process was made */
    LIFE_IS_SERVING, /* it said READY */
    LIFE_IS_STOPPED, /* it is told to STOP */
    LIFE_IS_KILLED,  /* it gets SIGKILL */
    LIFE_HAS_ENDED,  /* the process is gone */
    LIFE_LEAVES,     /* the process moves to another place of its lane, where it serves on */
    LIFE_ARRIVES,    /* it comes to this place */
    LIFE_EVENTS
};

/** @return the state that follows; LIFE_STATES: the event may not happen in this one */
enum life_state life_step(enum life_state state, enum life_event event);

enum phase {                 /* of all children together */
             PHASE_STARTING, /* some child was never READY: a death is a failed start */
             PHASE_RUNNING,
             PHASE_STOPPING, /* draining; see stopping.h */
             PHASE_ENDED,    /* no child is left, or none that is waited for */
};

struct life_end {     /* of a process */
    bool was_retired; /* a successor serves in its place, or will */
    bool is_unneeded; /* that, and its front is gone: nothing waits for its answers */
    bool is_death;    /* it was not told to end, or did not end in order */
};

enum life_aftermath {
    LIFE_NOTHING_FOLLOWS,
    LIFE_START_HAS_FAILED, /* end penstock, with a failure */
    LIFE_BEGINS_AGAIN,     /* start another, when lane/restart.h says */
    LIFE_RETIRED_IN_ORDER, /* worth a line */
    LIFE_RETIRED_BY_DEATH, /* it counts as a death of its lane, and nothing else */
    LIFE_DIED_STOPPING,    /* worth a warning */
};

enum life_aftermath life_aftermath(enum phase phase, const struct life_end *end);
