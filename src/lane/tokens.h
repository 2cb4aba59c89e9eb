/* tokens.h - one leaky bucket as a value
 * SPDX-License-Identifier: ISC
 *
 * What: holds back something that happens now and then: TLS handshakes, retries, queries to one
 *       upstream. Counts in thousandths, so that a rate per second leaks exactly per millisecond.
 * Who:  worker, front, supervisor. Pure: no clock, no random source.
 * Ref:  docs/LIMITS.md "tokens".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TOKENS_MILLI     1000u    /* thousandths in one token */
#define TOKENS_RATE_MAX  1000000u /* tokens per second */
#define TOKENS_BURST_MAX 1000000u /* tokens */
#define TOKENS_NEVER     UINT64_MAX

struct tokens {
    uint32_t rate_per_s; /* tokens; 0: nothing leaks, room comes from tokens_earn() only */
    uint32_t burst;      /* tokens; 0: nothing is ever allowed */
    uint64_t level;      /* thousandths poured in and not leaked yet, <= burst * TOKENS_MILLI */
    uint64_t last_ms;    /* monotonic time that `level` is of */
};

/** An empty bucket: `burst` tokens may be taken at once. Numbers past the limits are cut to them.
 */
struct tokens tokens_make(uint32_t rate_per_s, uint32_t burst, uint64_t now_ms);

/** Another rate and burst; what has been taken stays taken, at most the new burst. */
void tokens_change(struct tokens *t, uint32_t rate_per_s, uint32_t burst, uint64_t now_ms);

/**
 * Take `count` tokens, all or none.
 *
 * @param now_ms  monotonic; a value less than in the call before counts as that one
 * @return true: taken. false: too few; nothing changed but the passing of time.
 */
bool tokens_take(struct tokens *t, uint32_t count, uint64_t now_ms);

/** Take `count` tokens whether there are enough or not; an overdraft is forgiven. */
void tokens_spend(struct tokens *t, uint32_t count, uint64_t now_ms);

/**
 * Give back thousandths of a token, as a share of other traffic: a retry budget of 10 % earns 100
 * with every first try. Never more than `burst` tokens are free.
 */
void tokens_earn(struct tokens *t, uint32_t milli);

/** Whole tokens free now. */
uint32_t tokens_free(const struct tokens *t, uint64_t now_ms);

/** Milliseconds until `count` tokens are free; 0: now; TOKENS_NEVER: not by waiting. */
uint64_t tokens_wait_ms(const struct tokens *t, uint32_t count, uint64_t now_ms);
