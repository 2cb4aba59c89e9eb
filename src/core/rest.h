/* rest.h - when a busy process should let work gather before it looks again
 *
 * What: a process that is woken for every message spends most of its time being woken. While many
 *       messages pass, it pays to sleep for a moment between turns of the event loop and then take
 *       all that came as one batch. With little to do there is no rest and no delay.
 * Who:  front. Pure: time is an argument.
 * Ref:  docs/LIMITS.md "rest".
 */
#pragma once

#include <stdint.h>

#define REST_US        150u   /* one rest; a message waits at most this much longer, each way */
#define REST_WINDOW_US 10000u /* messages are counted over so long */
#define REST_BUSY      40u    /* messages in one window, in and out: busy */
#define REST_FULL                                                                                  \
    64u /* messages in one turn: more are waiting already, no need to let them gather */

struct rest {
    uint64_t window_us; /* when the window began */
    uint64_t messages;  /* passed when the window began */
    uint64_t last;      /* passed at the turn before */
    uint32_t is_busy;   /* the last whole window was busy */
};

/** Nothing was seen yet: not busy. */
void rest_init(struct rest *rest, uint64_t now_us);

/**
 * Note one turn. To be called once per turn.
 *
 * @param now_us    monotonic, of this turn
 * @param messages  passed in and out since the process began; never less than in the call before
 * @return microseconds to sleep before the next; 0: none
 */
uint32_t rest_after_turn(struct rest *rest, uint64_t now_us, uint64_t messages);
