/* choice.h - which upstream is asked next, and when a second one is
 * SPDX-License-Identifier: ISC
 *
 * What: the pick among those that can take a query now, by the configured strategy and by health.
 * Who:  worker. Pure: random numbers are arguments.
 * Ref:  docs/LIMITS.md "upstream".
 */
#pragma once

#include "upstream/health.h"

#define UPSTREAM_EXPLORE_ONE_IN 128U   /* queries that go to another one: fresh measures */
#define UPSTREAM_HEDGE_MIN_US   20000U /* no query is asked a second time sooner */

enum choice_strategy {
    CHOICE_FASTEST, /* least smoothed round trip; near ties go to the one named first */
    CHOICE_ORDERED, /* the first that is healthy */
    CHOICE_SPREAD,  /* at random, by weight */
};

struct choice { /* what is known when one is to be picked; sets of upstreams: bit i is i */
    enum choice_strategy strategy;
    unsigned count;          /* 1..32 */
    uint32_t usable;         /* has a ready connection with room, and its rate allows a query */
    uint32_t suspect;        /* silent for longer than it should be */
    uint32_t avoid;          /* has had its chance with this question */
    const uint32_t *weights; /* SPREAD: `count` shares, each 1..1000; NULL: all alike */
    uint32_t random;         /* 32 fresh random bits */
};

/**
 * When is a query late, so that it may be asked a second time? The 95th percentile of the upstream
 * it went to; with FASTEST of the best one of its peers: others are asked only to be measured.
 *
 * @param peers  set of those that may be asked in its place; itself may be among them
 * @param index  the upstream that was asked
 * @return µs since it was written, at least UPSTREAM_HEDGE_MIN_US
 */
uint64_t choice_hedge_us(enum choice_strategy strategy, const struct health *health, uint32_t peers,
                         unsigned index);

/**
 * Pick one. What was avoided, then what is suspect, then what failed last, or gave bad answers
 * only, is taken only where nothing better is usable.
 *
 * @param health  `ask->count` entries
 * @return index; -1 if `ask->usable` is 0.
 */
int choice_make(const struct choice *ask, const struct health *health);
