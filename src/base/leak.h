/* leak.h - one leaky bucket as a value
 * SPDX-License-Identifier: ISC
 *
 * What: holds back what is rare: TLS handshakes, dials, retries, queries to one upstream, log lines.
 *       Counts in thousandths, so that a rate per second leaks a whole number each millisecond.
 * Who:  front, worker, supervisor, os. Pure: time is an argument.
 * Ref:  docs/LIMITS.md "leak".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LEAK_MILLI     1000u    /* thousandths in one */
#define LEAK_RATE_MAX  1000000u /* per second */
#define LEAK_BURST_MAX 1000000u
#define LEAK_NEVER     UINT64_MAX

struct leak {            /* all zero: lets nothing pass until leak_change() */
    uint32_t rate_per_s; /* 0: nothing leaks, room comes from leak_earn() only */
    uint32_t burst;      /* 0: nothing is ever allowed */
    uint64_t level;      /* thousandths poured in and not leaked yet, <= burst * LEAK_MILLI */
    uint64_t last_ms;    /* monotonic time that `level` is of */
};

/** An empty bucket: `burst` may be taken at once. Numbers past the limits are cut to them. */
struct leak leak_make(uint32_t rate_per_s, uint32_t burst, uint64_t now_ms);

/** Another rate and burst; what has been taken stays taken, at most the new burst. */
void leak_change(struct leak *leak, uint32_t rate_per_s, uint32_t burst, uint64_t now_ms);

/**
 * Take `count`, all or none.
 *
 * @param now_ms  monotonic; a value less than in the call before counts as that one
 * @return true: taken. false: too few; nothing changed but the passing of time.
 */
bool leak_take(struct leak *leak, uint32_t count, uint64_t now_ms);

/** Take `count` whether there is as much or not; an overdraft is forgiven. */
void leak_spend(struct leak *leak, uint32_t count, uint64_t now_ms);

/**
 * Give back thousandths of one, as a share of other traffic: a retry budget of 10 % earns 100 with
 * every first try. Never more than `burst` are free.
 */
void leak_earn(struct leak *leak, uint32_t milli);

/** How many are free now; whole ones. */
uint32_t leak_free(const struct leak *leak, uint64_t now_ms);

/** Milliseconds until `count` are free; 0: now; LEAK_NEVER: not by waiting. */
uint64_t leak_wait_ms(const struct leak *leak, uint32_t count, uint64_t now_ms);
