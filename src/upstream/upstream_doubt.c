/* upstream_doubt.c - see upstream_doubt.h
 * SPDX-License-Identifier: ISC
 */
#include "upstream/upstream_doubt.h"

static uint64_t
later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t
quiet_at(const struct upstream_quiet *quiet, uint64_t suspect_us)
{
    if (quiet->unheard_us != 0)
        return quiet->unheard_us + suspect_us;
    if (quiet->oldest_us == 0)
        return UINT64_MAX;
    uint64_t waited_us =
        quiet->heard_us > quiet->oldest_us ? quiet->heard_us - quiet->oldest_us : 0;
    return quiet->heard_us + later(suspect_us, waited_us);
}

uint64_t
upstream_doubt_at(enum upstream_doubt doubt, const struct upstream_quiet *quiet,
                  uint64_t suspect_us, uint64_t answer_us)
{
    switch (doubt) {
    case UPSTREAM_CALM:
        return quiet_at(quiet, suspect_us);
    case UPSTREAM_SUSPECT:
        /* one that was written before the suspicion is no answer to it */
        return quiet->probe_us == 0 ? 0 : later(quiet->suspected_us, quiet->probe_us) + answer_us;
    case UPSTREAM_LEFT:
    case UPSTREAM_DOUBTS_COUNT:
        break;
    }
    return UINT64_MAX;
}

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
                           [UPSTREAM_SEEN_STILL] = {UPSTREAM_LEFT, 0},
                           [UPSTREAM_SEEN_BYTES] = {UPSTREAM_CALM, 0}},
    };
    return steps[doubt][sign];
}
