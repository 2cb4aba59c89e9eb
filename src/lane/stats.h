/* stats.h - the statistics page of a process: counters and latency histogram in shared memory
 * SPDX-License-Identifier: ISC
 *
 * What: one page per child, written by the child only (relaxed atomics, no system call), read by
 *       the supervisor on SIGUSR1. The reader believes nothing but numbers.
 * Who:  front, worker write; supervisor reads.
 */
#pragma once

#include "lane/histogram.h"
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

struct stats_page {
    _Atomic uint64_t counts[STATS_COUNT];
    _Atomic uint64_t why[WHY_COUNT]; /* by enum why */
    struct histogram latency; /* µs from a query's arrival to its answer (front), or rtt (worker) */
    struct stats_upstream upstreams[STATS_UPSTREAMS]; /* worker */
};

static inline void
stats_add(struct stats_page *page, enum stats_counter counter, uint64_t by)
{
    /* one writer: a load and a store, no locked instruction */
    uint64_t value = atomic_load_explicit(&page->counts[counter], memory_order_relaxed);
    atomic_store_explicit(&page->counts[counter], value + by, memory_order_relaxed);
}

static inline void
stats_set(struct stats_page *page, enum stats_counter counter, uint64_t value)
{
    atomic_store_explicit(&page->counts[counter], value, memory_order_relaxed);
}

static inline void
stats_why(struct stats_page *page, enum why why)
{
    uint64_t value = atomic_load_explicit(&page->why[why], memory_order_relaxed);
    atomic_store_explicit(&page->why[why], value + 1, memory_order_relaxed);
}
