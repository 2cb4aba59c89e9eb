/* rest.c - see rest.h
 * SPDX-License-Identifier: ISC
 */
#include "lane/rest.h"

void
rest_init(struct rest *rest, uint64_t now_us, const struct rest_count *count)
{
    *rest = (struct rest){.window_us = now_us, .before = *count, .last = count->messages};
}

bool
rest_is_due(const struct rest *rest, uint64_t now_us)
{
    return now_us - rest->window_us >= REST_WINDOW_US;
}

/* Processor time of the lane. Nobody tells us the worker's: a question costs it about what it
 * costs us, and it cannot make us believe in more than one for each query. */
static uint64_t
lane_us(const struct rest_count *before, const struct rest_count *now)
{
    uint64_t own_us = now->cpu_us - before->cpu_us;
    uint64_t queries = now->queries - before->queries;
    uint64_t questions = now->questions - before->questions;
    if (questions >= queries)
        return own_us * 2;
    return own_us + own_us * questions / queries;
}

static uint32_t
shorter(uint32_t us, uint64_t windows)
{
    return windows * REST_STEP_US < us ? us - (uint32_t)windows * REST_STEP_US : 0;
}

void
rest_judge(struct rest *rest, uint64_t now_us, const struct rest_count *count)
{
    uint64_t took_us = now_us - rest->window_us; /* it grows with a pause before the turn */
    uint64_t used_us = lane_us(&rest->before, count);
    uint64_t messages = count->messages - rest->before.messages;
    bool is_worth = messages * REST_MAX_US >= REST_GATHER * took_us;
    if (!is_worth || used_us * 100 < REST_LOW_SHARE * took_us)
        rest->us = shorter(rest->us, took_us / REST_WINDOW_US);
    else if (used_us * 100 >= REST_HIGH_SHARE * took_us && rest->us < REST_MAX_US)
        rest->us += REST_STEP_US;
    rest->window_us = now_us;
    rest->before = *count;
}

uint32_t
rest_after_turn(struct rest *rest, uint64_t messages)
{
    uint64_t in_turn = messages - rest->last;
    rest->last = messages;
    return in_turn < REST_FULL ? rest->us : 0;
}
