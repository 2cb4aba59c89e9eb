/* stats.h - the statistics page of a process: counters, levels, ends and latencies in shared memory
 * SPDX-License-Identifier: ISC
 *
 * What: one page per child, written by the child only (relaxed atomics, no system call), read by
 *       the supervisor on SIGUSR1. The reader believes nothing but numbers. Latencies stand in
 *       logarithmic buckets, four per power of two, so a percentile is at most 25 % too high and
 *       never too low.
 * Who:  front, worker write; supervisor reads. Pure.
 */
#pragma once

#include "lane/why.h"

#include <stdatomic.h>
#include <stdint.h>

enum stats_counter {
#define COUNTER(name, text) STAT_##name,
#define GAUGE(name, text)   STAT_##name,
#include "lane/stats.def"
#undef COUNTER
#undef GAUGE
    STATS_COUNT
};

#define STATS_UPSTREAMS 16 /* CONFIG_UPSTREAMS_MAX */

struct stats_upstream {
    _Atomic uint64_t connections; /* ready now */
    _Atomic uint64_t queries, answers, failures, handshakes_full, handshakes_resumed;
    _Atomic uint64_t rtt_us;   /* smoothed */
    _Atomic uint64_t pin_seen; /* 1 + index of the pin that matched last; 0 none yet */
    _Atomic uint64_t pin_changes;
    _Atomic uint64_t valid_days; /* 1 + whole days until the certificate ends; 0 not known */
    /* TLS version (0x0304) in the upper 16 of the lower 32 bits, IANA cipher number below */
    _Atomic uint64_t tls;
};

#define STATS_BUCKETS 128 /* 0 µs .. 2^33 µs; what is longer counts as that */

struct stats_latency {
    _Atomic uint64_t buckets[STATS_BUCKETS];
};

struct stats_page {
    _Atomic uint64_t counts[STATS_COUNT];
    _Atomic uint64_t why[WHY_COUNT]; /* by enum why */
    /* from a query's arrival to its answer (front), or rtt (worker) */
    struct stats_latency latency;
    struct stats_upstream upstreams[STATS_UPSTREAMS]; /* worker */
};

/** A counter grows; a level rises, or sinks by a `by` that wraps. */
void stats_add(struct stats_page *page, enum stats_counter counter, uint64_t by);

/** A level is this now. */
void stats_set(struct stats_page *page, enum stats_counter counter, uint64_t value);

/** One more query ended so. */
void stats_why(struct stats_page *page, enum why why);

/** Something took so long. */
void stats_latency(struct stats_page *page, uint64_t us);

/** How many latencies are there? */
uint64_t stats_latency_count(const struct stats_latency *latency);

/** @param per_mille  0..1000. @return upper bound in µs of the bucket; 0 if empty. */
uint64_t stats_latency_percentile(const struct stats_latency *latency, unsigned per_mille);
