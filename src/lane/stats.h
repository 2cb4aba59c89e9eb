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

#include "lane/stats_chain.h"
#include "lane/why.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum stats_counter {
#define COUNTER(name, text) STAT_##name,
#define GAUGE(name, text)   STAT_##name,
#include "lane/stats.def"
#undef COUNTER
#undef GAUGE
    STATS_COUNT
};

enum stats_stage {
#define STAGE(name, text) STATS_STAGE_##name,
#include "lane/stages.def"
#undef STAGE
    STATS_STAGES
};

#define STATS_UPSTREAMS 16 /* CONFIG_UPSTREAMS_MAX */

enum stats_upstream_state {
    STATS_UPSTREAM_UNASKED, /* no connection to it was ever made or refused */
    STATS_UPSTREAM_USABLE,  /* the last handshake was good */
    STATS_UPSTREAM_REFUSED, /* it is not the configured server, or cannot prove it */
    STATS_UPSTREAM_DOWN,    /* it cannot be connected to, breaks connections or is silent */
};

enum stats_upstream_cause { /* of REFUSED and DOWN */
                            STATS_CAUSE_NONE,
                            STATS_CAUSE_PIN,   /* no pin matches */
                            STATS_CAUSE_CA,    /* its certificate is not signed by a trusted CA */
                            STATS_CAUSE_NAME,  /* its certificate is for another name */
                            STATS_CAUSE_DATES, /* its certificate has ended or has not begun */
                            STATS_CAUSE_CERTIFICATE, /* its certificate or key is unfit, or would cost too much to check */
                            STATS_CAUSE_TLS, /* it refused the handshake, or cannot do what we ask of TLS */
                            STATS_CAUSE_LOST, /* no connection, or one that broke or was silent */
};

/* Responses are counted by RCODE: 0 to 5 as they are, all others together. */
#define STATS_RCODES 7

struct stats_upstream {
    _Atomic uint64_t connections; /* ready now */
    _Atomic uint64_t queries, answers, failures, handshakes_full, handshakes_resumed;
    _Atomic uint64_t rtt_us;   /* smoothed */
    _Atomic uint64_t pin_seen; /* 1 + index of the pin that matched last; 0 none yet */
    _Atomic uint64_t pin_changes;
    _Atomic uint64_t pin_changed_us; /* monotonic: the last of them; 0: none */
    _Atomic uint64_t pin_mismatches; /* handshakes in which no pin matched */
    _Atomic uint64_t state, cause;   /* enum stats_upstream_state, _cause */
    _Atomic uint64_t changed_us;     /* monotonic: the state's last change; 0: none */
    _Atomic uint64_t
        tried_us;            /* monotonic: a handshake or an attempt at one said so last; 0: none */
    _Atomic uint64_t ends_s; /* when the certificate ends, since 1970; 0 not known */
    /* of the last handshake: IANA number of the group of its key exchange in bits 32 to 47, TLS
     * version (0x0304) in bits 16 to 31, IANA number of the cipher suite below */
    _Atomic uint64_t tls;
    _Atomic uint64_t rcodes[STATS_RCODES]; /* its usable responses, and errors without a question */
    /* of them SERVFAIL, FORMERR, NOTIMP and REFUSED, without repeats (upstream/repeats.h) */
    _Atomic uint64_t errors;
};

#define STATS_BUCKETS 128 /* 0 µs .. 2^33 µs; what is longer counts as that */

struct stats_latency {
    _Atomic uint64_t buckets[STATS_BUCKETS];
};

struct stats_page {
    _Atomic uint64_t counts[STATS_COUNT];
    _Atomic uint64_t why[WHY_COUNT];                  /* by enum why */
    _Atomic uint64_t rcodes[STATS_RCODES];            /* front: responses */
    struct stats_latency stages[STATS_STAGES];        /* those that it measures */
    struct stats_upstream upstreams[STATS_UPSTREAMS]; /* worker */
    struct stats_chain chains[STATS_UPSTREAMS];       /* worker: of the last full handshake */
};

/** The name of a row of stats.def as it stands there, and its sentence. Static text. */
const char *stats_name(enum stats_counter counter);
const char *stats_text(enum stats_counter counter);

/** Is it a level, which may also fall? */
bool stats_is_gauge(enum stats_counter counter);

/** A number of a page, this one or lane/service_page.h, as it is now. */
static inline uint64_t
stats_load(const _Atomic uint64_t *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

/** It is this now. */
static inline void
stats_store(_Atomic uint64_t *number, uint64_t value)
{
    atomic_store_explicit(number, value, memory_order_relaxed);
}

/** It grows, or sinks by a `by` that wraps. A page has one writer: a load and a store, no locked
 *  instruction. @return what it was */
static inline uint64_t
stats_grow(_Atomic uint64_t *number, uint64_t by)
{
    uint64_t before = stats_load(number);
    stats_store(number, before + by);
    return before;
}

/** A counter grows; a level rises, or sinks by a `by` that wraps. */
void stats_add(struct stats_page *page, enum stats_counter counter, uint64_t by);

/** A level is this now. */
void stats_set(struct stats_page *page, enum stats_counter counter, uint64_t value);

/** One more query ended so. */
void stats_why(struct stats_page *page, enum why why);

/** The place of an RCODE, 0..4095, among those that are counted. */
static inline unsigned
stats_rcode(uint16_t rcode)
{
    return rcode < STATS_RCODES - 1 ? rcode : STATS_RCODES - 1;
}

/** The name of such a place: "NOERROR" to "REFUSED", "OTHER". Static text. */
const char *stats_rcode_name(unsigned place);

/** The name of a row of stages.def as it stands there, and its sentence. Static text. */
const char *stats_stage_name(enum stats_stage stage);
const char *stats_stage_text(enum stats_stage stage);

/** A stage took so long. */
void stats_latency(struct stats_page *page, enum stats_stage stage, uint64_t us);

/** How many latencies are there? */
uint64_t stats_latency_count(const struct stats_latency *latency);

/** The longest latency in µs that falls into a bucket, 0..STATS_BUCKETS - 1. */
uint64_t stats_bucket_top(unsigned bucket);

/** @param per_mille  0..1000. @return upper bound in µs of the bucket; 0 if empty. */
uint64_t stats_latency_percentile(const struct stats_latency *latency, unsigned per_mille);
