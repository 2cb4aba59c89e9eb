/* restart.h - when a dead process is started again, and when that has to end
 * SPDX-License-Identifier: ISC
 *
 * What: the back-off of one process, and the ceiling of deaths of the lane it belongs to. The first
 *       death is answered at once, so that waiting clients notice nothing; a process that keeps
 *       dying waits longer each time; too many deaths within a minute are an attack or a broken
 *       installation, and then the lane rests: a crash loop would give an attacker a new guess at
 *       every turn. The other lanes go on; where none is left, a clean end is best.
 * Who:  supervisor. Pure: time is an argument.
 * Ref:  docs/LIMITS.md "supervisor".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RESTART_FIRST_MS   50    /* the wait after the second death in a row; doubles from there */
#define RESTART_MOST_MS    5000  /* the longest wait */
#define RESTART_STEADY_MS  10000 /* a life this long ends the row */
#define RESTART_DEATHS_MAX 10    /* deaths of a lane within RESTART_WINDOW_MS that are forgiven */
#define RESTART_WINDOW_MS  60000

struct restart {      /* one process; all zero: never died */
    uint32_t next_ms; /* the wait that the next death gets */
};

/**
 * The process died. @param lived_ms  from its start to its death
 * @return how long to wait before starting it again, 0..RESTART_MOST_MS
 */
uint32_t restart_died(struct restart *r, uint64_t lived_ms);

struct restart_ceiling {                     /* one lane; all zero: nobody died */
    uint64_t died_at_ms[RESTART_DEATHS_MAX]; /* the latest deaths, a ring */
    uint32_t count;                          /* of them, 0..RESTART_DEATHS_MAX */
    uint32_t next;                           /* where the next one is noted */
};

/** Note a death. @param now_ms  monotonic. @return true: one too many within the window. */
bool restart_ceiling_reached(struct restart_ceiling *c, uint64_t now_ms);

struct restart_lane { /* all zero: nobody died */
    struct restart_ceiling ceiling;
    uint64_t rests_until_ms; /* monotonic: when it is tried again; 0: it does not rest */
    bool is_on_trial;        /* it rested, and no process has lived RESTART_STEADY_MS since */
};

/**
 * A process of the lane died: must the lane rest? It must after one death too many, and, having
 * rested, after each further one until a process has lived for long: so it is tried once a minute.
 *
 * @param lived_ms  from the process's start to its death
 * @param now_ms    monotonic
 * @return true: no process of it that is dead is started before `rests_until_ms`
 */
bool restart_lane_must_rest(struct restart_lane *lane, uint64_t lived_ms, uint64_t now_ms);

/** Is it resting now? */
static inline bool
restart_lane_rests(const struct restart_lane *lane, uint64_t now_ms)
{
    return now_ms < lane->rests_until_ms;
}
