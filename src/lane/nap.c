/* nap.c - see nap.h
 * SPDX-License-Identifier: ISC
 */
#include "lane/nap.h"

void
nap_init(struct nap *nap, uint64_t now_us, const struct nap_count *count)
{
    *nap = (struct nap){.window_us = now_us, .before = *count, .last = count->messages};
}

bool
nap_is_due(const struct nap *nap, uint64_t now_us)
{
    return now_us - nap->window_us >= NAP_WINDOW_US;
}

/* Processor time of the lane. Nobody tells us the worker's: a question costs it about what it
 * costs us, and it cannot make us believe in more than one for each query. */
static uint64_t
lane_us(const struct nap_count *before, const struct nap_count *now)
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
    return windows * NAP_STEP_US < us ? us - (uint32_t)windows * NAP_STEP_US : 0;
}

void
nap_judge(struct nap *nap, uint64_t now_us, const struct nap_count *count)
{
    uint64_t took_us = now_us - nap->window_us; /* it grows with a pause before the turn */
    uint64_t used_us = lane_us(&nap->before, count);
    uint64_t messages = count->messages - nap->before.messages;
    bool is_worth = messages * NAP_MAX_US >= NAP_GATHER * took_us;
    if (!is_worth || used_us * 100 < NAP_LOW_SHARE * took_us)
        nap->us = shorter(nap->us, took_us / NAP_WINDOW_US);
    else if (used_us * 100 >= NAP_HIGH_SHARE * took_us && nap->us < NAP_MAX_US)
        nap->us += NAP_STEP_US;
    nap->window_us = now_us;
    nap->before = *count;
}

uint32_t
nap_after_turn(struct nap *nap, uint64_t messages)
{
    uint64_t in_turn = messages - nap->last;
    nap->last = messages;
    return in_turn < NAP_FULL ? nap->us : 0;
}
