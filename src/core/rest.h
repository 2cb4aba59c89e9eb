/* rest.h - when a busy process should let work gather before it looks again
 *
 * What: a process that is woken for every message spends most of its time being woken. While
 *       turns of the event loop follow each other closely, it pays to sleep for a moment and then
 *       take all that came as one batch. With little to do there is no rest and no delay.
 * Who:  front. Pure: time is an argument.
 * Ref:  docs/LIMITS.md "rest".
 */
#pragma once

#include <stdint.h>

#define REST_US       150u    /* one rest; a message waits at most this much longer, each way */
#define REST_GAP_US   400u    /* turns closer than this on average: busy */
#define REST_GAP_MOST 100000u /* a longer gap counts as this */

struct rest {
    uint64_t last_us; /* the turn before */
    uint32_t gap_us;  /* smoothed gap between turns, 0..REST_GAP_MOST */
};

/** Nothing was seen yet: not busy. */
void rest_init(struct rest *rest, uint64_t now_us);

/**
 * Note one turn. To be called once per turn.
 *
 * @param now_us  monotonic, of this turn
 * @return microseconds to sleep before the next; 0: none
 */
uint32_t rest_after_turn(struct rest *rest, uint64_t now_us);
