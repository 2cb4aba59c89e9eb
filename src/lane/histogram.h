/* histogram.h - latencies in logarithmic buckets of fixed memory
 * SPDX-License-Identifier: ISC
 *
 * What: four buckets per power of two, so a percentile is at most 25 % too high and never too low.
 * Who:  front and worker write (one writer), supervisor reads. Pure.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS 128 /* 0 µs .. 2^33 µs; what is longer counts as that */

struct histogram {
    _Atomic uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t value_us);

/** @param per_mille  0..1000. @return upper bound in µs of the bucket; 0 if empty. */
uint64_t histogram_percentile(const struct histogram *h, unsigned per_mille);
uint64_t histogram_count(const struct histogram *h);
