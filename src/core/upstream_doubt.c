/* upstream_doubt.c - see upstream_doubt.h */
#include "core/upstream_doubt.h"

struct upstream_doubt_step
upstream_doubt_step(enum upstream_doubt doubt, enum upstream_sign sign)
{
    static const struct upstream_doubt_step steps[UPSTREAM_DOUBTS_COUNT][UPSTREAM_SIGNS_COUNT] = {
        [UPSTREAM_CALM] = {[UPSTREAM_SEEN_QUIET] = {UPSTREAM_SUSPECT, UPSTREAM_DO_PROBE},
                           [UPSTREAM_SEEN_STILL] = {UPSTREAM_CALM, 0},
                           [UPSTREAM_SEEN_BYTES] = {UPSTREAM_CALM, 0}},
        [UPSTREAM_SUSPECT] = {[UPSTREAM_SEEN_QUIET] = {UPSTREAM_SUSPECT, 0},
                              [UPSTREAM_SEEN_STILL] = {UPSTREAM_LEFT, UPSTREAM_DO_LEAVE},
                              [UPSTREAM_SEEN_BYTES] = {UPSTREAM_CALM, 0}},
        [UPSTREAM_LEFT] = {[UPSTREAM_SEEN_QUIET] = {UPSTREAM_LEFT, 0},
                           /* what was written since, and what found no room before */
                           [UPSTREAM_SEEN_STILL] = {UPSTREAM_LEFT, UPSTREAM_DO_LEAVE},
                           [UPSTREAM_SEEN_BYTES] = {UPSTREAM_CALM, 0}},
    };
    return steps[doubt][sign];
}
