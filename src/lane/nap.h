/* nap.h - when a busy process should let work gather before it looks again
 * SPDX-License-Identifier: ISC
 *
 * What: a process that is woken for every message spends most of its time being woken. Where the
 *       processor has little time left, it pays to sleep for a moment between turns of the event
 *       loop and then take all that came as one batch. Where it has time, a nap would only make
 *       clients wait. So naps are as long as it takes to leave the processor some time.
 * Who:  front. Pure: time and processor time are arguments.
 * Ref:  docs/LIMITS.md "nap".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define NAP_MAX_US     150u   /* the longest nap; a message waits so much longer, each way */
#define NAP_STEP_US    50u    /* longer or shorter, after each window */
#define NAP_WINDOW_US  10000u /* the share is measured over so long */
#define NAP_LOW_SHARE  70u    /* per cent of a core that the lane uses: below, naps get shorter */
#define NAP_HIGH_SHARE 85u    /* and from here on longer */
#define NAP_GATHER     4u     /* messages during the longest nap: if fewer come, it saves nothing */
#define NAP_FULL       64u    /* messages in one turn: more are waiting already */

/* What passed since the process began; no field is ever less than in the call before. */
struct nap_count {
    uint64_t cpu_us;    /* processor time of this process */
    uint64_t queries;   /* messages from clients */
    uint64_t questions; /* messages from the worker, one for each question that it has done */
    uint64_t messages;  /* from and to clients */
};

struct nap {
    uint64_t window_us;      /* when the window began */
    struct nap_count before; /* what had passed then */
    uint64_t last;           /* messages at the turn before */
    uint32_t us;             /* a rest, as the last window judged; 0..NAP_MAX_US */
};

/** Nothing was seen yet: no rest. */
void nap_init(struct nap *nap, uint64_t now_us, const struct nap_count *count);

/** Is a window over, so that nap_judge() is to be told what passed? `now_us`: monotonic. */
bool nap_is_due(const struct nap *nap, uint64_t now_us);

/** A window is over. To be called when nap_is_due() says so. */
void nap_judge(struct nap *nap, uint64_t now_us, const struct nap_count *count);

/**
 * Note one turn. To be called once per turn.
 *
 * @param messages  as in struct nap_count
 * @return microseconds to sleep before the next, at most NAP_MAX_US; 0: none
 */
uint32_t nap_after_turn(struct nap *nap, uint64_t messages);
