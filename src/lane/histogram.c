/* histogram.c - see histogram.h
 * SPDX-License-Identifier: ISC
 */
#include "lane/histogram.h"

static unsigned
bucket_of(uint64_t value)
{
    if (value < 4)
        return (unsigned)value;
    unsigned power = 63U - (unsigned)__builtin_clzll(value); /* >= 2 */
    unsigned bucket = power * 4 - 4 + (unsigned)(value >> (power - 2) & 3);
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* the largest value that falls into the bucket */
static uint64_t
bucket_top(unsigned bucket)
{
    if (bucket < 4)
        return bucket;
    unsigned power = (bucket + 4) / 4;
    uint64_t quarter = (uint64_t)1 << (power - 2);
    return ((uint64_t)1 << power) + quarter * ((bucket + 4) % 4 + 1) - 1;
}

void
histogram_add(struct histogram *h, uint64_t value_us)
{
    _Atomic uint64_t *bucket = &h->buckets[bucket_of(value_us)];
    uint64_t count = atomic_load_explicit(bucket, memory_order_relaxed);
    atomic_store_explicit(bucket, count + 1, memory_order_relaxed);
}

uint64_t
histogram_count(const struct histogram *h)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        sum += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
    return sum;
}

uint64_t
histogram_percentile(const struct histogram *h, unsigned per_mille)
{
    uint64_t total = histogram_count(h), sum = 0;
    if (total == 0)
        return 0;
    uint64_t wanted = (total * per_mille + 999) / 1000;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        sum += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
        if (sum >= wanted && sum > 0)
            return bucket_top(i);
    }
    return bucket_top(HISTOGRAM_BUCKETS - 1);
}
